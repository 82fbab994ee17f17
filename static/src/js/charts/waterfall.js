// The steps of a claim: from the rent due down to what is granted, each step's fall where it happens.
import { axis, numbers, tooltip } from "./palette.js";

/** data: {steps: [{label, before, after}], unit?}. The first bar is what the steps start from. */
export function waterfall({ steps, unit = "" }, style) {
  const number = numbers(style.language);
  const amount = (value) => `${number.full(value)}${unit ? ` ${unit}` : ""}`;
  const flat = (index) => index === steps.length - 1 || steps[index].before === steps[index].after;
  const narrow = style.width < 560;
  const category = axis(style, {
    type: "category",
    data: steps.map(({ label }) => label),
    inverse: narrow,
    splitLine: { show: false },
    axisLabel: {
      color: style.muted,
      fontSize: 12,
      interval: 0,
      width: narrow ? 96 : 110,
      overflow: "break",
      lineHeight: 15,
    },
  });
  const value = axis(style, {
    type: "value",
    axisLine: { show: false },
    axisLabel: { color: style.muted, fontSize: 12, formatter: number.axis, hideOverlap: true },
  });
  return {
    grid: { top: 24, left: 4, right: 16, bottom: 0, containLabel: true },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: style.color("hatch") } },
      ...tooltip(style, ([{ dataIndex }]) => {
        const { label, before, after } = steps[dataIndex];
        return before === after
          ? [label, amount(after)]
          : [
              label,
              `${amount(before)} → ${amount(after)}`,
              `${after > before ? "+" : "−"}${amount(Math.abs(after - before))}`,
            ];
      }),
    },
    xAxis: narrow ? value : category,
    yAxis: narrow ? category : value,
    series: [
      {
        type: "bar",
        stack: "steps",
        silent: true,
        itemStyle: { color: "transparent" },
        data: steps.map(({ before, after }, index) => (flat(index) ? 0 : Math.min(before, after))),
      },
      {
        type: "bar",
        stack: "steps",
        barMaxWidth: 44,
        label: {
          show: true,
          position: narrow ? "right" : "top",
          color: style.ink,
          fontSize: 12,
          formatter: ({ dataIndex }) => number.axis(steps[dataIndex].after),
        },
        data: steps.map(({ before, after }, index) => ({
          value: flat(index) ? after : Math.abs(after - before),
          itemStyle: {
            color: flat(index) ? style.tones.money : after < before ? style.tones.cap : style.series[4],
            borderRadius: 2,
          },
        })),
      },
    ],
  };
}
