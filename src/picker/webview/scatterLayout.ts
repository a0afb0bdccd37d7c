import type { Tick } from "../../ui/axes";
import type { PickerView, RowView } from "../core/pickerContract";
import { type Box, linearScale, linearTicks, logScale, logTicks, overlaps } from "./scales";

export type Across = "speed" | "memory";

export interface Point {
  readonly row: RowView;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** What the value may be off by, on the page; undefined: not drawn. */
  readonly spanX: readonly [number, number] | undefined;
  readonly spanY: readonly [number, number] | undefined;
  readonly label:
    | { readonly text: string; readonly x: number; readonly y: number; readonly anchor: "start" | "middle" | "end" }
    | undefined;
}
export interface ScatterLayout {
  readonly width: number;
  readonly height: number;
  readonly plot: Box;
  readonly points: readonly Point[];
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  /** The front in the two dimensions that are drawn. */
  readonly line: readonly { readonly x: number; readonly y: number }[];
}

const GIB = 1024 ** 3;
const MARGIN = { left: 62, right: 18, top: 12, bottom: 40 } as const;
/** Of a character of a label, about. */
const CHARACTER = 6.4;
const LABEL_HEIGHT = 14;

/** Speeds where they are known; else there is only memory to draw along. */
export function hasSpeeds(rows: PickerView["rows"]): boolean {
  return rows.some(({ tg, kld }) => tg !== null && kld !== null);
}

/** Undefined where there is nothing to draw. */
export function scatterLayout(
  rows: PickerView["rows"],
  across: Across,
  width: number,
  height: number,
): ScatterLayout | undefined {
  const shown = rows.flatMap((row) => {
    const place = across === "speed" ? row.tg?.value : row.memory && row.memory.total.value / GIB;
    if (place === undefined || place === null || row.kld === null || row.kld.value <= 0) return [];
    return row.fit?.place === "none" ? [] : [{ row, x: place, y: row.kld.value }];
  });
  if (shown.length === 0) return undefined;
  const plot = {
    x: MARGIN.left,
    y: MARGIN.top,
    width: width - MARGIN.left - MARGIN.right,
    height: height - MARGIN.top - MARGIN.bottom,
  };
  const most = 1.12 * Math.max(...shown.map(({ x }) => x));
  const worst = 2 * Math.max(...shown.map(({ y }) => y));
  const best = Math.max(Math.min(...shown.map(({ y }) => y)) / 2, worst / 1e6);
  const x = linearScale(most, plot.x, plot.x + plot.width);
  const y = logScale(best, worst, plot.y, plot.y + plot.height);
  const largest = Math.max(...shown.map(({ row }) => row.memory?.total.value ?? 0), 1);
  const taken: Box[] = [];
  const placed = shown.map((one) => ({
    ...one,
    px: x(one.x),
    py: y(one.y),
    radius: 4 + 5 * Math.sqrt((one.row.memory?.total.value ?? 0) / largest),
  }));
  const spanOf = ({ tg }: RowView): Point["spanX"] =>
    across === "memory" || tg?.error == null
      ? undefined
      : [x(Math.max(0, tg.value - tg.error)), x(Math.min(most, tg.value + tg.error))];
  for (const { row, px, py, radius } of placed) {
    taken.push({ x: px - radius, y: py - radius, width: 2 * radius, height: 2 * radius });
    const [from, to] = spanOf(row) ?? [px, px];
    taken.push({ x: from, y: py - 1, width: to - from, height: 2 });
  }
  const points = placed.map(({ row, px, py, radius }): Point => {
    return {
      row,
      x: px,
      y: py,
      radius,
      spanX: spanOf(row),
      // What is estimated is right to a factor that all files of a model share: no bar of its own.
      spanY:
        row.kld?.error == null || row.kld.how === "estimated"
          ? undefined
          : [y(Math.max(best, row.kld.value - row.kld.error)), y(Math.min(worst, row.kld.value + row.kld.error))],
      label: placeLabel(row.quantization ?? row.name, px, py, radius, plot, taken),
    };
  });
  return {
    width,
    height,
    plot,
    points,
    xTicks: linearTicks(most, Math.max(2, Math.floor(plot.width / 90))).map((tick) => ({
      at: x(tick),
      text: String(tick),
    })),
    yTicks: logTicks(best, worst).map((tick) => ({ at: y(tick), text: String(tick) })),
    line: frontLine(points, across),
  };
}

/** Above the point, beside it or below; none where all is taken, since the point says its name when it is reached. */
function placeLabel(name: string, px: number, py: number, radius: number, plot: Box, taken: Box[]): Point["label"] {
  const text = name.length > 18 ? `${name.slice(0, 17)}…` : name;
  const width = CHARACTER * text.length;
  const gap = radius + 5;
  const above = py - gap - LABEL_HEIGHT / 2;
  const below = py + gap + LABEL_HEIGHT / 2;
  const places = [
    { anchor: "start", x: px + gap, middle: py },
    { anchor: "middle", x: px, middle: above },
    { anchor: "start", x: px + 4, middle: above },
    { anchor: "middle", x: px, middle: below },
    { anchor: "end", x: px - gap, middle: py },
    { anchor: "end", x: px - 4, middle: below },
    { anchor: "start", x: px + 4, middle: below },
  ] as const;
  for (const { anchor, x, middle } of places) {
    const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
    const box = { x: left, y: middle - LABEL_HEIGHT / 2, width, height: LABEL_HEIGHT };
    const isInside =
      left >= plot.x &&
      left + width <= plot.x + plot.width + MARGIN.right &&
      box.y >= plot.y - MARGIN.top &&
      box.y + LABEL_HEIGHT <= plot.y + plot.height;
    if (!isInside || taken.some((other) => overlaps(box, other))) continue;
    taken.push(box);
    return { text, x, y: middle + 4, anchor };
  }
  return undefined;
}

/** From the best quality on: each next point is better along the other axis. */
function frontLine(points: readonly Point[], across: Across): { x: number; y: number }[] {
  const isBetter = (one: number, other: number): boolean => (across === "speed" ? one > other : one < other);
  const line: { x: number; y: number }[] = [];
  for (const { x, y } of [...points].sort((one, other) => one.y - other.y)) {
    const last = line.at(-1);
    if (last === undefined || isBetter(x, last.x)) line.push({ x, y });
  }
  return line;
}
