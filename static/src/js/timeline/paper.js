// The timeline on paper: every studio that is shown, its whole window, as a table whose head comes again on each page.
// Black on white tells the states apart by border, filling and word. Made when the page is printed, gone afterwards.
import { left } from "../countdown.js";
import { element } from "../dom.js";
import { span } from "./cells.js";
import { standing } from "./reading.js";
import { leftOf, slotsOf, VIEWS } from "./views.js";
import { dayAfter } from "./zone.js";

const SIGNS = ["confirmed", "held", "requested", "checked_in", "completed", "no_show", "busy", "closed"];
const SLOT = 100; // of a made-up width: what counts is the share

export class Paper {
  constructor(board) {
    this.board = board;
  }

  start() {
    window.addEventListener("beforeprint", () => this.lay());
    window.addEventListener("afterprint", () => this.clear());
    matchMedia("print").addEventListener("change", ({ matches }) => (matches ? this.lay() : this.clear()));
  }

  clear() {
    this.sheet?.remove();
    document.body.classList.remove("has-paper");
  }

  lay() {
    this.clear();
    const { resources, mount, words } = this.board;
    const head = element(
      "thead",
      {},
      element("tr", {}, element("th", { scope: "col" }, words.studio), element("th", { scope: "col" }, this.scale())),
    );
    const body = element("tbody", {}, ...resources.map((resource) => this.row(resource)));
    const signs = SIGNS.map((state) =>
      element("li", {}, element("span", { class: `paper-bar is-${state.replaceAll("_", "-")}` }), words.states[state]),
    );
    this.sheet = element(
      "section",
      { class: `tl-paper is-${this.board.view}` },
      element("h1", {}, `${mount.getAttribute("aria-label")} · ${this.board.toolbar.title.textContent}`),
      element("ul", { class: "paper-signs" }, ...signs),
      element("table", {}, head, body),
    );
    mount.after(this.sheet);
    document.body.classList.add("has-paper");
  }

  /** 0 … 1 along the window; what lies outside it ends at its edge. */
  share(instant, otherwise) {
    const { zone, date, view } = this.board;
    const at = leftOf(instant, { zone, date, view, slotWidth: SLOT });
    return at === null ? otherwise : at / (slotsOf(view) * SLOT);
  }

  scale() {
    const { date, view, words } = this.board;
    const { days, from, to } = VIEWS[view];
    const marks = element("div", { class: "paper-lane paper-scale" });
    const hours = to - from;
    const format = new Intl.DateTimeFormat(words.locale, { ...words.short, timeZone: "UTC" });
    for (let day = 0; day < days; day += 1)
      for (let hour = 0; hour < hours; hour += days > 1 ? 24 : hours > 12 ? 2 : 1) {
        const name = days > 1 ? format.format(Date.parse(`${dayAfter(date, day)}T00:00Z`)) : (from + hour) % 24;
        marks.append(
          this.at(element("span", { class: "paper-mark" }, String(name)), (day * hours + hour) / (days * hours)),
        );
      }
    return marks;
  }

  row(resource) {
    const { byStudio, closures } = this.board;
    const lane = element("div", { class: "paper-lane" });
    for (const closure of closures)
      if (closure.resource === null || closure.resource === resource.id)
        lane.append(this.bar(closure, closure.quiet ? "is-quiet" : "is-closed", closure.quiet ? "" : closure.reason));
    for (const booking of byStudio.get(resource.id) ?? []) {
      const state = standing(booking);
      const hold = state === "held" ? ` ${left(booking.holdUntil - Date.now())}` : "";
      const text = `${booking.title}${hold} ${span(this.board.zone, booking)} ${booking.tenant ?? ""}`;
      lane.append(this.bar(booking, `is-${state.replaceAll("_", "-")}`, text));
    }
    const name = element("th", { scope: "row" }, resource.title, element("small", {}, resource.extendedProps.meta));
    return element("tr", {}, name, element("td", {}, lane));
  }

  bar({ start, end }, kind, text) {
    const from = this.share(start, 0);
    const to = this.share(end, 1);
    const made = this.at(element("div", { class: `paper-bar ${kind}` }, text), from);
    made.style.inlineSize = `${Math.max(0, to - from) * 100}%`;
    return made;
  }

  at(node, share) {
    node.style.insetInlineStart = `${share * 100}%`;
    return node;
  }
}
