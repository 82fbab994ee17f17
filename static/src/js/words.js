// The words that modules say come translated with the page, in <template id="words">.
const words = new Map();

export function word(name) {
  if (!words.size) {
    for (const element of document.getElementById("words")?.content.querySelectorAll("[data-word]") ?? []) {
      words.set(element.dataset.word, element.textContent);
    }
  }
  return words.get(name) ?? name;
}

/** "zh" or "en", of the page or of an element that names its own. */
export function language(element = document.documentElement) {
  return (element.dataset.locale || document.documentElement.lang || "zh").toLowerCase().startsWith("en") ? "en" : "zh";
}
