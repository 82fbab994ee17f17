// Answers for the pages of passes when the network does not. It keeps nothing else, and answers for nothing else.
import { CACHE } from "./pass/kept.js";

const PASS = /^\/bookings\/[0-9a-f-]{36}\/pass$/;
/** So long is a network waited for that is there and does not answer, as in a lift. */
const PATIENCE = 5000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && PASS.test(url.pathname)) event.respondWith(pass(request, url.pathname));
  else if (url.pathname.startsWith("/static/dist/")) event.respondWith(file(request));
});

async function pass(request, path) {
  const asked = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  try {
    const answer = await Promise.race([asked, late]);
    if (answer?.ok) await keep(path, answer.clone());
    else if ([403, 404, 410].includes(answer?.status)) await forget(path);
    else if (!answer || answer.status >= 500) return (await kept(path)) ?? (await asked);
    return answer;
  } catch {
    return (await kept(path)) ?? Response.error();
  }
}

/** Files are named by their content: one that is kept is the one that is asked for. */
async function file(request) {
  const kept = await caches.open(CACHE);
  return (await kept.match(request)) ?? fetch(request);
}

const until = (answer) => Number(answer.headers.get("Pass-Until") ?? 0) * 1000;

async function keep(path, answer) {
  const pages = await caches.open(CACHE);
  if (until(answer) > Date.now()) await pages.put(path, answer);
  else await pages.delete(path);
  await tidy(pages);
}

async function forget(path) {
  await (await caches.open(CACHE)).delete(path);
}

/** Passes whose time is over leave the phone. */
async function tidy(pages) {
  for (const request of await pages.keys()) {
    if (!PASS.test(new URL(request.url).pathname)) continue;
    const answer = await pages.match(request);
    if (until(answer) <= Date.now()) await pages.delete(request);
  }
}

/** The page as it was kept, saying so. */
async function kept(path) {
  const pages = await caches.open(CACHE);
  await tidy(pages);
  const answer = await pages.match(path);
  if (!answer) return undefined;
  const text = (await answer.text()).replace(" data-pass-live", " data-pass-offline");
  const headers = new Headers(answer.headers);
  // They speak of the bytes that came over the network.
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  return new Response(text, { status: 200, headers });
}
