// Native dialogs, menus of <details>, and the question before a deed that cannot be taken back.
import { element } from "./dom.js";
import { word } from "./words.js";

/** Asks; resolves true when the reader agrees. Escape and the backdrop mean no. */
export function ask(question, { yes = word("yes"), no = word("no") } = {}) {
  const agree = element("button", { class: "btn btn-primary", value: "yes" }, yes);
  const refuse = element("button", { class: "btn btn-default", value: "no", autofocus: true }, no);
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-labelledby": "ask-title" },
    element(
      "header",
      { class: "dialog-head" },
      element("h2", { class: "dialog-title", id: "ask-title" }, word("confirm")),
    ),
    element("div", { class: "dialog-body" }, element("p", {}, question)),
    element("form", { class: "dialog-foot", method: "dialog" }, refuse, agree),
  );
  document.body.append(dialog);
  closeOnBackdrop(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

function closeOnBackdrop(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });
}

function closeMenus(except = null) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!except || !menu.contains(except)) menu.open = false;
  }
}

async function confirmed(form, submitter) {
  if (!(await ask(form.dataset.confirm))) return;
  form.dataset.agreed = "";
  form.requestSubmit(submitter);
}

export function listenForDialogs() {
  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (!dialog) return;
    event.preventDefault();
    if (!("watched" in dialog.dataset)) {
      dialog.dataset.watched = "";
      closeOnBackdrop(dialog);
    }
    dialog.showModal();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-menu][open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.dataset.confirm || "agreed" in form.dataset) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      confirmed(form, event.submitter);
    },
    { capture: true },
  );
}
