import { visibleText } from "../../platform/core/visibleText";
import { type Axes, BELOW, SLANT, type Tick } from "../../ui/axes";
import { type Chart, type ChartPoint, dayOf, timeOf } from "../core/chart";

export interface PlacedPoint {
  readonly series: number;
  readonly point: ChartPoint;
  readonly x: number;
  readonly y: number;
  /** Ends of the error bar; undefined: none. */
  readonly span: readonly [top: number, bottom: number] | undefined;
  /** Of bars: how wide, down to the axis; 0: it is a point of a line. */
  readonly width: number;
}
export interface ChartLayout extends Required<Omit<Axes, "hasUprights">> {
  /** Of it all: as asked for, and what names aslant take besides. */
  readonly height: number;
  /** By series, then from left to right. */
  readonly points: readonly PlacedPoint[];
}

const MARGIN = { left: 52, right: 16, top: 12 };
/** Below all that is drawn. */
const END = 8;
const CHARACTER = 7;
/** Names that stand aslant do not touch when they are so far apart. */
const SLANTED_APART = 20;
/** Of what stands aslant, how far down it may reach. */
const SLANTED_DEPTH = 84;
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** Where everything goes, in pixels. */
export function chartLayout(chart: Chart, width: number, height: number): ChartLayout {
  const plotWidth = Math.max(40, width - MARGIN.left - MARGIN.right);
  const names = namesBelow(chart.names, plotWidth);
  const xNameBelow = BELOW.name + names.deeper;
  const plot = {
    x: MARGIN.left,
    y: MARGIN.top,
    width: plotWidth,
    height: height - MARGIN.top - BELOW.name - END,
  };
  const all = chart.series.flatMap(({ points }) => points);
  const most = Math.max(...all.map(({ y, error }) => y + error), Number.MIN_VALUE);
  const yTicks = roundNumbers(most, 5);
  const top = Math.max(yTicks.at(-1) ?? most, most);
  const bottom = plot.y + plot.height;
  const yOf = (value: number): number => bottom - (plot.height * Math.max(0, value)) / top;
  const across = acrossOf(chart, all, plot, names);
  const slot = plot.width / Math.max(chart.names.length, 1);
  const bar = chart.across === "names" ? Math.min(48, (slot * 0.8) / chart.series.length) : 0;
  return {
    height: height + names.deeper,
    plot,
    xTicks: across.ticks,
    isSlanted: names.isSlanted,
    xNameBelow,
    yTicks: yTicks.map((value) => ({ at: yOf(value), text: compact.format(value) })),
    points: chart.series.flatMap(({ points }, series) =>
      points.map((point) => ({
        series,
        point,
        x: across.xOf(point.x) + (bar === 0 ? 0 : (series - (chart.series.length - 1) / 2) * bar),
        y: yOf(point.y),
        span: point.error > 0 ? ([yOf(point.y + point.error), yOf(point.y - point.error)] as const) : undefined,
        width: bar * 0.9,
      })),
    ),
  };
}

interface Across {
  readonly xOf: (x: number) => number;
  readonly ticks: readonly Tick[];
}

function acrossOf(
  chart: Chart,
  points: readonly ChartPoint[],
  plot: ChartLayout["plot"],
  { texts }: NamesBelow,
): Across {
  if (chart.across === "names") {
    const slot = plot.width / Math.max(chart.names.length, 1);
    const xOf = (index: number): number => plot.x + slot * (index + 0.5);
    return { xOf, ticks: texts.flatMap((text, index) => (text === "" ? [] : [{ at: xOf(index), text }])) };
  }
  const values = points.map(({ x }) => x);
  const isTime = chart.across === "time";
  const least = isTime ? Math.min(...values) : 0;
  const most = Math.max(...values, least + 1);
  const inset = isTime ? 24 : 0;
  const xOf = (x: number): number => plot.x + inset + ((plot.width - 2 * inset) * (x - least)) / (most - least);
  const room = Math.max(2, Math.floor(plot.width / 90));
  const ticks = isTime
    ? moments(values, room).map((at) => ({ at: xOf(at), text: momentText(at, values) }))
    : roundNumbers(most, room)
        .filter((value) => value <= most)
        .map((value) => ({ at: xOf(value), text: compact.format(value) }));
  return { xOf, ticks };
}

/** The first, the last, and as many in between as there is room for: moments at which something was measured. */
function moments(values: readonly number[], room: number): number[] {
  const sorted = [...new Set(values)].sort((one, other) => one - other);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || first === last) return sorted.slice(0, 1);
  const chosen = [first];
  const least = (last - first) / room;
  for (const value of sorted)
    if (value - (chosen.at(-1) ?? first) >= least && last - value >= least) chosen.push(value);
  return [...chosen, last];
}

/** Day and month, or of what was all measured on one day the time. */
function momentText(at: number, all: readonly number[]): string {
  const isOneDay = Math.max(...all) - Math.min(...all) < 86_400_000;
  return isOneDay ? timeOf(at) : dayOf(at).slice(5);
}

interface NamesBelow {
  /** One for each name; empty: there is no room for it, and the table beside the chart has it. */
  readonly texts: readonly string[];
  readonly isSlanted: boolean;
  /** What names aslant take more than those that lie, pixels. */
  readonly deeper: number;
}

/** Lying where all of them fit whole, else aslant, and where there are too many for that not each of them. */
function namesBelow(names: readonly string[], width: number): NamesBelow {
  const bare = names.map((name) => visibleText(name.replace(/\.gguf$/i, "")));
  const longest = Math.max(0, ...bare.map(({ length }) => length));
  const slot = width / Math.max(names.length, 1);
  if (longest * CHARACTER <= slot) return { texts: bare, isSlanted: false, deeper: 0 };
  const angle = (SLANT * Math.PI) / 180;
  const down = Math.sin(angle) * CHARACTER;
  const left = Math.cos(angle) * CHARACTER;
  const most = Math.floor(SLANTED_DEPTH / down);
  const every = Math.max(1, Math.ceil(SLANTED_APART / slot));
  // The first ones must not begin left of the page.
  const room = (index: number): number => Math.min(most, Math.floor((MARGIN.left + slot * (index + 0.5)) / left));
  return {
    texts: bare.map((name, index) => (index % every === 0 ? shortened(name, room(index)) : "")),
    isSlanted: true,
    deeper: Math.ceil(Math.min(longest, most) * down) - BELOW.tick + END,
  };
}

/** Models' files differ at their ends. */
function shortened(name: string, most: number): string {
  return name.length <= most ? name : `…${name.slice(1 - most)}`;
}

/** About so many round numbers from 0 to the first that is not below the most. */
export function roundNumbers(most: number, count: number): number[] {
  const raw = most / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  const numbers: number[] = [];
  for (let index = 0; (index - 1) * step < most * 0.9999; index++) numbers.push(Number((index * step).toPrecision(6)));
  return numbers;
}
