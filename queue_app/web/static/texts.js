/** What the page says, in its language: the JSON that the template put into #texts. */
export function texts() {
  const data = document.getElementById("texts");
  return data ? JSON.parse(data.textContent) : {};
}

/** `fill("%(n)s people", { n: 5 })` */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)[sd]/g, (whole, name) => String(values[name] ?? whole));
}

/** The right plural of `forms` (from the template's `forms()`), with its number filled in. */
export function plural(forms, n, values = {}) {
  const category = new Intl.PluralRules(document.documentElement.lang).select(n);
  return fill(forms[category] ?? forms.other ?? forms.many, { n, ...values });
}
