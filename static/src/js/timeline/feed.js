// Reads the feed of a window, then keeps watch on it by a conditional GET while the page is looked at: so often that
// what somebody else changes is seen within two seconds, with a little chance in it so that many pages do not ask at once.
const EVERY = 1_300;
const CHANCE = 300;
const LONGEST = 30_000;

function address(base, window) {
  const url = new URL(base, location.origin);
  url.searchParams.set("start", window.start);
  url.searchParams.set("end", window.end);
  return url;
}

async function get(url, etag, signal) {
  const headers = { Accept: "application/json" };
  if (etag) headers["If-None-Match"] = etag;
  const response = await fetch(url, { headers, signal, credentials: "same-origin" });
  if (response.status === 304) return null;
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  const body = await response.json();
  return { body, etag: response.headers.get("ETag") ?? body.etag ?? null };
}

/**
 * Calls onData(body) with every new state of the window (it answers whether it took it in), and
 * onStatus("loading"|"live"|"away") with how the line is.
 */
export class Feed {
  constructor({ feed, changes, onData, onStatus }) {
    Object.assign(this, { feed, changes: changes || feed, onData, onStatus, etag: null, wait: EVERY, turn: 0 });
    document.addEventListener("visibilitychange", () => this.window && !document.hidden && this.poll());
  }

  /** Shows another window from now on; what was under way for the last one is dropped. */
  async show(window) {
    this.window = window;
    this.etag = null;
    this.onStatus("loading");
    await this.read(this.feed);
  }

  /** Asks at once, as after a change of one's own. */
  poll() {
    return this.read(this.changes);
  }

  async read(base) {
    clearTimeout(this.timer);
    this.request?.abort();
    this.request = new AbortController();
    this.turn += 1;
    const { turn } = this;
    try {
      const answer = await get(address(base, this.window), this.etag, this.request.signal);
      if (turn !== this.turn) return;
      if (answer) {
        // an answer that was not taken in must come again
        if (this.onData(answer.body)) this.etag = answer.etag;
      }
      this.wait = EVERY;
      this.onStatus("live");
    } catch (error) {
      if (turn !== this.turn || error.name === "AbortError") return;
      this.wait = Math.min(this.wait * 2, LONGEST);
      this.onStatus("away");
    }
    if (!document.hidden) this.timer = setTimeout(() => this.poll(), this.wait + Math.random() * CHANCE);
  }
}
