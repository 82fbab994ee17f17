// The time at the base, which need not be the time at the desk.
import { language } from "./words.js";

function write(clock) {
  const locale = language() === "en" ? "en-GB" : "zh-CN";
  const zone = { timeZone: clock.dataset.zone };
  const now = new Date();
  const day = new Intl.DateTimeFormat(locale, { ...zone, month: "numeric", day: "numeric", weekday: "short" }).format(
    now,
  );
  const time = new Intl.DateTimeFormat(locale, {
    ...zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(now);
  clock.textContent = `${day} ${time}`;
  clock.dateTime = now.toISOString();
}

let ticking = false;

export function showClocks(root) {
  root.querySelectorAll("[data-clock]").forEach(write);
  if (ticking) return;
  ticking = true;
  const tick = () => {
    document.querySelectorAll("[data-clock]").forEach(write);
    setTimeout(tick, 60_000 - (Date.now() % 60_000) + 50);
  };
  setTimeout(tick, 60_000 - (Date.now() % 60_000) + 50);
}
