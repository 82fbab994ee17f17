// The resource timeline: <div data-timeline data-feed=… …>, as the `schedule` component writes it.
import { Board } from "./timeline/board.js";

for (const mount of document.querySelectorAll("[data-timeline]")) new Board(mount).start();
