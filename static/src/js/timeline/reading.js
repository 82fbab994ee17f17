// From the feed's compact arrays to what the board works with. The feed says what is stored; what follows from the
// clock (somebody is late, somebody overruns, a hold has run out) and from the reader's rights is worked out here.
const MINUTE = 60_000;
/** Nobody is shown as late before this; the same as LATE_AFTER in shared_base/web/bookings/timeline.py. */
const GRACE = 15 * MINUTE;
const FINAL = new Set(["completed", "no_show", "cancelled"]);

/** How a booking stands at this minute: overdue, overrun and lapsed are states of the clock, not of the record. */
export function standing({ state, start, end, holdUntil }, now = Date.now()) {
  if (state === "checked_in" && end <= now) return "overrun";
  if (state === "confirmed" && start + GRACE <= now) return "overdue";
  if (state === "held" && holdUntil <= now) return "lapsed";
  return state;
}

/** Whether nobody else can have the studio in a booking's time. */
export const holdsItsStudio = (booking, now = Date.now()) =>
  !FINAL.has(booking.state) && standing(booking, now) !== "lapsed";

/** true: it may be moved; "end": only its end; false: not at all. The desk also moves what has begun without its tenant. */
function editable(booking, isDesk, now) {
  if (!holdsItsStudio(booking, now) || booking.state === "busy") return false;
  return booking.state !== "checked_in" && (isDesk || booking.start > now) ? true : "end";
}

function studio({ id, name, code, scene, floor, area_m2: area, buffer_minutes: buffer }) {
  return {
    id: String(id),
    title: code,
    extendedProps: {
      name,
      scene,
      floor,
      area: Number(area),
      buffer,
      meta: [floor, scene || name, area && `${area} ㎡`].filter(Boolean).join(" · "),
    },
  };
}

/** The hours of the window in which the base is shut: what its openings leave. */
function shut(openings, { start, end }, reason) {
  const gaps = [];
  let from = start;
  for (const [opens, closes] of openings.map((pair) => pair.map((seconds) => seconds * 1000))) {
    if (opens > from) gaps.push({ resource: null, start: from, end: opens, reason, quiet: true });
    from = Math.max(from, closes);
  }
  if (from < end) gaps.push({ resource: null, start: from, end, reason, quiet: true });
  return gaps;
}

/** {studios, openings, outages, bookings, busy, columns} → {resources, bookings, closures}; instants in milliseconds. */
export function read(body, { window, isDesk, words, now = Date.now() }) {
  const idOf = new Map(body.studios.map(({ code, id }) => [code, String(id)]));
  const bookings = body.bookings.map((row) => {
    const told = Object.fromEntries(body.columns.map((name, index) => [name, row[index]]));
    const booking = { ...told, id: String(told.id), resource: idOf.get(told.studio) };
    booking.start *= 1000;
    booking.end *= 1000;
    if (told.hold_until) booking.holdUntil = told.hold_until * 1000;
    booking.title ||= told.code;
    return { ...booking, editable: editable(booking, isDesk, now) };
  });
  const busy = body.busy.map(([code, start, end]) => ({
    id: `busy-${code}-${start}`,
    resource: idOf.get(code),
    start: start * 1000,
    end: end * 1000,
    state: "busy",
    title: words.states.busy,
    before: 0,
    after: 0,
    editable: false,
  }));
  const outages = body.outages.map(([code, start, end, reason]) => ({
    resource: code === null ? null : idOf.get(code),
    start: start * 1000,
    end: end * 1000,
    reason,
  }));
  return {
    resources: body.studios.map(studio),
    bookings: [...bookings, ...busy].filter(({ resource }) => resource),
    closures: [...shut(body.openings, window, words.outside), ...outages],
  };
}
