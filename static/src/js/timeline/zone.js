// Wall-clock time of the base's own zone. The browser's zone plays no part: a manager abroad sees the base's hours.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export class Zone {
  constructor(name) {
    this.format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
    this.offsets = new Map();
  }

  /** Minutes ahead of UTC at an instant; kept by the hour, for a timeline asks thousands of times. */
  offset(instant) {
    const hour = Math.floor(instant / HOUR);
    if (!this.offsets.has(hour)) {
      const at = hour * HOUR;
      const part = Object.fromEntries(this.format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
      const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute);
      this.offsets.set(hour, Math.round((wall - at) / MINUTE));
    }
    return this.offsets.get(hour);
  }

  /** 2026-11-21T20:00:00, what the clock on the base's wall shows. */
  wall(instant) {
    return new Date(instant + this.offset(instant) * MINUTE).toISOString().slice(0, 19);
  }

  /** The instant (ms) at which that clock shows `wall`; in an hour that occurs twice, the first. */
  instant(wall) {
    const guess = Date.parse(`${wall}Z`);
    const first = guess - this.offset(guess - this.offset(guess) * MINUTE) * MINUTE;
    return first;
  }

  /** ISO 8601 with the base's offset. */
  iso(instant) {
    const offset = this.offset(instant);
    const size = Math.abs(offset);
    const two = (number) => String(number).padStart(2, "0");
    return `${this.wall(instant)}${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  }
}

/** A day moved by whole days: ("2026-11-30", 1) → "2026-12-01". */
export function dayAfter(day, days = 1) {
  return new Date(Date.parse(`${day}T00:00Z`) + days * 24 * HOUR).toISOString().slice(0, 10);
}
