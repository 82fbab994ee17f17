// Figures by day, by hour, by month: bars or lines over named places.
import { axis, numbers, tooltip } from "./palette.js";

/** data: {categories, series: [{name, values, tone?}], unit?, stacked?} */
export function bars({ categories, series, unit = "", stacked = false }, style, kind) {
  const number = numbers(style.language);
  const withUnit = (value) =>
    value === null || value === undefined ? "—" : `${number.full(value)}${unit ? ` ${unit}` : ""}`;
  const legend = series.length > 1;
  return {
    legend: {
      show: legend,
      top: 0,
      left: 0,
      itemWidth: 12,
      itemHeight: 12,
      icon: "roundRect",
      textStyle: { color: style.muted, fontSize: 12 },
    },
    grid: { top: legend ? 56 : 30, left: 4, right: 8, bottom: 0, containLabel: true },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: kind === "bar" ? "shadow" : "line", shadowStyle: { color: style.color("hatch") } },
      ...tooltip(style, (params) => [
        params[0].axisValueLabel,
        ...params.map(({ seriesName, value }) => `${seriesName} ${withUnit(value)}`),
      ]),
    },
    xAxis: axis(style, { type: "category", data: categories, splitLine: { show: false }, boundaryGap: kind === "bar" }),
    yAxis: axis(style, {
      type: "value",
      name: unit,
      nameTextStyle: { color: style.muted, align: "left", fontSize: 12 },
      nameGap: 10,
      axisLine: { show: false },
      axisLabel: { color: style.muted, fontSize: 12, formatter: number.axis },
    }),
    series: series.map(({ name, values, tone }, index) => ({
      name,
      type: kind,
      data: values,
      stack: stacked ? "all" : undefined,
      barMaxWidth: 26,
      barGap: "10%",
      smooth: false,
      symbolSize: 6,
      itemStyle: {
        color: style.tones[tone] ?? style.series[index % style.series.length],
        borderRadius: stacked ? 0 : [2, 2, 0, 0],
      },
      lineStyle: { width: 2 },
    })),
  };
}
