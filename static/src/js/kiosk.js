// The tablet at the door: a hand scanner types into the field, the camera reads, the answer is shown in big words.
import { canRead, reader } from "./kiosk/camera.js";
import { language } from "./words.js";

const RENEWED_EVERY = 60_000;
const kiosk = document.querySelector("[data-kiosk]");
const form = kiosk.querySelector("[data-kiosk-form]");
const input = form.elements.pass;
const result = document.getElementById("kiosk-result");
const note = kiosk.querySelector("[data-kiosk-note]");
const again = kiosk.querySelector("[data-kiosk-again]");
const words = document.getElementById("kiosk-words").content;
const said = (name) => words.querySelector(`[data-word=${name}]`).textContent;

let back = 0;
let sending = false;

function ready() {
  clearTimeout(back);
  kiosk.dataset.state = "ready";
  result.replaceChildren();
  note.textContent = "";
  again.hidden = true;
  input.value = "";
  input.focus({ preventScroll: true });
}

/** Shows the card, and after a while the screen is ready for the next guest by itself. */
function show(card) {
  result.replaceChildren(card);
  kiosk.dataset.state = "result";
  note.textContent = "";
  again.hidden = false;
  input.value = "";
  input.focus({ preventScroll: true });
  back = setTimeout(ready, Number(card.dataset.kioskSeconds) * 1000);
}

/** Takes the card and the list of arrivals out of a page of ours; null: it is not one of ours any more. */
function taken(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const coming = page.getElementById("kiosk-coming");
  if (!coming) return null;
  document.getElementById("kiosk-coming").replaceWith(coming);
  return page.querySelector("#kiosk-result .kiosk-card");
}

async function send(text) {
  if (sending || !text.trim()) return;
  sending = true;
  clearTimeout(back);
  note.textContent = said("checking");
  const body = new FormData(form);
  body.set("pass", text);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const card = answer.status >= 500 ? null : taken(await answer.text());
    // Signed out, or the form too old: the page itself says so.
    if (!card && answer.status < 500) location.assign(kiosk.dataset.ready);
    else show(card ?? words.querySelector(".kiosk-card").cloneNode(true));
  } catch {
    show(words.querySelector(".kiosk-card").cloneNode(true));
  } finally {
    sending = false;
  }
}

async function renew() {
  if (kiosk.dataset.state !== "ready" || sending || document.hidden) return;
  try {
    const answer = await fetch(kiosk.dataset.ready, { headers: { Accept: "text/html" } });
    if (answer.redirected) location.reload();
    else if (answer.ok) taken(await answer.text());
  } catch {
    // The list stays as it was; the next scan says that there is no connection.
  }
}

function showTime() {
  const locale = language() === "en" ? "en-GB" : "zh-CN";
  const now = new Date();
  const clock = kiosk.querySelector("[data-kiosk-clock]");
  const day = kiosk.querySelector("[data-kiosk-day]");
  const zone = { timeZone: clock.dataset.zone };
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone };
  clock.textContent = new Intl.DateTimeFormat(locale, time).format(now);
  clock.dateTime = now.toISOString();
  const date = { month: "long", day: "numeric", weekday: "long", ...zone };
  day.textContent = new Intl.DateTimeFormat(locale, date).format(now);
}

/** A screen that goes dark greets nobody. */
async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  await navigator.wakeLock?.request("screen").catch(() => {});
}

function listenForScreen() {
  const button = kiosk.querySelector("[data-kiosk-screen]");
  if (!document.fullscreenEnabled) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  });
}

function listenForCamera() {
  const button = kiosk.querySelector("[data-kiosk-camera]");
  if (!canRead()) return;
  const camera = reader(kiosk.querySelector("[data-kiosk-video]"), send);
  const pressed = (on) => {
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = said(on ? "camera-off" : "camera-on");
    kiosk.toggleAttribute("data-camera", on);
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    note.textContent = "";
    if (camera.running()) {
      camera.stop();
      pressed(false);
      return;
    }
    try {
      await camera.start();
      pressed(true);
    } catch {
      pressed(false);
      note.textContent = said("camera-refused");
    }
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send(input.value);
});
again.addEventListener("click", ready);
// A scanner types wherever the focus is: it belongs into the field, unless somebody presses a button by the keyboard.
document.addEventListener("keydown", (event) => {
  const elsewhere = event.target === document.body || event.target.id === "main";
  if (elsewhere && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) input.focus();
});
document.addEventListener("visibilitychange", stayAwake);

stayAwake();
listenForScreen();
listenForCamera();
showTime();
setInterval(showTime, 1000);
setInterval(renew, RENEWED_EVERY);
const first = result.querySelector(".kiosk-card");
if (first) show(first);
