// Light or dark before the first paint: the reader's own choice, else the system's. The toggle stores the choice.
const KEY = "theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null; // storage is off (private windows): the system decides
  }
}

function apply() {
  const theme = chosen() ?? (system.matches ? "dark" : "light");
  document.documentElement.dataset.bsTheme = theme;
  for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
    toggle.hidden = false;
    const label = theme === "dark" ? toggle.dataset.labelLight : toggle.dataset.labelDark;
    toggle.title = label;
    toggle.querySelector("[data-label]").textContent = label;
  }
  document.dispatchEvent(new CustomEvent("theme", { detail: theme }));
}

apply();
system.addEventListener("change", apply);
document.addEventListener("DOMContentLoaded", () => {
  apply();
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      window.localStorage.setItem(KEY, next);
    } catch {
      document.documentElement.dataset.bsTheme = next;
      return;
    }
    apply();
  });
});
