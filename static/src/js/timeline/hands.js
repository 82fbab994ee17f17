// What hands do on the timeline: open, drag, stretch, draw. A change is shown at once and put back when it is refused.
import { move, offer, sayMoved } from "./moves.js";
import { holdsItsStudio } from "./reading.js";

export class Hands {
  constructor(board) {
    this.board = board;
    this.held = null;
    this.sending = 0;
  }

  /** While a change of one's own is under way, what others changed waits for the next answer. */
  get busy() {
    return this.held !== null || this.sending > 0;
  }

  hold(id) {
    this.held = id;
    this.board.refusal.close();
  }

  letGo() {
    this.held = null;
    this.board.ghost.gone();
    this.board.draw();
  }

  /** With every step of the pointer: what would be in the way there is shown. It may be let go there all the same. */
  hangs(id, { start, end, resource }) {
    const booking = this.board.bookings.get(id);
    if (!booking) return;
    this.board.ghost.over(booking, { resource: resource?.id ?? booking.resource, start, end });
  }

  open(id, jsEvent) {
    const { bookings, mount } = this.board;
    const state = bookings.get(id)?.state;
    if (!mount.dataset.open || !state || state === "busy") return;
    const url = mount.dataset.open.replace("{id}", encodeURIComponent(id));
    if (jsEvent.ctrlKey || jsEvent.metaKey) window.open(url, "_blank", "noopener");
    else location.assign(url);
  }

  /** An instant moved by a wall-clock difference, as the hand moved it over the wall clock's grid. */
  shifted(instant, seconds) {
    const { zone } = this.board;
    const wall = Date.parse(`${zone.wall(instant)}Z`) + seconds * 1000;
    return zone.instant(new Date(wall).toISOString().slice(0, 19));
  }

  dropped({ event, delta, newResource }) {
    const booking = this.board.bookings.get(event.id);
    const start = this.shifted(booking.start, delta.seconds);
    const end = start + (booking.end - booking.start);
    this.change(booking, { resource: newResource?.id ?? booking.resource, start, end }, this.board.words.moved);
  }

  resized({ event, startDelta, endDelta }) {
    const booking = this.board.bookings.get(event.id);
    const start = this.shifted(booking.start, startDelta.seconds);
    const end = this.shifted(booking.end, endDelta.seconds);
    this.change(booking, { resource: booking.resource, start, end }, this.board.words.resized);
  }

  async change(booking, change, said, isUndo = false) {
    const { board } = this;
    const moved = { ...booking, ...change };
    board.place(moved);
    this.sending += 1;
    const version = await move(board, booking, moved);
    this.sending -= 1;
    if (version) {
      moved.version = version;
      board.place(moved);
      const { resource, start, end } = booking;
      const undo = () => this.change(moved, { resource, start, end }, board.words.undone, true);
      sayMoved(board, said, moved, isUndo ? null : undo);
    } else {
      board.place(booking);
    }
    board.feed.poll();
  }

  /** A new booking is drawn where nothing is booked; closures are the server's to refuse, with its reason. */
  mayDraw({ startStr, endStr, resource }) {
    const start = this.board.zone.instant(startStr);
    const end = this.board.zone.instant(endStr);
    const there = this.board.byStudio.get(resource.id) ?? [];
    return !there.some((booking) => holdsItsStudio(booking) && booking.start < end && booking.end > start);
  }

  drew({ startStr, endStr, resource }) {
    const { zone, calendar } = this.board;
    const wish = { resource, start: zone.instant(startStr), end: zone.instant(endStr) };
    offer(this.board, wish, () => calendar.unselect());
  }
}
