// While a booking hangs at the pointer: what it would run into is marked on the timeline and named below it, before it
// is let go.
import { element, icon } from "../dom.js";
import { span } from "./cells.js";
import { conflicts } from "./conflicts.js";

const MOST = 4;

export class Ghost {
  constructor(board) {
    this.board = board;
    this.marked = new Set();
    this.note = element("div", { class: "tl-ghost", role: "status", hidden: true });
  }

  /** Shows what `booking` would meet at `wish`; called with every step of the pointer. */
  over(booking, wish) {
    const key = `${wish.resource} ${wish.start} ${wish.end}`;
    if (key === this.key) return;
    this.key = key;
    const { stage } = this.board;
    const found = conflicts(this.board, booking, wish);
    const clash = found.bookings.length + found.closures.length > 0;
    this.mark(found.bookings);
    stage.toggleAttribute("data-clash", clash);
    this.note.classList.toggle("is-up", this.isLow(wish.resource));
    this.say(wish, found, clash);
    if (this.note.parentElement !== stage) stage.append(this.note);
    this.note.hidden = false;
  }

  /** Whether the row is where the note would cover it. */
  isLow(resource) {
    const { stage, resources } = this.board;
    const row = stage.querySelectorAll(".ec-body .ec-row-head")[resources.findIndex(({ id }) => id === resource)];
    const box = stage.getBoundingClientRect();
    return Boolean(row) && row.getBoundingClientRect().top > box.top + box.height / 2;
  }

  mark(bookings) {
    this.marked = new Set(bookings.map(({ id }) => id));
    for (const bar of this.board.stage.querySelectorAll("[data-booking]")) this.dress(bar);
  }

  /** Also for a bar that is drawn anew while its booking is marked. */
  dress(bar) {
    bar.toggleAttribute("data-in-way", this.marked.has(bar.dataset.booking));
  }

  say(wish, { bookings, closures }, clash) {
    const { words, zone, all } = this.board;
    const place = `${all.find(({ id }) => id === wish.resource)?.title ?? ""} ${span(zone, wish)}`;
    const names = [
      ...bookings.map((booking) => [booking.title, booking.tenant, span(zone, booking)].filter(Boolean).join(" · ")),
      ...new Set(closures.map(({ reason }) => reason)),
    ];
    const shown = names.slice(0, MOST).map((name) => element("li", {}, name));
    if (names.length > MOST) shown.push(element("li", {}, words.more(names.length - MOST)));
    this.note.classList.toggle("is-clash", clash);
    this.note.replaceChildren(
      icon(clash ? "alert-triangle" : "check", "sm"),
      element("strong", {}, place),
      element("span", {}, clash ? words.inTheWay(names.length) : words.nothingInTheWay),
      ...(clash ? [element("ul", {}, ...shown)] : []),
    );
  }

  gone() {
    this.key = null;
    this.note.hidden = true;
    this.board.stage.removeAttribute("data-clash");
    this.mark([]);
  }
}
