/** Questions as native dialogs. */

/** Opens the dialog; true when it was answered with "yes". Escape and `data-close` cancel. */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.querySelector("[data-close]").onclick = () => dialog.close("");
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => resolve(dialog.returnValue === "yes");
    dialog.addEventListener("close", closed, { once: true });
  });
}

export const isAsking = () => document.querySelector("dialog[open]") !== null;
