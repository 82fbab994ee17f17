// The timeline itself. It holds the bookings of the window shown and hands EventCalendar only those of the rows in
// view, so that 200 studios and thousands of bookings stay light; a row's bookings come as the row scrolls in.
import { createCalendar, Interaction, ResourceTimeline } from "@event-calendar/core";
import { language } from "../words.js";
import { stateClass } from "./cells.js";
import { Feed } from "./feed.js";
import { Filters } from "./filters.js";
import { Ghost } from "./ghost.js";
import { Hands } from "./hands.js";
import { calendarOptions } from "./options.js";
import { Paper } from "./paper.js";
import { read, standing } from "./reading.js";
import { Refusal } from "./refusal.js";
import { Rows } from "./rows.js";
import { Shut } from "./shut.js";
import { Sight } from "./sight.js";
import { Toolbar } from "./toolbar.js";
import { VIEWS, windowOf } from "./views.js";
import { wordsOf } from "./words.js";
import { Zone } from "./zone.js";

const DAY = 24 * 3_600_000;

export class Board {
  constructor(mount) {
    this.mount = mount;
    this.stage = mount.querySelector("[data-stage]");
    this.zone = new Zone(mount.dataset.zone);
    this.words = wordsOf(language(mount));
    this.view = VIEWS[mount.dataset.view] ? mount.dataset.view : "day";
    this.date = mount.dataset.date;
    this.all = [];
    this.resources = [];
    this.bookings = new Map();
    this.byStudio = new Map();
    this.closures = [];
    this.hands = new Hands(this);
    this.ghost = new Ghost(this);
    this.refusal = new Refusal(this);
    this.shut = new Shut(this);
    this.sight = new Sight(this);
    this.filters = new Filters(this);
    this.paper = new Paper(this);
    this.toolbar = new Toolbar(this);
    this.feed = new Feed({
      feed: mount.dataset.feed,
      changes: mount.dataset.changes,
      onData: (data) => this.receive(data),
      onStatus: (status) => this.toolbar.say(status),
    });
  }

  start() {
    this.stage.replaceChildren();
    this.stage.before(this.toolbar.root);
    this.calendar = createCalendar(this.stage, [ResourceTimeline, Interaction], calendarOptions(this));
    this.rows = new Rows(this.main, () => this.draw());
    setInterval(() => this.drawLate(), 1000);
    this.sight.start();
    this.paper.start();
    this.toolbar.refresh();
    this.feed.show(windowOf(this.zone, this.date, this.view));
  }

  get main() {
    return this.stage.querySelector(".ec-main");
  }

  today() {
    return this.zone.wall(Date.now()).slice(0, 10);
  }

  /** Takes a state of the window in; false: not now, send it again. */
  receive(data) {
    if (this.hands.busy) return false;
    const { start, end } = windowOf(this.zone, this.date, this.view);
    const { resources, bookings, closures } = read(data, {
      window: { start: Date.parse(start), end: Date.parse(end) },
      isDesk: "desk" in this.mount.dataset,
      words: this.words,
    });
    this.all = resources;
    this.closures = closures;
    this.hold(bookings);
    this.filters.offer(resources);
    this.showResources();
    this.shut.draw();
    this.draw();
    if (this.filters.values.kit) this.filters.askForKit();
    if (this.received) this.refreshTable();
    this.received = true;
    return true;
  }

  hold(bookings) {
    this.bookings = new Map(bookings.map((booking) => [booking.id, booking]));
    this.byStudio = new Map();
    for (const booking of bookings) {
      if (!this.byStudio.has(booking.resource)) this.byStudio.set(booking.resource, []);
      this.byStudio.get(booking.resource).push(booking);
    }
  }

  /** Shows one booking as given, wherever it was; one of a window no longer shown stays away. */
  place(booking) {
    if (!this.bookings.has(booking.id)) return;
    this.hold([...this.bookings.values()].filter(({ id }) => id !== booking.id).concat({ ...booking }));
    this.draw();
  }

