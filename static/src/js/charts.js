// Charts: <div data-chart="kind"> around a block of JSON, as the `chart` component writes it.
// Redrawn when the theme or the width changes; the same figures stand beside them as a table.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  GridComponent,
  LegendPlainComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { bars } from "./charts/bars.js";
import { heatmap } from "./charts/heatmap.js";
import { palette } from "./charts/palette.js";
import { waterfall } from "./charts/waterfall.js";
import { language } from "./words.js";

echarts.use([
  BarChart,
  LineChart,
  HeatmapChart,
  GridComponent,
  LegendPlainComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
  SVGRenderer,
]);

const KINDS = {
  bar: (data, style) => bars(data, style, "bar"),
  line: (data, style) => bars(data, style, "line"),
  hours: (data, style) =>
    bars(
      {
        categories: Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0")),
        unit: data.unit,
        series: [{ name: data.name ?? "", values: data.values, tone: "used" }],
      },
      style,
      "bar",
    ),
  heatmap,
  waterfall,
};

class Chart {
  constructor(stage) {
    this.stage = stage;
    this.data = JSON.parse(stage.querySelector("script").textContent);
    this.language = language(stage);
    stage.querySelector("script").remove();
    this.draw();
    let width = stage.clientWidth;
    new ResizeObserver(() => {
      if (stage.clientWidth === width) return;
      width = stage.clientWidth;
      this.draw();
    }).observe(stage);
    document.addEventListener("theme", () => this.draw());
  }

  draw() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const style = { ...palette(), language: this.language, width: this.stage.clientWidth };
    const option = KINDS[this.stage.dataset.chart](this.data, style);
    this.chart?.dispose();
    this.chart = echarts.init(this.stage, null, { renderer: "svg" });
    this.chart.setOption({
      animation: !still,
      animationDuration: 300,
      textStyle: { fontFamily: style.font },
      ...option,
    });
  }
}

for (const stage of document.querySelectorAll("[data-chart]")) new Chart(stage);
