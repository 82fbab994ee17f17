// Studio by day (or by hour): one cell each, shaded in ten steps of one hue.
import { axis, numbers, tooltip } from "./palette.js";

/** data: {rows: [names], columns: [labels], values: [[row, column, number|null], …], unit?, max?} */
export function heatmap({ rows, columns, values, unit = "", max }, style) {
  const number = numbers(style.language);
  const top = max ?? Math.max(1, ...values.map(([, , value]) => value ?? 0));
  const known = values.filter(([, , value]) => value !== null).map(([row, column, value]) => [column, row, value]);
  return {
    grid: { top: 8, left: 4, right: 8, bottom: 46, containLabel: true },
    tooltip: tooltip(style, ({ value }) => [
      `${rows[value[1]]} · ${columns[value[0]]}`,
      `${number.full(value[2])}${unit ? ` ${unit}` : ""}`,
    ]),
    xAxis: axis(style, { type: "category", data: columns, splitLine: { show: false }, position: "bottom" }),
    yAxis: axis(style, {
      type: "category",
      data: rows,
      inverse: true,
      splitLine: { show: false },
      axisLabel: { color: style.muted, fontSize: 12, interval: 0 },
    }),
    visualMap: {
      min: 0,
      max: top,
      calculable: false,
      orient: "horizontal",
      left: 0,
      bottom: 0,
      itemWidth: 12,
      itemHeight: 140,
      text: [`${number.full(top)}${unit}`, "0"],
      inRange: { color: style.heat },
      textStyle: { color: style.muted, fontSize: 12 },
    },
    series: [
      {
        type: "heatmap",
        data: known,
        itemStyle: { borderColor: style.surface, borderWidth: 1, borderRadius: 2 },
        emphasis: { itemStyle: { borderColor: style.ink } },
      },
    ],
  };
}
