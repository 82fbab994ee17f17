// Forms: sent once, not left by mistake, filled with one tap; and the small buttons beside a text.
import { toast } from "./toast.js";
import { word } from "./words.js";

const MINUTE = 60_000;

/** A local date-time as the input writes it: 2026-11-21T20:00. Arithmetic in UTC, so that no zone can bend it. */
function shifted(local, minutes) {
  return new Date(Date.parse(`${local}Z`) + minutes * MINUTE).toISOString().slice(0, 16);
}

/** A quick pick: a value, or "+90", minutes after the field that data-from names. */
function pick(button) {
  const group = button.closest("[data-quick]");
  const input = document.getElementById(group.dataset.quick);
  let { value } = button.dataset;
  if (value.startsWith("+")) {
    const from = document.getElementById(group.dataset.from)?.value;
    if (!from) return;
    value = shifted(from, Number(value));
  }
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  for (const other of group.querySelectorAll(".quick")) other.setAttribute("aria-pressed", String(other === button));
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(word("copied"), { kind: "success", seconds: 2 });
  } catch {
    toast(word("copy-failed"), { kind: "warning" });
  }
}

/** A form that is on its way is not sent again; coming back by the browser's history frees it. */
function lock(form, submitter) {
  form.dataset.sent = "";
  const button = submitter ?? form.querySelector('button[type="submit"], button:not([type])');
  // The button's own name and value must travel: it is disabled only after the data was collected.
  setTimeout(() => button?.setAttribute("aria-busy", "true"));
}

function unlock(form) {
  delete form.dataset.sent;
  delete form.dataset.agreed;
  for (const button of form.querySelectorAll('[aria-busy="true"]')) button.removeAttribute("aria-busy");
}

export function listenForForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-hx-post]")) return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      return;
    }
    lock(form, event.submitter);
  });
  document.addEventListener("click", (event) => {
    const quick = event.target.closest(".quick");
    if (quick) pick(quick);
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-back]")) {
      event.preventDefault();
      history.back();
    }
  });
  document.addEventListener("input", (event) => {
    event.target.closest?.("form[data-guard]")?.setAttribute("data-changed", "");
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form?.requestSubmit();
  });
  window.addEventListener("beforeunload", (event) => {
    const changed = [...document.querySelectorAll("form[data-guard][data-changed]")];
    if (changed.some((form) => !("sent" in form.dataset))) event.preventDefault();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(unlock);
  });
}

export function enhanceForms(root) {
  // What went wrong is read first.
  root.querySelector("[data-focus]:not([data-focused])")?.focus();
  root.querySelector("[data-focus]")?.setAttribute("data-focused", "");
  for (const form of root.querySelectorAll("form[data-filters]")) {
    // Empty filters stay out of the address.
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
    });
    form.removeAttribute("data-filters");
  }
}
