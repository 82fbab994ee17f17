// A long <select> becomes searchable (ARIA 1.2 combobox with a list). The select stays and carries the value.
import { element } from "./dom.js";
import { word } from "./words.js";

const MOST = 50;
let counter = 0;

function folded(text) {
  return text.normalize("NFKC").toLowerCase().trim();
}

class Combobox {
  constructor(select) {
    counter += 1;
    this.select = select;
    this.id = `combobox-${counter}`;
    this.active = -1;
    this.input = element("input", {
      class: "form-control",
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      id: select.id,
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      "aria-controls": this.id,
      placeholder: word("choose"),
      "aria-describedby": select.getAttribute("aria-describedby"),
      "aria-invalid": select.getAttribute("aria-invalid"),
      required: select.required,
    });
    this.list = element("ul", { class: "combobox-list", role: "listbox", id: this.id, hidden: true });
    this.list.setAttribute("aria-label", select.labels[0]?.textContent.trim() ?? "");
    // The label points at the input from now on; the select is out of the tab order but is what the form sends.
    select.id = `${select.id}-value`;
    select.hidden = true;
    select.removeAttribute("required");
    select.after(element("div", { class: "combobox" }, this.input, this.list));
    this.showChosen();
    this.listen();
  }

  showChosen() {
    const option = this.select.selectedOptions[0];
    this.input.value = option && option.value !== "" ? option.text : "";
  }

  matches() {
    const words = folded(this.typed ? this.input.value : "")
      .split(/\s+/)
      .filter(Boolean);
    return [...this.select.options]
      .filter(
        (option) =>
          option.value !== "" &&
          words.every((part) => folded(`${option.text} ${option.dataset.search ?? ""}`).includes(part)),
      )
      .slice(0, MOST);
  }

  open() {
    this.options = this.matches();
    this.list.replaceChildren(
      ...this.options.map((option, index) =>
        element(
          "li",
          {
            class: "combobox-option",
            role: "option",
            id: `${this.id}-${index}`,
            "aria-selected": "false",
            "data-chosen": option.selected ? "" : null,
          },
          option.text,
        ),
      ),
    );
    if (!this.options.length)
      this.list.append(
        element("li", { class: "combobox-none", role: "option", "aria-disabled": "true" }, word("no-match")),
      );
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(this.typed && this.options.length ? 0 : -1);
  }

  close() {
    this.list.hidden = true;
    this.typed = false;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((item, at) => {
      if (item.className === "combobox-option") item.setAttribute("aria-selected", String(at === index));
    });
    if (index < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", `${this.id}-${index}`);
    this.list.children[index].scrollIntoView({ block: "nearest" });
  }

  choose(index) {
    const option = this.options[index];
    if (!option) return;
    this.select.value = option.value;
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
    this.showChosen();
    this.close();
  }

  leave() {
    // Text that was cleared means no choice, where the form has an empty one; half a word means the choice before.
    if (this.input.value.trim() === "" && [...this.select.options].some((option) => option.value === "")) {
      this.select.value = "";
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.showChosen();
    this.close();
  }

  key(event) {
    const shut = this.list.hidden;
    const last = (this.options?.length ?? 0) - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (shut) return this.open();
      const step = event.key === "ArrowDown" ? 1 : -1;
      return this.mark(this.active + step > last ? 0 : this.active + step < 0 ? last : this.active + step);
    }
    if (event.key === "Enter" && !shut) {
      event.preventDefault();
      return this.choose(this.active);
    }
    if (event.key === "Escape" && !shut) {
      event.preventDefault();
      this.showChosen();
      return this.close();
    }
    return undefined;
  }

  listen() {
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.list.hidden && this.open());
    this.input.addEventListener("input", (event) => {
      event.stopPropagation();
      this.typed = true;
      this.open();
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.leave());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // keeps the focus in the input
      const item = event.target.closest(".combobox-option");
      if (item) this.choose([...this.list.children].indexOf(item));
    });
  }
}

export function enhanceComboboxes(root) {
  for (const select of root.querySelectorAll("select[data-combobox]")) {
    select.removeAttribute("data-combobox");
    new Combobox(select);
  }
}
