// The timeline itself. It holds the bookings of the window shown and hands EventCalendar only those of the rows in
// view, so that 200 studios and thousands of bookings stay light; a row's bookings come as the row scrolls in.
import { createCalendar, Interaction, ResourceTimeline } from "@event-calendar/core";
import { language } from "../words.js";
import { bookingContent, bookingTip, closureContent, stateClass, studioContent } from "./cells.js";
import { Feed } from "./feed.js";
import { move, offer, sayMoved } from "./moves.js";
import { Toolbar } from "./toolbar.js";
import { wordsOf } from "./words.js";
import { dayAfter, Zone } from "./zone.js";

const HOUR = 3_600_000;
const HEAD = 132;
/** Hours from the first day's midnight; a day runs on to the next morning's six, since the work does not stop at midnight. */
const VIEWS = {
  day: { days: 1, from: 0, to: 30, slot: 30, width: 30 },
  night: { days: 1, from: 18, to: 30, slot: 30, width: 34 },
  week: { days: 7, from: 0, to: 24, slot: 120, width: 36 },
};
const MORE_ROWS = 12;
const pad = (number) => String(number).padStart(2, "0");
const fold = (text) => text.normalize("NFKC").toLowerCase();

export class Board {
  constructor(mount) {
    this.mount = mount;
    this.zone = new Zone(mount.dataset.zone);
    this.words = wordsOf(language(mount));
    this.view = VIEWS[mount.dataset.view] ? mount.dataset.view : "day";
    this.date = mount.dataset.date;
    this.resources = [];
    this.bookings = new Map();
    this.byStudio = new Map();
    this.closures = [];
    this.inView = new Set();
    this.drawn = new Set();
    this.nodes = new WeakMap();
    this.sending = 0;
    this.held = null;
    this.wanted = "";
    this.toolbar = new Toolbar(this);
    this.feed = new Feed({
      feed: mount.dataset.feed,
      changes: mount.dataset.changes,
      onData: (data) => this.receive(data),
      onStatus: (status) => this.status(status),
    });
  }

  start() {
    const stage = this.mount.querySelector("[data-stage]");
    stage.replaceChildren();
    stage.before(this.toolbar.root);
    this.stage = stage;
    this.calendar = createCalendar(stage, [ResourceTimeline, Interaction], this.options());
    this.rows = new IntersectionObserver((entries) => this.see(entries), { root: this.main, rootMargin: "80px 0px" });
    this.main.addEventListener("scroll", () => this.remember(), { passive: true });
    this.line = document.createElement("div");
    this.line.className = "tl-now";
    this.line.title = this.words.now;
    setInterval(() => this.drawNow(), 20_000);
    new ResizeObserver(() => this.fit()).observe(stage);
    this.toolbar.refresh();
    this.feed.show(this.window());
  }

  get main() {
    return this.stage.querySelector(".ec-main");
  }

  today() {
    return this.zone.wall(Date.now()).slice(0, 10);
  }

  window() {
    const { days, from, to } = VIEWS[this.view];
    const midnight = this.zone.instant(`${this.date}T00:00:00`);
    const last = this.zone.instant(`${dayAfter(this.date, days - 1)}T00:00:00`);
    return { start: this.zone.iso(midnight + from * HOUR), end: this.zone.iso(last + to * HOUR) };
  }

  // — options of EventCalendar

  options() {
    const { mount, words } = this;
    const views = Object.fromEntries(
      Object.entries(VIEWS).map(([name, { days, from, to, slot }]) => [
        name,
        {
          type: days > 1 ? "resourceTimelineWeek" : "resourceTimelineDay",
          duration: { days },
          slotMinTime: `${from}:00`,
          slotMaxTime: `${to}:00`,
          slotDuration: { minutes: slot },
          slotLabelInterval: { hours: slot > 60 ? 4 : 1 },
        },
      ]),
    );
    return {
      view: this.view,
      views,
      date: this.date,
      firstDay: 1,
      locale: words.locale,
      timeZone: "UTC",
      height: "100%",
      headerToolbar: { start: "", center: "", end: "" },
      slotWidth: this.slotWidth(),
      scrollTime: "00:00:00",
      dayHeaderFormat: words.short,
      slotLabelFormat: (slot) => this.slotLabel(slot),
      resources: [],
      events: [],
      eventGap: 2,
      resourceLabelContent: ({ resource }) => studioContent(resource),
      eventContent: ({ event }) => this.content(event),
      eventDidMount: ({ el, event }) => this.dress(el, event),
      eventClick: ({ event, jsEvent }) => this.open(event.id, jsEvent),
      editable: Boolean(mount.dataset.move),
      eventResizableFromStart: true,
      snapDuration: "00:15",
      longPressDelay: 350,
      dragScroll: true,
      eventDragStart: ({ event }) => this.hold(event.id),
      eventDragStop: () => this.hold(null),
      eventResizeStart: ({ event }) => this.hold(event.id),
      eventResizeStop: () => this.hold(null),
      resizeConstraint: ({ event, startDelta }) => !(event.extendedProps.editable === "end" && startDelta.seconds),
      eventDrop: (info) => this.dropped(info),
      eventResize: (info) => this.resized(info),
      selectable: Boolean(mount.dataset.create),
      unselectAuto: false,
      selectConstraint: (info) => this.isFree(info),
      select: (info) => this.selected(info),
    };
  }

