// The three spans of time that the timeline shows, and where an instant stands in them.
import { dayAfter } from "./zone.js";

const HOUR = 3_600_000;

/**
 * Hours are counted from the first day's midnight: a day runs on to the next morning's six, since the work does not
 * stop at midnight. `slot` is in minutes, `width` the least width of a slot in pixels; `around` the rows
 * drawn above and below those in view: fewer, larger draws scroll smoothest, as long as they are not too large.
 */
export const VIEWS = {
  day: { days: 1, from: 0, to: 30, slot: 30, width: 30, around: 10 },
  night: { days: 1, from: 18, to: 30, slot: 30, width: 34, around: 12 },
  week: { days: 7, from: 0, to: 24, slot: 120, width: 36, around: 2 },
};

const midnight = (zone, day) => zone.instant(`${day}T00:00:00`);

/** The window to ask the server for, as ISO instants. */
export function windowOf(zone, date, view) {
  const { days, from, to } = VIEWS[view];
  const last = midnight(zone, dayAfter(date, days - 1));
  return { start: zone.iso(midnight(zone, date) + from * HOUR), end: zone.iso(last + to * HOUR) };
}

export function slotsOf(view) {
  const { days, from, to, slot } = VIEWS[view];
  return (days * (to - from) * 60) / slot;
}

/**
 * The parts of a time that are shown, each as [left, right] in pixels: several where the view leaves hours of each day
 * out. What begins before the window begins at its edge.
 */
export function stretchesOf(start, end, { zone, date, view, slotWidth }) {
  const { days, from, to, slot } = VIEWS[view];
  const perHour = (60 / slot) * slotWidth;
  const found = [];
  for (let day = 0; day < days; day += 1) {
    const opens = midnight(zone, dayAfter(date, day)) + from * HOUR;
    const first = Math.max(0, (start - opens) / HOUR);
    const last = Math.min(to - from, (end - opens) / HOUR);
    const left = (day * (to - from) + first) * perHour;
    if (last > first) found.push([left, left + (last - first) * perHour]);
  }
  return found;
}

/** The instant at so many pixels from the left edge, on a view that leaves no hours out between its days. */
export function instantAt(pixels, { zone, date, view, slotWidth }) {
  const { from, slot } = VIEWS[view];
  return midnight(zone, date) + (from + (pixels / slotWidth) * (slot / 60)) * HOUR;
}

/** Pixels from the left edge of the hours to an instant; null outside the window. */
export function leftOf(instant, { zone, date, view, slotWidth }) {
  const { days, from, to, slot } = VIEWS[view];
  const perHour = (60 / slot) * slotWidth;
  for (let day = 0; day < days; day += 1) {
    const hours = (instant - midnight(zone, dayAfter(date, day))) / HOUR - from;
    if (hours >= 0 && hours < to - from) return (day * (to - from) + hours) * perHour;
  }
  return null;
}
