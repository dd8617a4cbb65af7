/** What a pressed key means. */

export const isShortcut = (event) => event.ctrlKey || event.altKey || event.metaKey;

/** The digit of a physical key, so that it is the same under every layout; else undefined. */
export const digitOf = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];

/** In a field that only searches, Enter would send the form. */
export function keepEnter(field) {
  field.onkeydown = (event) => {
    if (event.key === "Enter") event.preventDefault(); // to return false would keep every key
  };
}