  /** The hour; at midnight, after which the night belongs to another date, that date. */
  slotLabel(slot) {
    const hour = `${pad(slot.getHours())}:00`;
    const midnight = slot.getHours() === 0 && this.view !== "week" && slot.getDate() !== Number(this.date.slice(8));
    return midnight ? { html: `<b>${slot.getMonth() + 1}/${slot.getDate()}</b>` } : hour;
  }

  slotWidth() {
    const { days, from, to, slot, width } = VIEWS[this.view];
    const slots = (days * (to - from) * 60) / slot;
    const head = this.stage.querySelector(".ec-row-head")?.offsetWidth ?? HEAD;
    const room = (this.main?.clientWidth ?? this.stage.clientWidth) - head - 1;
    return Math.max(width, Math.floor((room / slots) * 100) / 100);
  }

  content(event) {
    const { booking, reason } = event.extendedProps;
    if (reason !== undefined) return closureContent(reason);
    if (!booking) return "";
    // While it hangs at the pointer a booking stands twice; at rest its nodes are made once.
    if (event.display !== "auto") return bookingContent({ ...booking, ...this.placeOf(event) }, this.zone, this.words);
    if (!this.nodes.has(booking)) this.nodes.set(booking, bookingContent(booking, this.zone, this.words));
    return this.nodes.get(booking);
  }

  /** Where the calendar has an event just now; its dates are wall-clock time dressed as the browser's. */
  placeOf({ start, end }) {
    const wall = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    return { start: this.zone.instant(wall(start)), end: this.zone.instant(wall(end)) };
  }

  dress(el, event) {
    const { booking, reason } = event.extendedProps;
    // The table beside the timeline is the way by keyboard; hundreds of tab stops would bury what follows.
    el.removeAttribute("role");
    el.removeAttribute("tabindex");
    if (booking) el.title = bookingTip(booking, this.zone, this.words);
    if (reason) el.title = reason;
  }

  // — data in

  receive(data) {
    if (this.sending || this.held) return; // a change of one's own is under way; the next answer holds it
    this.all = data.resources.map(({ id, title, ...extendedProps }) => ({ id: String(id), title, extendedProps }));
    this.bookings = new Map(
      data.events.map(({ id, r, s, e, ...rest }) => [
        String(id),
        {
          ...rest,
          id: String(id),
          resource: String(r),
          start: Date.parse(s),
          end: Date.parse(e),
        },
      ]),
    );
    this.closures = data.closures ?? [];
    this.index();
    this.showResources();
    this.draw();
    if (this.received) this.refreshTable();
    this.received = true;
  }

  /** The accessible table follows what the timeline shows. */
  refreshTable() {
    const { table, tableTarget } = this.mount.dataset;
    if (!table || !tableTarget) return;
    clearTimeout(this.refreshing);
    this.refreshing = setTimeout(() => {
      const url = table.replace("{date}", this.date).replace("{view}", this.view);
      window.htmx.ajax("GET", url, { target: `#${tableTarget}`, swap: "innerHTML" });
    }, 400);
  }

  index() {
    this.byStudio = new Map();
    for (const booking of this.bookings.values()) {
      if (!this.byStudio.has(booking.resource)) this.byStudio.set(booking.resource, []);
      this.byStudio.get(booking.resource).push(booking);
    }
  }

  filter(text) {
    this.wanted = fold(text.trim());
    this.showResources();
    this.draw();
  }

