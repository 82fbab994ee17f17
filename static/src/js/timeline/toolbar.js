// The bar above the timeline: which days, which hours, which studios, and whether the line to the server is up.
import { element, icon } from "../dom.js";
import { dayAfter } from "./zone.js";

export class Toolbar {
  constructor(board) {
    this.board = board;
    const { words } = board;
    const step = (name, sign, by) => {
      const button = element(
        "button",
        { class: "btn btn-default btn-icon", type: "button" },
        icon(sign),
        element("span", { class: "visually-hidden" }),
      );
      button.addEventListener("click", () =>
        board.go({ date: dayAfter(board.date, by * (board.view === "week" ? 7 : 1)) }),
      );
      this[name] = button;
      return button;
    };
    const today = element("button", { class: "btn btn-default", type: "button" }, words.today);
    today.addEventListener("click", () => board.go({ date: board.today(), toNow: true }));
    this.date = element("input", { class: "form-control tl-date", type: "date", "aria-label": words.date });
    this.date.addEventListener("change", () => this.date.value && board.go({ date: this.date.value }));
    this.title = element("h2", { class: "tl-day", "aria-live": "polite" });
    this.views = ["day", "night", "week"].map((view) => {
      const button = element("button", { class: "btn btn-default", type: "button", "data-view": view }, words[view]);
      button.addEventListener("click", () => board.go({ view }));
      return button;
    });
    this.status = element("span", { class: "tl-status", role: "status" });
    this.root = element(
      "div",
      { class: "tl-bar" },
      element(
        "div",
        { class: "btn-group-row" },
        step("back", "chevron-left", -1),
        today,
        step("forward", "chevron-right", 1),
      ),
      this.date,
      this.title,
      this.status,
      element("label", { class: "tl-filter" }, icon("search"), board.filters.search),
      board.filters.toggle,
      element("div", { class: "btn-group-row", role: "group", "aria-label": words.view }, ...this.views),
      board.filters.root,
    );
  }

  name(button, text) {
    button.title = text;
    button.lastElementChild.textContent = text;
  }

  refresh() {
    const { words, view, date } = this.board;
    const week = view === "week";
    this.name(this.back, week ? words.previousWeek : words.previous);
    this.name(this.forward, week ? words.nextWeek : words.next);
    this.date.value = date;
    const format = (day, options) =>
      new Intl.DateTimeFormat(words.locale, { ...options, timeZone: "UTC" }).format(Date.parse(`${day}T00:00Z`));
    this.title.textContent = week
      ? `${format(date, words.short)} – ${format(dayAfter(date, 6), words.short)}`
      : format(date, words.dayTitle);
    for (const button of this.views) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }

  say(status) {
    if (this.status.dataset.status === status) return;
    this.status.dataset.status = status;
    this.status.textContent = this.board.words[status];
  }
}
