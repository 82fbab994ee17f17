// Which studios are shown: by words, scene, floor, area, and by the kit that is free there in a chosen time. What is
// chosen stands in the page's address, so that it can be kept, sent to somebody, and read by the table.
import { element, icon } from "../dom.js";
import { dayAfter } from "./zone.js";

const AREAS = [20, 30, 40, 60, 80, 100, 150, 200];
const NAMES = ["q", "scene", "floor", "area", "kit", "kit_from", "kit_to"];
const DAY = 24 * 3_600_000;

const fold = (text) => text.normalize("NFKC").toLowerCase();
const unique = (values) =>
  [...new Set(values.filter(Boolean))].sort((a, b) => a.localeCompare(b, "zh", { numeric: true }));

export class Filters {
  constructor(board) {
    this.board = board;
    const asked = new URL(location.href).searchParams;
    this.values = Object.fromEntries(NAMES.map((name) => [name, asked.get(name) ?? ""]));
    this.kinds = JSON.parse(board.mount.dataset.kinds ?? "[]");
    this.withKit = null;
    this.build();
  }

  // — the bar

  build() {
    const { words } = this.board;
    this.search = this.input("q", { type: "search", placeholder: words.filter, "aria-label": words.filter });
    this.scene = this.select("scene", words.scene, words.anyScene);
    this.floor = this.select("floor", words.floor, words.anyFloor);
    this.area = this.select("area", words.area, words.anyArea);
    this.reset = element("button", { class: "btn btn-ghost", type: "button" }, icon("filter-off"), words.reset);
    this.reset.addEventListener("click", () => this.clear());
    this.root = element("div", { class: "tl-filters", role: "group", "aria-label": words.filters });
    this.root.append(this.floor, this.scene, this.area, ...(this.kinds.length ? this.kitFields() : []), this.reset);
    this.toggle = element(
      "button",
      { class: "btn btn-default tl-filters-toggle", type: "button", "aria-expanded": "false" },
      icon("filter"),
      words.filters,
    );
    this.toggle.addEventListener("click", () => {
      const open = this.root.toggleAttribute("data-open");
      this.toggle.setAttribute("aria-expanded", String(open));
    });
  }

  input(name, attributes) {
    const made = element("input", { class: "form-control", value: this.values[name], ...attributes });
    made.addEventListener("input", () => this.set({ [name]: made.value }));
    return made;
  }

  select(name, label, any) {
    const made = element("select", { class: "form-select", "aria-label": label, "data-any": any });
    made.append(new Option(any, ""));
    made.addEventListener("change", () => this.set({ [name]: made.value }));
    return made;
  }

  /** A kind, how many of it, and from when until when they are to be free. */
  kitFields() {
    const { words } = this.board;
    const [kind, count] = this.values.kit.split(":");
    this.kind = element("select", { class: "form-select", "aria-label": words.kit });
    this.kind.append(new Option(words.anyKit, ""), ...this.kinds.map(([code, name]) => new Option(name, code)));
    this.kind.value = kind;
    const number = { class: "form-control tl-count", type: "number", min: 1, max: 99, "aria-label": words.count };
    this.count = element("input", { ...number, value: count || 1 });
    const when = (name, label) =>
      element("input", {
        class: "form-control",
        type: "datetime-local",
        step: 900,
        "aria-label": label,
        value: this.values[name],
      });
    this.from = when("kit_from", words.kitFrom);
    this.to = when("kit_to", words.kitTo);
    this.kitTime = element("span", { class: "tl-kit" }, this.count, this.from, "–", this.to);
    for (const field of [this.kind, this.count, this.from, this.to])
      field.addEventListener("change", () => this.setKit());
    return [this.kind, this.kitTime];
  }

  setKit() {
    const { date } = this.board;
    if (!this.kind.value) return this.set({ kit: "", kit_from: "", kit_to: "" });
    this.from.value ||= `${date}T20:00`;
    this.to.value ||= `${dayAfter(this.from.value.slice(0, 10))}T02:00`;
    const number = Math.max(1, Math.min(99, Math.round(Number(this.count.value)) || 1));
    return this.set({ kit: `${this.kind.value}:${number}`, kit_from: this.from.value, kit_to: this.to.value });
  }

