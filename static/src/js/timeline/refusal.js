// What the server said no to, at the place where it was wanted: what is in the way there, and each way out as one tap.
import { element, icon } from "../dom.js";
import { span } from "./cells.js";
import { conflicts } from "./conflicts.js";

const WIDTH = 340;

export class Refusal {
  constructor(board) {
    this.board = board;
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** `problem`: the server's {title, detail, blockers, alternatives}. */
  show(booking, wish, problem) {
    this.close();
    const { words, zone, all, ghost } = this.board;
    const place = `${all.find(({ id }) => id === wish.resource)?.title ?? ""} ${span(zone, wish)}`;
    const close = element(
      "button",
      { class: "notice-close", type: "button", title: words.close },
      icon("x", "sm"),
      element("span", { class: "visually-hidden" }, words.close),
    );
    close.addEventListener("click", () => this.close());
    const { blockers = [], alternatives = [] } = problem;
    this.note = element(
      "div",
      { class: "tl-refusal notice notice-danger", role: "alert", tabindex: "-1" },
      icon("alert-octagon"),
      element(
        "div",
        { class: "notice-body" },
        element("p", { class: "notice-title" }, words.refused),
        element(
          "p",
          { class: "notice-text" },
          element("strong", {}, place),
          ` ${problem.detail ?? problem.title ?? ""}`,
        ),
        blockers.length ? element("ul", {}, ...blockers.map((text) => element("li", {}, text))) : null,
        alternatives.length ? element("ul", { class: "alternatives" }, ...alternatives.map(wayOut)) : null,
      ),
      close,
    );
    // the calendar must not take a press in here for one on its grid
    this.note.addEventListener("pointerdown", (event) => event.stopPropagation());
    this.put(wish);
    ghost.mark(conflicts(this.board, booking, wish).bookings);
    this.note.focus({ preventScroll: true });
  }

  /** Under the row that was wanted, or above it where it is low; where there is no such row, below the bar. */
  put(wish) {
    const { stage, main, sight, resources } = this.board;
    const grid = stage.querySelector(".ec-events");
    const row = resources.findIndex(({ id }) => id === wish.resource);
    const head = stage.querySelectorAll(".ec-body .ec-row-head")[row];
    if (!grid || !head || main.clientWidth < 600) {
      stage.before(this.note);
      return;
    }
    const rowBox = head.getBoundingClientRect();
    const box = grid.getBoundingClientRect();
    const view = main.getBoundingClientRect();
    const left = Math.max(0, sight.left(wish.start) ?? 0);
    const visible = main.scrollLeft + main.clientWidth - head.offsetWidth - WIDTH - 16;
    this.note.classList.add("is-placed");
    this.note.style.insetInlineStart = `${Math.max(main.scrollLeft, Math.min(left, visible))}px`;
    grid.append(this.note);
    const below = rowBox.bottom + this.note.offsetHeight + 12 < view.bottom;
    const top = below ? rowBox.bottom - box.top + 4 : rowBox.top - box.top - this.note.offsetHeight - 4;
    this.note.style.insetBlockStart = `${Math.max(0, top)}px`;
  }

  close() {
    if (!this.note) return;
    this.note.remove();
    this.note = null;
    this.board.ghost.mark([]);
  }
}

function wayOut({ label, url }) {
  return element("li", {}, element("a", { class: "btn btn-default btn-sm", href: url }, label));
}