  showResources() {
    const words = this.wanted.split(/\s+/).filter(Boolean);
    const matches = ({ title, extendedProps: { group = "", meta = "" } }) =>
      words.every((word) => fold(`${title} ${group} ${meta}`).includes(word));
    const shown = words.length ? (this.all ?? []).filter(matches) : (this.all ?? []);
    const key = JSON.stringify(shown);
    if (key === this.shownKey) return;
    this.shownKey = key;
    this.resources = shown;
    this.calendar.setOption("resources", shown);
    this.stage.dataset.empty = shown.length ? "" : this.words.empty;
    this.inView.clear();
    this.drawn.clear();
    requestAnimationFrame(() => {
      this.fit();
      this.watchRows();
    });
  }

  /** A day or a night fills the width there is; what is longer scrolls. */
  fit() {
    const width = this.slotWidth();
    if (width !== this.calendar.getOption("slotWidth")) this.calendar.setOption("slotWidth", width);
    this.drawNow();
  }

  // — rows in view

  watchRows() {
    this.quiet();
    this.rows.disconnect();
    this.stage.querySelectorAll(".ec-body .ec-row-head").forEach((head, index) => {
      head.dataset.index = index;
      this.rows.observe(head);
    });
    this.drawNow();
    this.restore();
  }

  see(entries) {
    for (const { target, isIntersecting } of entries)
      this.inView[isIntersecting ? "add" : "delete"](Number(target.dataset.index));
    if ([...this.inView].some((row) => !this.drawn.has(row))) this.draw();
  }

