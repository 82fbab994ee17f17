// The form of a series shows only the fields that its way of repeating and of ending asks for.

function show(form) {
  const repeat = form.elements.repeat?.value;
  const ends = form.elements.ends?.value;
  for (const part of form.querySelectorAll("[data-series-when]")) part.hidden = part.dataset.seriesWhen !== repeat;
  for (const part of form.querySelectorAll("[data-series-ends]")) part.hidden = part.dataset.seriesEnds !== ends;
}

export function listenForSeries() {
  for (const form of document.querySelectorAll("form[data-series]")) {
    form.addEventListener("change", () => show(form));
    show(form);
  }
}
