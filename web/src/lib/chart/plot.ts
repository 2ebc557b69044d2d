/** A chart's series as uPlot wants them. Loaded with uPlot, when a chart is shown. */

import uPlot from "uplot";
import { countOf, type Places, type Series, stacked, strideOf, type Tone } from "./series";

export interface Look {
  /** The tone as a colour that a canvas knows. */
  readonly colour: (tone: Tone | "ink" | "line") => string;
  readonly font: string;
  readonly width: number;
  readonly height: number;
}

export interface Plotted {
  readonly places: Places;
  readonly series: readonly Series[];
  readonly isStacked: boolean;
  /** A value as people read it on the y axis. */
  readonly format: (value: number) => string;
  readonly onPlace: (place: number | undefined) => void;
}

interface Layer {
  readonly options: uPlot.Series;
  readonly values: readonly (number | null)[];
}

const BAR = { share: 0.7, widest: 48 };
const LEAST_WORD_PX = 38;

function barPaths(place: number, count: number): uPlot.Series.PathBuilder | undefined {
  const size: [number, number] = [BAR.share / count, BAR.widest];
  if (count === 1) return uPlot.paths.bars?.({ size });
  const width = BAR.share / count;
  const start = place * width - BAR.share / 2;
  return uPlot.paths.bars?.({
    disp: {
      x0: { unit: 1, values: (plot) => [...(plot.data[0] ?? [])].map((at) => at + start) },
      size: { unit: 1, values: (plot) => [...(plot.data[0] ?? [])].map(() => width * 0.92) },
    },
  } as uPlot.Series.BarsPathBuilderOpts);
}

function layersOf({ series, isStacked }: Plotted, look: Look): { layers: Layer[]; bands: uPlot.Band[] } {
  const bars = series.filter(({ shape }) => shape === "bars");
  const tops = stacked(bars.map(({ values }) => values));
  const layers: Layer[] = [];
  const bands: uPlot.Band[] = [];
  const solid = (one: Series): string => look.colour(one.tone);
  // The tallest of a stack first: each bar stands on the axis and those below it are drawn over it.
  const columns = bars.map((one, place) => ({
    options: {
      fill: solid(one),
      width: 0,
      points: { show: false },
      ...(isStacked ? { paths: barPaths(0, 1) } : { paths: barPaths(place, bars.length) }),
    } as uPlot.Series,
    values: isStacked ? (tops[place] ?? []) : one.values,
  }));
  layers.push(...(isStacked ? columns.reverse() : columns));
  for (const one of series) {
    if (one.shape === "bars") continue;
    const options: uPlot.Series = { stroke: solid(one), width: 2, points: { show: one.values.length === 1 } };
    if (one.shape === "steps") {
      const paths = uPlot.paths.stepped?.({ align: 1 });
      if (paths !== undefined) options.paths = paths;
    }
    if (one.isDashed) options.dash = [6, 4];
    if (one.shape === "band") {
      const edge: uPlot.Series = { stroke: solid(one), width: 1, alpha: 0.5, points: { show: false } };
      bands.push({ series: [layers.length + 1, layers.length + 2], fill: veiled(solid(one)) });
      layers.push({ options: edge, values: one.values }, { options: edge, values: one.low ?? one.values });
    } else {
      layers.push({ options, values: one.values });
    }
  }
  return { layers, bands };
}

/** A colour as computed (`rgb(1, 2, 3)`), let through by most of it. */
const veiled = (colour: string): string => colour.replace(/^rgb\(([^)]+)\)$/, "rgba($1, 0.18)");

/** Options and data of a chart at a size. */
export function plotOf(plotted: Plotted, look: Look): { options: uPlot.Options; data: uPlot.AlignedData } {
  const { places, format, onPlace } = plotted;
  const { layers, bands } = layersOf(plotted, look);
  const count = countOf(places);
  const at = "words" in places ? Array.from({ length: count }, (_, place) => place) : [...places.times];
  const axis: uPlot.Axis = {
    stroke: look.colour("soft"),
    font: look.font,
    grid: { show: false },
    ticks: { show: false },
    border: { show: true, stroke: look.colour("line") },
    size: 28,
  };
  if ("words" in places) {
    axis.splits = (plot) => {
      const stride = strideOf(count, plot.bbox.width / uPlot.pxRatio, LEAST_WORD_PX);
      return at.filter((place) => place % stride === 0);
    };
    axis.values = (_, splits) => splits.map((place) => places.words[place] ?? "");
  }
  const options: uPlot.Options = {
    width: look.width,
    height: look.height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: "words" in places ? { time: false, range: () => [-0.5, count - 0.5] } : { time: true },
      y: { range: (_, least, most) => uPlot.rangeNum(Math.min(0, least ?? 0), Math.max(0, most ?? 1), 0.08, true) },
    },
    axes: [
      axis,
      {
        stroke: look.colour("soft"),
        font: look.font,
        grid: { stroke: look.colour("line"), width: 1 },
        ticks: { show: false },
        size: (plot, values) => {
          plot.ctx.font = look.font;
          const widest = Math.max(0, ...(values ?? []).map((text) => plot.ctx.measureText(text).width));
          return Math.ceil(widest) + 14;
        },
        values: (_, splits) => splits.map(format),
      },
    ],
    series: [{}, ...layers.map(({ options: one }) => one)],
    bands,
    hooks: { setCursor: [(plot) => onPlace(plot.cursor.idx ?? undefined)] },
  };
  return { options, data: [at, ...layers.map(({ values }) => [...values])] };
}

export { uPlot };