  /** The rows in view and as many above and below as a hand scrolls at once: fewer, larger draws scroll smoothest. */
  rowsToDraw() {
    const first = Math.min(...this.inView) - MORE_ROWS;
    const last = Math.max(...this.inView) + MORE_ROWS;
    return new Set([...this.resources.keys()].filter((row) => row >= first && row <= last));
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (this.held) return; // a booking hangs at the pointer; it is drawn anew when it is let go
      this.drawn = this.rowsToDraw();
      this.calendar.setOption("events", [...this.closureEvents(), ...this.bookingEvents()]);
    });
  }

  bookingEvents() {
    const shown = [];
    for (const row of this.drawn) {
      const { id } = this.resources[row];
      for (const booking of this.byStudio.get(id) ?? []) {
        const whole = booking.editable === true;
        shown.push({
          id: booking.id,
          resourceId: id,
          start: this.zone.wall(booking.start),
          end: this.zone.wall(booking.end),
          title: booking.title,
          classNames: [stateClass(booking.state)],
          startEditable: whole,
          durationEditable: whole || booking.editable === "end",
          extendedProps: { booking, editable: booking.editable },
        });
      }
    }
    return shown;
  }

  closureEvents() {
    const ids = [...this.drawn].map((row) => this.resources[row].id);
    return this.closures.flatMap(({ r, s, e, reason }, index) =>
      ids
        .filter((id) => r === null || r === undefined || String(r) === id)
        .map((id) => ({
          id: `closure-${index}-${id}`,
          resourceId: id,
          start: this.zone.wall(Date.parse(s)),
          end: this.zone.wall(Date.parse(e)),
          display: "background",
          extendedProps: { reason: reason ?? "" },
        })),
    );
  }

  // — where one looks

  go({ date = this.date, view = this.view, toNow = false }) {
    const sameView = view === this.view;
    Object.assign(this, { date, view, scrolled: false, toNow });
    this.bookings = new Map();
    this.closures = [];
    this.index();
    if (!sameView) this.calendar.setOption("view", view);
    this.calendar.setOption("date", date);
    this.toolbar.refresh();
    this.draw();
    requestAnimationFrame(() => {
      this.fit();
      this.watchRows();
    });
    const url = new URL(location.href);
    url.searchParams.set("date", date);
    url.searchParams.set("view", view);
    history.replaceState(history.state, "", url);
    this.refreshTable();
    this.feed.show(this.window());
  }

  x(instant) {
    const { days, from, to, slot } = VIEWS[this.view];
    const perHour = (60 / slot) * this.calendar.getOption("slotWidth");
    for (let day = 0; day < days; day += 1) {
      const start = this.zone.instant(`${dayAfter(this.date, day)}T00:00:00`) + from * HOUR;
      const hours = (instant - start) / HOUR;
      if (hours >= 0 && hours < to - from) return (day * (to - from) + hours) * perHour;
    }
    return null;
  }

  drawNow() {
    const place = this.stage.querySelector(".ec-events");
    const x = this.x(Date.now());
    this.line.hidden = x === null;
    if (!place || x === null) return;
    if (this.line.parentElement !== place) place.append(this.line);
    this.line.style.insetInlineStart = `${x}px`;
  }

  get scrollKey() {
    return `timeline:${location.pathname}:${this.view}:${this.date}`;
  }

  remember() {
    if (!this.scrolled) return;
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      try {
        sessionStorage.setItem(this.scrollKey, JSON.stringify([this.main.scrollLeft, this.main.scrollTop]));
      } catch {
        /* without storage the timeline opens at its start */
      }
    }, 200);
  }

  restore() {
    if (this.scrolled || !this.main) return;
    let kept = null;
    try {
      kept = this.toNow ? null : JSON.parse(sessionStorage.getItem(this.scrollKey));
    } catch {
      /* as above */
    }
    const now = this.x(Date.now());
    const evening = this.view === "day" ? this.x(this.zone.instant(`${this.date}T17:30:00`)) : 0;
    const [left, top] = kept ?? [now === null ? evening : Math.max(0, now - 160), this.main.scrollTop];
    this.main.scrollTo({ left, top });
    this.scrolled = this.resources.length > 0;
  }

  // — changes by hand

  hold(id) {
    this.held = id;
    if (!id) this.draw();
  }

  open(id, jsEvent) {
    const url = this.bookings.get(id)?.url;
    if (!url) return;
    if (jsEvent.ctrlKey || jsEvent.metaKey) window.open(url, "_blank", "noopener");
    else location.assign(url);
  }

  /** An instant moved by a wall-clock difference, as the hand moved it over the wall clock's grid. */
  shifted(instant, seconds) {
    const wall = Date.parse(`${this.zone.wall(instant)}Z`) + seconds * 1000;
    return this.zone.instant(new Date(wall).toISOString().slice(0, 19));
  }

  dropped({ event, delta, newResource }) {
    const booking = this.bookings.get(event.id);
    const start = this.shifted(booking.start, delta.seconds);
    this.change(
      booking,
      { resource: newResource?.id ?? booking.resource, start, end: start + (booking.end - booking.start) },
      this.words.moved,
    );
  }

  resized({ event, startDelta, endDelta }) {
    const booking = this.bookings.get(event.id);
    const change = {
      resource: booking.resource,
      start: this.shifted(booking.start, startDelta.seconds),
      end: this.shifted(booking.end, endDelta.seconds),
    };
    this.change(booking, change, this.words.resized);
  }

  place(booking, change) {
    this.bookings.set(booking.id, { ...booking, ...change });
    this.index();
    this.draw();
  }

  async change(booking, change, said, isUndo = false) {
    const moved = { ...booking, ...change };
    this.place(booking, change);
    this.sending += 1;
    const done = await move(this, moved);
    this.sending -= 1;
    if (!done) {
      this.place(booking, {});
    } else {
      const back = { resource: booking.resource, start: booking.start, end: booking.end };
      if (isUndo) sayMoved(this, said, moved, null);
      else sayMoved(this, said, moved, () => this.change(moved, back, this.words.undone, true));
    }
    this.feed.poll();
  }

  isFree({ startStr, endStr, resource }) {
    const start = this.zone.instant(startStr);
    const end = this.zone.instant(endStr);
    return !(this.byStudio.get(resource.id) ?? []).some(
      (booking) => booking.state !== "cancelled" && booking.start < end && booking.end > start,
    );
  }

  selected({ startStr, endStr, resource }) {
    offer(this, { resource, start: this.zone.instant(startStr), end: this.zone.instant(endStr) }, () =>
      this.calendar.unselect(),
    );
  }

  status(status) {
    this.toolbar.say(status);
    this.mount.dataset.status = status;
  }

  /** EventCalendar's table roles do not nest as ARIA asks; the accessible table beside it says it right. */
  quiet() {
    for (const node of this.stage.querySelectorAll(".ec, .ec [role], .ec [aria-colindex]")) {
      node.removeAttribute("role");
      node.removeAttribute("aria-colindex");
    }
    this.stage.querySelectorAll("aside").forEach((node) => node.setAttribute("role", "presentation"));
    this.main.setAttribute("tabindex", "0");
    this.main.setAttribute("role", "region");
    this.main.setAttribute("aria-label", this.mount.getAttribute("aria-label"));
  }
}
