// What every page has. Each module takes a part of the page and improves it; without it the page still works.
import htmx from "htmx.org";
import { showClocks } from "./clock.js";
import { enhanceComboboxes } from "./combobox.js";
import { showCountdowns } from "./countdown.js";
import { listenForDialogs } from "./dialog.js";
import { enhanceForms, listenForForms } from "./forms.js";
import { forgetPasses } from "./pass/kept.js";
import { listenForSwipes } from "./swipe.js";
import { listenForSeries } from "./series.js";
import { labelCells } from "./tables.js";
import { showCurrentTab } from "./tabs.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

// A failing server must not replace the page by its error: the reader keeps what they see and is told.
htmx.config.noSwap = [204, 304, "5xx"];

function enhance(root) {
  labelCells(root);
  enhanceComboboxes(root);
  enhanceForms(root);
  showClocks(root);
  showCountdowns(root);
}

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token && !/GET|HEAD/i.test(request.method)) request.headers["X-CSRFToken"] = token;
});
// A part that was asked for and led elsewhere: the session has ended. The page itself then leads to signing in.
document.addEventListener("htmx:before:response", (event) => {
  if (!event.detail.ctx.response.raw.redirected) return;
  event.preventDefault();
  location.reload();
});
document.addEventListener("htmx:after:swap", () => enhance(document));
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response?.raw.status >= 500) toast(word("failed"), { kind: "danger" });
});
document.addEventListener("htmx:error", () => toast(word("offline"), { kind: "danger" }));

if (document.querySelector("[data-signed-out]")) forgetPasses();
listenForDialogs();
listenForForms();
listenForSeries();
listenForSwipes(document);
enhance(document);
showCurrentTab(document);
