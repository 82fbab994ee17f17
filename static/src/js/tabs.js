// A row of tabs wider than a phone begins where the current one can be seen. The page itself stays where it is.
export function showCurrentTab(root) {
  for (const row of root.querySelectorAll(".tabs")) {
    const tab = row.querySelector("[aria-current]");
    const beyond = tab ? tab.getBoundingClientRect().right - row.getBoundingClientRect().right : 0;
    if (beyond > 0) row.scrollLeft += beyond;
  }
}
