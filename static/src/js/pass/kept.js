// What is kept of passes on the phone: their pages, until their time is over or somebody signs out.
export const CACHE = "passes";

/** A page that is shown to nobody signed in: passes of whoever was before are not theirs who comes next. */
export function forgetPasses() {
  if ("caches" in window) caches.delete(CACHE).catch(() => {});
}
