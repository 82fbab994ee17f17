// A hold counts down to the moment at which it runs out: <… data-hold-until="milliseconds since 1970">. One that
// reaches it while the page is open and says data-reload shows the page as it then is.
const HOUR = 3600;

/** 9:05, and 1:09:05 from an hour on. */
export function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / HOUR);
  const minutes = Math.floor((seconds % HOUR) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function write(node, now) {
  const rest = Number(node.dataset.holdUntil) - now;
  node.textContent = left(rest);
  if (rest > 0) node.dataset.ran = "";
  else if ("reload" in node.dataset && "ran" in node.dataset) location.reload();
}

let ticking = false;

export function showCountdowns(root) {
  root.querySelectorAll("[data-hold-until]").forEach((node) => write(node, Date.now()));
  if (ticking) return;
  ticking = true;
  setInterval(() => {
    const now = Date.now();
    document.querySelectorAll("[data-hold-until]").forEach((node) => write(node, now));
  }, 1000);
}