  /** The choices that the studios of the base leave. */
  offer(resources) {
    const of = (name) => resources.map(({ extendedProps }) => extendedProps[name]);
    const most = Math.max(0, ...of("area"));
    this.fill(
      this.scene,
      "scene",
      unique(of("scene")).map((it) => [it, it]),
    );
    this.fill(
      this.floor,
      "floor",
      unique(of("floor")).map((it) => [it, it]),
    );
    this.fill(
      this.area,
      "area",
      AREAS.filter((it) => it < most).map((it) => [String(it), `≥ ${it} ㎡`]),
    );
    this.refresh();
  }

  fill(select, name, choices) {
    const known = choices.some(([value]) => value === this.values[name]) || !this.values[name];
    const all = known ? choices : [...choices, [this.values[name], this.values[name]]];
    select.replaceChildren(new Option(select.dataset.any, ""), ...all.map(([value, text]) => new Option(text, value)));
    select.value = this.values[name];
    select.hidden = !all.length;
  }

  refresh() {
    const active = NAMES.filter((name) => this.values[name] && name !== "q" && !name.startsWith("kit_")).length;
    this.reset.hidden = !active && !this.values.q;
    this.toggle.toggleAttribute("data-active", active > 0);
    if (this.kitTime) this.kitTime.hidden = !this.values.kit;
  }

  // — what is chosen

  set(change) {
    Object.assign(this.values, change);
    this.keep();
    this.refresh();
    if ("kit" in change) this.askForKit();
    else this.board.narrow();
  }

  clear() {
    for (const name of NAMES) this.values[name] = "";
    this.search.value = "";
    for (const select of [this.scene, this.floor, this.area, this.kind]) if (select) select.value = "";
    for (const field of [this.from, this.to]) if (field) field.value = "";
    this.set({ kit: "" });
  }

  /** Another day is shown: the time for the kit goes with it. */
  moveBy(days) {
    if (!this.values.kit || !days) return;
    for (const [name, field] of [
      ["kit_from", this.from],
      ["kit_to", this.to],
    ]) {
      const moved = new Date(Date.parse(`${this.values[name]}Z`) + days * DAY).toISOString().slice(0, 16);
      this.values[name] = moved;
      field.value = moved;
    }
    this.askForKit();
  }

  /** Writes what is chosen into an address; what is not chosen stays out of it. */
  into(url) {
    for (const name of NAMES) {
      if (this.values[name]) url.searchParams.set(name, this.values[name]);
      else url.searchParams.delete(name);
    }
    return url;
  }

  keep() {
    history.replaceState(history.state, "", this.into(new URL(location.href)));
  }

  // — what it leaves

  /** Asks where the kit is free; the timeline is narrowed once the answer is there. Asked anew when bookings changed. */
  async askForKit() {
    const { mount } = this.board;
    this.asking?.abort();
    if (!this.values.kit || !mount.dataset.kit) {
      this.withKit = null;
      this.board.narrow();
      return;
    }
    this.asking = new AbortController();
    const { signal } = this.asking;
    const url = new URL(mount.dataset.kit, location.origin);
    for (const [name, value] of [
      ["equipment", "kit"],
      ["start", "kit_from"],
      ["end", "kit_to"],
    ])
      url.searchParams.set(name, this.values[value]);
    try {
      const response = await fetch(url, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        signal,
      });
      // a time that cannot be, or a kind that is no more, leaves nothing: the server says why in its table
      this.withKit = new Set(response.ok ? (await response.json()).studios : []);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.withKit = null; // without a line to the server the last answer may be wrong: nothing is left out
    }
    this.board.narrow();
  }

  keeps({ title, extendedProps }) {
    const { q, scene, floor, area } = this.values;
    const text = fold(`${title} ${extendedProps.name} ${extendedProps.meta}`);
    return (
      fold(q)
        .split(/\s+/)
        .every((word) => text.includes(word)) &&
      (!scene || extendedProps.scene === scene) &&
      (!floor || extendedProps.floor === floor) &&
      (!area || extendedProps.area >= Number(area)) &&
      (!this.withKit || this.withKit.has(title))
    );
  }
}
