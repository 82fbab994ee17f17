// Which rows are in view. Only they, and some around them, have their bookings drawn.

/** While one scrolls fast, rows are drawn this often at most: a frame must not wait for hundreds of bars. */
const REST = 140;

export class Rows {
  /** Calls `draw` when a row comes into view whose bookings are not drawn. */
  constructor(root, draw) {
    this.draw = draw;
    this.inView = new Set();
    this.drawn = new Set();
    this.observer = new IntersectionObserver((entries) => this.see(entries, draw), { root, rootMargin: "80px 0px" });
  }

  see(entries, draw) {
    for (const { target, isIntersecting } of entries) {
      const row = Number(target.dataset.row);
      if (isIntersecting) this.inView.add(row);
      else this.inView.delete(row);
    }
    this.look(() => true, draw);
  }

  /** Draws, in a while, what is in view and not drawn; `isDrawn` says so of the time, as the rows know it of themselves. */
  look(isDrawn, draw = this.draw) {
    if (this.waiting || (isDrawn() && [...this.inView].every((row) => this.drawn.has(row)))) return;
    const rest = Math.max(0, (this.drawnAt ?? 0) + REST - performance.now());
    this.waiting = setTimeout(() => {
      this.waiting = null;
      draw();
    }, rest);
  }

  /** The rows were made anew. */
  watch(heads) {
    this.observer.disconnect();
    this.inView.clear();
    heads.forEach((head, row) => {
      head.dataset.row = row;
      this.observer.observe(head);
    });
  }

  /** The indices, of `count` rows, to draw now: those in view and `around` more on either side. */
  toDraw(count, around) {
    const first = Math.max(0, Math.min(...this.inView) - around);
    const last = Math.min(count - 1, Math.max(...this.inView) + around);
    this.drawn = new Set();
    this.drawnAt = performance.now();
    for (let row = first; row <= last; row += 1) this.drawn.add(row);
    return [...this.drawn];
  }
}
