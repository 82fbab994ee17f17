// What stands in the way of a booking at a place on the timeline, from what is on the screen. The server has the last
// word: it also knows hosts, kit and crew.
import { holdsItsStudio } from "./reading.js";

const MINUTE = 60_000;

/** The time for which a studio is held, set-up and clean-down included. */
function held({ start, end, before = 0, after = 0 }) {
  return [start - before * MINUTE, end + after * MINUTE];
}

/**
 * {bookings, closures} that `wish` ({resource, start, end}) of `booking` (null: a new one) would run into. In another
 * studio the clean-down is that studio's.
 */
export function conflicts(board, booking, wish, now = Date.now()) {
  const room = board.all.find(({ id }) => id === wish.resource);
  const stays = booking?.resource === wish.resource;
  const after = stays ? booking.after : (room?.extendedProps.buffer ?? 0);
  const [start, end] = held({ ...wish, before: booking?.before ?? 0, after });
  const inTheWay = (other) => {
    const [from, to] = held(other);
    return other.id !== booking?.id && from < end && to > start && holdsItsStudio(other, now);
  };
  return {
    bookings: (board.byStudio.get(wish.resource) ?? []).filter(inTheWay).sort((a, b) => a.start - b.start),
    closures: board.closures.filter(
      (closure) =>
        (closure.resource === null || closure.resource === wish.resource) &&
        closure.start < wish.end &&
        closure.end > wish.start,
    ),
  };
}
