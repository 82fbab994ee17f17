// From one day to the next: <… data-swipe> with links rel="prev" and rel="next" in it. A swipe goes, and so do the arrow
// keys while nothing is being typed.
const FAR = 60; // pixels
const STEEP = 0.6; // of what is scrolling rather than swiping

function follow(root, rel) {
  root.querySelector(`a[rel="${rel}"]`)?.click();
}

function listen(root) {
  let from = null;
  root.addEventListener(
    "touchstart",
    ({ touches }) => (from = touches.length === 1 ? { x: touches[0].clientX, y: touches[0].clientY } : null),
    { passive: true },
  );
  root.addEventListener("touchend", ({ changedTouches }) => {
    if (!from) return;
    const x = changedTouches[0].clientX - from.x;
    const y = changedTouches[0].clientY - from.y;
    from = null;
    if (Math.abs(x) >= FAR && Math.abs(y) < Math.abs(x) * STEEP) follow(root, x < 0 ? "next" : "prev");
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable], dialog");
    if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") follow(root, "prev");
    if (event.key === "ArrowRight") follow(root, "next");
  });
}

export function listenForSwipes(root) {
  root.querySelectorAll("[data-swipe]").forEach(listen);
}
