// Names each cell after its column, so that on a phone a row can stand as a card.
export function labelCells(root) {
  for (const table of root.querySelectorAll("table[data-cards]")) {
    const labels = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr, tfoot tr")) {
      let column = 0;
      for (const cell of row.cells) {
        if (cell.tagName === "TD" && labels[column] && cell.colSpan === 1) cell.dataset.label = labels[column];
        column += cell.colSpan;
      }
    }
    table.dataset.cardsReady = "";
  }
}
