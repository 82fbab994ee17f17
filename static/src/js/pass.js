// The pass of a booking: printed, and kept on the phone so that it opens without a network.
import { CACHE } from "./pass/kept.js";

const page = document.querySelector("[data-pass]");

/** The page and what it is drawn with; the service worker answers with them when the network does not. */
async function keep() {
  const files = [...document.querySelectorAll("script[src], link[rel=stylesheet], link[rel=icon]")].map(
    (element) => element.src || element.href,
  );
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0];
  const kept = await caches.open(CACHE);
  await kept.addAll([...new Set([location.pathname, ...files, ...(sprite ? [sprite] : [])])]);
}

async function prepare() {
  // Only over HTTPS, or on the machine itself; some browsers within apps have no workers either.
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  await navigator.serviceWorker.register(page.dataset.worker);
  if (page.dataset.until) {
    await keep();
    page.querySelector("[data-pass-stored]").hidden = false;
  } else {
    await (await caches.open(CACHE)).delete(location.pathname);
  }
}

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
// Without a network, or where storage is refused, the page is what it is.
prepare().catch(() => {});
