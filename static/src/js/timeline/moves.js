// Changes made by dragging: sent at once, put back when refused, undone with one press.
import { element } from "../dom.js";
import { toast } from "../toast.js";
import { span } from "./cells.js";

async function send(url, csrf, body) {
  const response = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(body),
  });
  const json = await response.json().catch(() => ({}));
  return { ok: response.ok && !response.redirected, status: response.redirected ? 401 : response.status, json };
}

/** POSTs where `booking` is to stand (`moved`); returns the version it then has, or says why not and returns null. */
export async function move(board, booking, moved) {
  const { words, zone, mount } = board;
  const url = mount.dataset.move.replace("{id}", encodeURIComponent(moved.id));
  const { resource, version } = moved;
  const body = { resource, start: zone.iso(moved.start), end: zone.iso(moved.end), version };
  let answer;
  try {
    answer = await send(url, mount.dataset.csrf, body);
  } catch {
    toast(words.refused, { kind: "danger", text: words.offline });
    return null;
  }
  if (answer.ok) return answer.json.event.version;
  const { detail, title, blockers } = answer.json;
  if (blockers) {
    board.place(booking);
    board.refusal.show(booking, moved, answer.json);
    return null;
  }
  toast(words.refused, {
    kind: "danger",
    text: answer.status === 401 ? words.signedOut : detail || title || words.reason,
  });
  return null;
}

/** Says where the booking stands now; `undo` (or null) puts it back. */
export function sayMoved(board, text, booking, undo) {
  const studio = board.resources.find(({ id }) => id === booking.resource)?.title ?? "";
  const close = toast(text, {
    kind: "success",
    text: [booking.title, studio, span(board.zone, booking)].filter(Boolean).join(" · "),
    seconds: 10,
    actions: undo
      ? [
          {
            label: board.words.undo,
            run: () => {
              close();
              undo();
            },
          },
        ]
      : [],
  });
}

/** Asks whether the drawn time becomes a booking; yes leads to the form, filled in. */
export function offer(board, { resource, start, end }, done) {
  const { words, zone, mount } = board;
  const url = new URL(mount.dataset.create, location.origin);
  url.searchParams.set("studio", resource.id);
  url.searchParams.set("start", zone.iso(start));
  url.searchParams.set("end", zone.iso(end));
  const minutes = Math.round((end - start) / 60_000);
  const row = (term, value) => element("div", {}, element("dt", {}, term), element("dd", {}, value));
  const day = new Intl.DateTimeFormat(words.locale, { ...words.dayTitle, timeZone: mount.dataset.zone }).format(start);
  const go = element("a", { class: "btn btn-primary", href: url.href }, words.createHere);
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-labelledby": "tl-offer" },
    element("header", { class: "dialog-head" }, element("h2", { class: "dialog-title", id: "tl-offer" }, words.create)),
    element(
      "div",
      { class: "dialog-body" },
      element(
        "dl",
        { class: "definitions definitions-1" },
        row(words.studio, resource.title),
        row(words.date, day),
        row(words.time, span(zone, { start, end })),
        row(words.length, words.hours(Math.floor(minutes / 60), minutes % 60)),
      ),
    ),
    element(
      "form",
      { class: "dialog-foot", method: "dialog" },
      element("button", { class: "btn btn-default" }, words.cancel),
      go,
    ),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    done();
  });
  dialog.showModal();
  go.focus();
}
