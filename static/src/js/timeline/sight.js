// Where one looks: the width of an hour, the line of now, and the place one had scrolled to.
import { instantAt, leftOf, slotsOf, stretchesOf, VIEWS } from "./views.js";

const HEAD = 132;

export class Sight {
  constructor(board) {
    this.board = board;
    this.settled = false;
    this.line = document.createElement("div");
    this.line.className = "tl-now";
    this.line.title = board.words.now;
  }

  start() {
    const scrolled = () => {
      this.remember();
      this.board.rows.look(() => this.isDrawn());
    };
    this.board.main.addEventListener("scroll", scrolled, { passive: true });
    new ResizeObserver(() => this.fit()).observe(this.board.stage);
    setInterval(() => this.drawNow(), 20_000);
  }

  left(instant) {
    const { zone, date, view, calendar } = this.board;
    return leftOf(instant, { zone, date, view, slotWidth: calendar.getOption("slotWidth") });
  }

  /** What is in sight, and half as much on either side if `wide`, as instants. */
  inSight(wide) {
    const { main, zone, date, view, calendar } = this.board;
    const margin = wide ? main.clientWidth / 2 : 0;
    const at = (pixels) => instantAt(pixels, { zone, date, view, slotWidth: calendar.getOption("slotWidth") });
    return { start: at(main.scrollLeft - margin), end: at(main.scrollLeft + main.clientWidth + margin) };
  }

  /** The time whose bookings are drawn from now on: a week's are thousands, of which a third is in sight. */
  toDraw() {
    this.drawn = this.inSight(true);
    return this.drawn;
  }

  isDrawn() {
    const { start, end } = this.inSight(false);
    return Boolean(this.drawn) && this.drawn.start <= start && this.drawn.end >= end;
  }

  stretches(start, end) {
    const { zone, date, view, calendar } = this.board;
    return stretchesOf(start, end, { zone, date, view, slotWidth: calendar.getOption("slotWidth") });
  }

  /** A day or a night fills the width there is; what is longer scrolls. */
  fit() {
    const { stage, main, view, calendar } = this.board;
    const head = stage.querySelector(".ec-row-head")?.offsetWidth ?? HEAD;
    const room = main.clientWidth - head - 1;
    const width = Math.max(VIEWS[view].width, Math.floor((room / slotsOf(view)) * 100) / 100);
    if (width !== calendar.getOption("slotWidth")) calendar.setOption("slotWidth", width);
    this.drawNow();
    this.board.shut.draw();
  }

  drawNow() {
    const place = this.board.stage.querySelector(".ec-events");
    const left = this.left(Date.now());
    this.line.hidden = left === null;
    if (!place || left === null) return;
    if (this.line.parentElement !== place) place.append(this.line);
    this.line.style.insetInlineStart = `${left}px`;
  }

  get key() {
    return `timeline:${location.pathname}:${this.board.view}:${this.board.date}`;
  }

  remember() {
    if (!this.settled) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { scrollLeft, scrollTop } = this.board.main;
      try {
        sessionStorage.setItem(this.key, JSON.stringify([scrollLeft, scrollTop]));
      } catch {
        // without storage the timeline opens at the hour it is
      }
    }, 200);
  }

  remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  /** Another window is shown: look where one looked last, else at the hour it is, else at the evening. */
  unsettle({ toNow = false } = {}) {
    this.settled = false;
    this.toNow = toNow;
  }

  settle() {
    const { main, view, date, zone, resources } = this.board;
    if (this.settled || !resources.length) return;
    const now = this.left(Date.now());
    const evening = view === "day" ? this.left(zone.instant(`${date}T17:30:00`)) : 0;
    const kept = this.toNow ? null : this.remembered();
    const [left, top] = kept ?? [now === null ? evening : Math.max(0, now - 160), main.scrollTop];
    main.scrollTo({ left, top });
    this.settled = true;
  }
}