  /** Time alone makes somebody late, lets them overrun, runs a hold down: the record does not change, no answer says it. */
  drawLate() {
    const late = [...this.bookings.values()].filter((booking) => standing(booking) !== booking.state);
    const key = late.map(({ id }) => id).join();
    if (key === this.lateKey) return;
    this.lateKey = key;
    this.hold([...this.bookings.values()].map((booking) => ({ ...booking })));
    this.draw();
  }

  /** Another choice of studios. */
  narrow() {
    this.showResources();
    this.draw();
    this.refreshTable();
  }

  showResources() {
    const shown = this.all.filter((resource) => this.filters.keeps(resource));
    const key = JSON.stringify(shown);
    if (key === this.shownKey) return;
    this.shownKey = key;
    this.resources = shown;
    this.calendar.setOption("resources", shown);
    this.stage.dataset.empty = shown.length ? "" : this.words.empty;
    this.settle();
  }

  /** Once EventCalendar has laid its rows out anew. */
  settle() {
    requestAnimationFrame(() => {
      this.quiet();
      this.sight.fit();
      this.rows.watch(this.stage.querySelectorAll(".ec-body .ec-row-head"));
      this.sight.settle();
    });
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (this.hands.held !== null) return; // a booking hangs at the pointer; all is drawn when it is let go
      const ids = this.rows.toDraw(this.resources.length, VIEWS[this.view].around).map((row) => this.resources[row].id);
      this.calendar.setOption("events", [...this.closureEvents(ids), ...this.bookingEvents(ids, this.sight.toDraw())]);
    });
  }

  bookingEvents(ids, sight) {
    const inSight = ({ start, end }) => start < sight.end && end > sight.start;
    const event = (booking) => ({
      id: booking.id,
      resourceId: booking.resource,
      start: this.zone.wall(booking.start),
      end: this.zone.wall(booking.end),
      title: booking.title,
      classNames: [stateClass(standing(booking))],
      startEditable: booking.editable === true,
      durationEditable: booking.editable === true || booking.editable === "end",
      extendedProps: { booking, editable: booking.editable },
    });
    return ids.flatMap((id) => (this.byStudio.get(id) ?? []).filter(inSight).map(event));
  }

  /** A closure of one studio, or (resource null) of them all; the hours in which the base is shut anyway: `Shut`. */
  closureEvents(ids) {
    const closures = this.closures.filter(({ quiet }) => !quiet);
    return closures.flatMap(({ resource, start, end, reason }, index) =>
      (resource === null ? ids : ids.filter((id) => id === resource)).map((id) => ({
        id: `closure-${index}-${id}`,
        resourceId: id,
        start: this.zone.wall(start),
        end: this.zone.wall(end),
        display: "background",
        extendedProps: { reason },
      })),
    );
  }

  go({ date = this.date, view = this.view, toNow = false }) {
    const sameView = view === this.view;
    const days = Math.round((Date.parse(date) - Date.parse(this.date)) / DAY);
    Object.assign(this, { date, view });
    this.refusal.close();
    this.filters.moveBy(days);
    this.sight.unsettle({ toNow });
    this.closures = [];
    this.shut.draw();
    this.hold([]);
    this.mount.dataset.view = view;
    if (!sameView) this.calendar.setOption("view", view);
    this.calendar.setOption("date", date);
    this.toolbar.refresh();
    this.settle();
    this.draw();
    const url = this.filters.into(new URL(location.href));
    url.searchParams.set("date", date);
    url.searchParams.set("view", view);
    history.replaceState(history.state, "", url);
    this.refreshTable();
    this.feed.show(windowOf(this.zone, date, view));
  }

  /** The accessible table follows what the timeline shows. */
  refreshTable() {
    const { table, tableTarget } = this.mount.dataset;
    if (!table || !tableTarget) return;
    clearTimeout(this.refreshing);
    this.refreshing = setTimeout(() => {
      const url = new URL(table.replace("{date}", this.date).replace("{view}", this.view), location.origin);
      window.htmx.ajax("GET", this.filters.into(url).href, { target: `#${tableTarget}`, swap: "innerHTML" });
    }, 400);
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
