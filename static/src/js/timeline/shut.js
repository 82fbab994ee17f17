// The hours in which the whole base is shut: one band over all rows, instead of a background in each of 200.
import { element } from "../dom.js";

export class Shut {
  constructor(board) {
    this.board = board;
    this.bands = [];
  }

  /** Draws them anew: for another window, other hours, or another width of an hour. */
  draw() {
    for (const band of this.bands) band.remove();
    const { stage, closures, sight } = this.board;
    const place = stage.querySelector(".ec-events");
    if (!place) return;
    this.bands = closures
      .filter(({ quiet }) => quiet)
      .flatMap(({ start, end, reason }) => sight.stretches(start, end).map((stretch) => this.band(stretch, reason)));
    place.append(...this.bands);
  }

  band([left, right], reason) {
    const made = element("div", { class: "tl-shut", title: reason });
    made.style.insetInlineStart = `${left}px`;
    made.style.inlineSize = `${right - left}px`;
    return made;
  }
}
