/** Small markup. */

export const byId = (id) => document.getElementById(id);

/** An element with properties (`class`, `text`, attributes) and children; empty ones are left out. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") made.textContent = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

/** Writes only what differs, so that nothing blinks, is laid out or is read out twice. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A button that stays in the tab order, so that the focus is never lost. */
export function allow(button, possible) {
  button.setAttribute("aria-disabled", String(!possible));
}

export const allowed = (button) => button.getAttribute("aria-disabled") !== "true";

/** Begins the animation of this class anew. */
export function pulse(element, name = "pulse") {
  element.classList.remove(name);
  void element.offsetWidth;
  element.classList.add(name);
}
