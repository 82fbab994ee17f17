// The theme's colours as the page has them now, and numbers as the reader writes them.
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    color,
    ink: color("ink"),
    muted: color("ink-2"),
    line: color("line"),
    surface: color("surface"),
    font: getComputedStyle(document.body).fontFamily,
    tones: {
      used: color("chart-1"),
      booked: color("chart-2"),
      open: color("chart-quiet"),
      money: color("chart-1"),
      cap: color("chart-6"),
    },
    series: [1, 2, 3, 4, 5, 6].map((number) => color(`chart-${number}`)),
    heat: Array.from({ length: 10 }, (_, step) => color(`heat-${step}`)),
  };
}

/** 12,345.6; on axes 万 and 亿 in Chinese, k and M in English. */
export function numbers(language) {
  const locale = language === "en" ? "en-GB" : "zh-CN";
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  return {
    full: (value) => plain.format(value),
    axis: (value) => (Math.abs(value) < 10_000 ? plain.format(value) : short.format(value)),
  };
}

/** A tooltip in the page's own dress; texts are set as text, never as markup. */
export function tooltip(style, lines) {
  return {
    backgroundColor: style.surface,
    borderColor: style.line,
    borderWidth: 1,
    padding: [8, 12],
    confine: true,
    textStyle: { color: style.ink, fontSize: 13, fontFamily: style.font },
    formatter: (params) => {
      const box = document.createElement("div");
      for (const [index, text] of lines(params).entries()) {
        const row = document.createElement(index ? "div" : "strong");
        row.textContent = text;
        row.style.display = "block";
        box.append(row);
      }
      return box;
    },
  };
}

export function axis(style, more = {}) {
  return {
    axisLine: { lineStyle: { color: style.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: style.line } },
    axisLabel: { color: style.muted, fontSize: 12, hideOverlap: true },
    ...more,
  };
}
