// What stands in the timeline: a booking, a closure, the head of a studio's row.
import { left } from "../countdown.js";
import { element, icon } from "../dom.js";
import { standing } from "./reading.js";

const ICONS = {
  held: "hourglass",
  lapsed: "clock-off",
  requested: "user-question",
  checked_in: "broadcast",
  live: "broadcast",
  overdue: "alarm",
  overrun: "alarm",
  completed: "check",
  no_show: "user-off",
  cancelled: "ban",
  arriving: "door-enter",
  busy: "lock",
};

/** The state as a class: the colours stand in timeline.css. */
export const stateClass = (state) => `is-${String(state).replaceAll("_", "-")}`;

const hhmm = (wall) => wall.slice(11, 16);

/** 20:00–02:00, and the dates where it begins and ends more than a night apart. */
export function span(zone, booking) {
  const start = zone.wall(booking.start);
  const end = zone.wall(booking.end);
  const far = booking.end - booking.start > 20 * 3_600_000;
  const day = (wall) => (far ? `${Number(wall.slice(5, 7))}/${Number(wall.slice(8, 10))} ` : "");
  return `${day(start)}${hhmm(start)}–${day(end)}${hhmm(end)}`;
}

export function bookingContent(booking, zone, words) {
  const now = standing(booking);
  const sign = ICONS[now];
  const state = words.states[now] ?? now;
  const until = booking.holdUntil;
  const hold =
    now === "held" ? element("span", { class: "tl-left", "data-hold-until": until }, left(until - Date.now())) : null;
  const title = element("span", { class: "tl-title" }, sign ? icon(sign, "sm") : null, hold, booking.title);
  const when = element("span", { class: "tl-when" }, [span(zone, booking), booking.tenant].filter(Boolean).join(" · "));
  return {
    domNodes: [
      element("span", { class: "tl-text" }, title, when, element("span", { class: "visually-hidden" }, state)),
    ],
  };
}

/** The tooltip: everything that the bar may be too short for. */
export function bookingTip(booking, zone, words) {
  return [booking.title, booking.tenant, span(zone, booking), words.states[standing(booking)]]
    .filter(Boolean)
    .join("\n");
}

export function closureContent(reason) {
  return { domNodes: [element("span", { class: "tl-text tl-reason" }, icon("lock", "sm"), reason ?? "")] };
}

export function studioContent(resource) {
  const { name, meta } = resource.extendedProps;
  const title = name && name !== resource.title ? name : null;
  return {
    domNodes: [
      element("span", { class: "tl-studio", title }, resource.title),
      element("span", { class: "tl-meta", title: meta }, meta),
    ],
  };
}
