// How EventCalendar is set up: our views, our cells, our hands; none of its own toolbar, words or colours.
import { bookingContent, bookingTip, closureContent, studioContent } from "./cells.js";
import { VIEWS } from "./views.js";

const pad = (number) => String(number).padStart(2, "0");

function views() {
  const option = ({ days, from, to, slot }) => ({
    type: days > 1 ? "resourceTimelineWeek" : "resourceTimelineDay",
    duration: { days },
    slotMinTime: `${from}:00`,
    slotMaxTime: `${to}:00`,
    slotDuration: { minutes: slot },
    slotLabelInterval: { hours: slot > 60 ? 4 : 1 },
  });
  return Object.fromEntries(Object.entries(VIEWS).map(([name, view]) => [name, option(view)]));
}

/** The hour; at midnight, after which the night belongs to another date, that date. */
function slotLabel(slot, { view, date }) {
  const midnight = slot.getHours() === 0 && view !== "week" && slot.getDate() !== Number(date.slice(8));
  return midnight ? { html: `<b>${slot.getMonth() + 1}/${slot.getDate()}</b>` } : `${pad(slot.getHours())}:00`;
}

/** Where the calendar has an event just now; its dates are wall-clock time dressed as the browser's. */
function placeOf({ start, end }, zone) {
  const wall = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return { start: zone.instant(wall(start)), end: zone.instant(wall(end)) };
}

/** A booking's nodes are made once; only while it hangs at the pointer it stands twice. */
function contentMaker({ zone, words }) {
  const made = new WeakMap();
  return ({ event }) => {
    const { booking, reason } = event.extendedProps;
    if (reason !== undefined) return closureContent(reason);
    if (!booking) return "";
    if (event.display !== "auto") return bookingContent({ ...booking, ...placeOf(event, zone) }, zone, words);
    if (!made.has(booking)) made.set(booking, bookingContent(booking, zone, words));
    return made.get(booking);
  };
}

function dress({ el, event }, { zone, words, ghost }) {
  const { booking, reason } = event.extendedProps;
  // The table beside the timeline is the way by keyboard; hundreds of tab stops would bury what follows.
  el.removeAttribute("role");
  el.removeAttribute("tabindex");
  if (booking) {
    el.title = bookingTip(booking, zone, words);
    el.dataset.booking = booking.id;
    ghost.dress(el);
  }
  if (reason) el.title = reason;
}

export function calendarOptions(board) {
  const { mount, words, hands, zone } = board;
  const hangs = (event, resource) => {
    hands.hangs(event.id, { ...placeOf(event, zone), resource });
    return true;
  };
  return {
    view: board.view,
    views: views(),
    date: board.date,
    firstDay: 1,
    locale: words.locale,
    timeZone: "UTC", // it is given wall-clock time, which it must leave alone
    height: "100%",
    headerToolbar: { start: "", center: "", end: "" },
    scrollTime: "00:00:00",
    dayHeaderFormat: words.short,
    slotLabelFormat: (slot) => slotLabel(slot, board),
    resources: [],
    events: [],
    eventGap: 2,
    resourceLabelContent: ({ resource }) => studioContent(resource),
    eventContent: contentMaker(board),
    eventDidMount: (info) => dress(info, board),
    eventClick: ({ event, jsEvent }) => hands.open(event.id, jsEvent),
    editable: Boolean(mount.dataset.move),
    eventResizableFromStart: true,
    snapDuration: "00:15",
    longPressDelay: 350,
    eventDragStart: ({ event }) => hands.hold(event.id),
    eventDragStop: () => hands.letGo(),
    eventResizeStart: ({ event }) => hands.hold(event.id),
    eventResizeStop: () => hands.letGo(),
    dragConstraint: ({ event, newResource }) => hangs(event, newResource),
    resizeConstraint: ({ event, startDelta }) =>
      event.extendedProps.editable === "end" && startDelta.seconds ? false : hangs(event),
    eventDrop: (info) => hands.dropped(info),
    eventResize: (info) => hands.resized(info),
    selectable: Boolean(mount.dataset.create),
    unselectAuto: false,
    selectConstraint: (info) => hands.mayDraw(info),
    select: (info) => hands.drew(info),
  };
}
