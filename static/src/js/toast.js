// Short messages over the page. Bad news stays until it is closed; good news leaves by itself.
import { element, icon } from "./dom.js";
import { word } from "./words.js";

const ICONS = { info: "info-circle", success: "circle-check", warning: "alert-triangle", danger: "alert-octagon" };
const MOST = 3;

/** toast(title, {kind, text, links: [{label, url}], actions: [{label, run}], seconds}); seconds 0: until closed.
 *  Returns a function that closes it. */
export function toast(
  title,
  { kind = "info", text = "", links = [], actions = [], seconds = kind === "danger" ? 0 : 6 } = {},
) {
  const body = element("div", { class: "notice-body" }, element("p", { class: "notice-title" }, title));
  if (text) body.append(element("p", { class: "notice-text" }, text));
  const ways = [
    ...links.map(({ label, url }) => element("a", { class: "btn btn-default btn-sm", href: url }, label)),
    ...actions.map(({ label, run }) => {
      const button = element("button", { class: "btn btn-default btn-sm", type: "button" }, label);
      button.addEventListener("click", run);
      return button;
    }),
  ];
  if (ways.length) body.append(element("ul", { class: "alternatives" }, ...ways.map((way) => element("li", {}, way))));
  const close = element(
    "button",
    { class: "notice-close", type: "button", title: word("close") },
    icon("x", "sm"),
    element("span", { class: "visually-hidden" }, word("close")),
  );
  const note = element(
    "div",
    { class: `notice notice-${kind} toast-note`, role: kind === "danger" ? "alert" : "status" },
    icon(ICONS[kind]),
    body,
    close,
  );
  const dismiss = () => note.remove();
  close.addEventListener("click", dismiss);
  const place = document.getElementById("toasts");
  place.append(note);
  while (place.children.length > MOST) place.firstElementChild.remove();
  if (seconds) setTimeout(dismiss, seconds * 1000);
  return dismiss;
}
