import type { Cell, ResultColumn } from "../database";
import { numberOf, shownText, timeOf } from "./cells";

/** What of a result a chart shows. Columns by their places. */
export interface ChartPlan {
  readonly kind: "bars" | "line" | "points";
  readonly x: number;
  /** `x` holds dates or moments. */
  readonly xIsTime: boolean;
  /** One or more, all with numbers. */
  readonly ys: readonly number[];
}

export interface ChartData {
  readonly plan: ChartPlan;
  /** Of bars their places from 0, of a line seconds since 1970, of points their values. */
  readonly xs: readonly number[];
  /** One for each of `ys`; null: no value there. */
  readonly series: readonly (readonly (number | null)[])[];
  /** Of bars: what each stands for. */
  readonly labels: readonly string[];
  /** Rows that are not shown, since there are too many or they have no values. */
  readonly omitted: number;
}

const mostSeries = 4;
/** More could not be told apart. */
const mostBars = 60;
const mostPoints = 20_000;
/** Rows that the suggestion looks at. */
const looked = 1000;
/** Values that may be missing for a column to count as what it is. */
const leastShare = 0.8;

type Role = "number" | "time" | "category" | "none";

/** @returns undefined: its shape suggests none. */
export function suggestChart(
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
): ChartPlan | undefined {
  if (rows.length < 2) return undefined;
  const seen = rows.slice(0, looked);
  const roles = columns.map((column, index) => roleOf(column, index, seen));
  const places = (role: Role): number[] => roles.flatMap((own, index) => (own === role ? [index] : []));
  // Keys are numbers too, but nobody wants to see them drawn.
  const measures = places("number").filter((index) => !isKey(columns[index]));
  const ys = measures.slice(0, mostSeries);
  const [time] = places("time");
  if (time !== undefined && ys.length > 0) return { kind: "line", x: time, xIsTime: true, ys };
  const [category] = places("category");
  if (category !== undefined && ys.length > 0) return { kind: "bars", x: category, xIsTime: false, ys };
  const [year] = measures.filter((index) => isYear(columns[index], index, seen));
  const others = measures.filter((index) => index !== year).slice(0, mostSeries);
  if (year !== undefined && others.length > 0) return { kind: "line", x: year, xIsTime: false, ys: others };
  const [x, y] = measures;
  return x !== undefined && y !== undefined ? { kind: "points", x, xIsTime: false, ys: [y] } : undefined;
}

function isKey(column: ResultColumn | undefined): boolean {
  if (column?.kind !== "integer") return false;
  return /(?:^|_)id$|^(?:rowid|uuid)$/i.test(column.name) || /[a-z]I[dD]$/.test(column.name);
}

function isYear(column: ResultColumn | undefined, index: number, rows: readonly (readonly Cell[])[]): boolean {
  return (
    column !== undefined &&
    /year|jahr|année|año/i.test(column.name) &&
    rows.every((row) => {
      const value = row[index];
      return value === null || (typeof value === "number" && Number.isInteger(value) && value > 0 && value < 3000);
    })
  );
}

function roleOf({ kind }: ResultColumn, index: number, rows: readonly (readonly Cell[])[]): Role {
  const cells = rows.map((row) => row[index] ?? null).filter((cell) => cell !== null);
  if (cells.length < Math.max(2, rows.length * leastShare)) return "none";
  const share = (test: (cell: Cell) => boolean): number => cells.filter(test).length / cells.length;
  if (share((cell) => numberOf(cell) !== undefined) === 1) return "number";
  if (
    kind !== "time" &&
    share((cell) => typeof cell === "string" && timeOf(cell) !== undefined && cell.includes("-")) === 1
  )
    return "time";
  const isCategory = kind !== "blob" && kind !== "json";
  return isCategory && share((cell) => typeof cell === "string" || typeof cell === "boolean") === 1
    ? "category"
    : "none";
}

/** @param order the rows that are shown, in their order. */
export function chartData(plan: ChartPlan, rows: readonly (readonly Cell[])[], order: Uint32Array): ChartData {
  const at = (row: number, column: number): Cell => rows[row]?.[column] ?? null;
  const value = (row: number, column: number): number | null => {
    const number = numberOf(at(row, column));
    return number !== undefined && Number.isFinite(number) ? number : null;
  };
  const shown = [...order].filter((row) => plan.ys.some((column) => value(row, column) !== null));
  const series = (chosen: readonly number[]) => plan.ys.map((column) => chosen.map((row) => value(row, column)));
  if (plan.kind === "bars") {
    const chosen = shown.slice(0, mostBars);
    return {
      plan,
      xs: chosen.map((_, index) => index),
      series: series(chosen),
      labels: chosen.map((row) => shownText(at(row, plan.x))),
      omitted: order.length - chosen.length,
    };
  }
  const across = (row: number): number | undefined => {
    const cell = at(row, plan.x);
    const time = typeof cell === "string" ? timeOf(cell) : undefined;
    return time === undefined ? (value(row, plan.x) ?? undefined) : time / 1000;
  };
  const placed = shown.flatMap((row) => {
    const x = across(row);
    return x === undefined ? [] : [{ row, x }];
  });
  // Evenly thinned out: what is drawn then still has the shape of the whole.
  const step = Math.ceil(placed.length / mostPoints);
  const chosen = step > 1 ? placed.filter((_, index) => index % step === 0) : placed;
  chosen.sort((one, other) => one.x - other.x);
  return {
    plan,
    xs: chosen.map(({ x }) => x),
    series: series(chosen.map(({ row }) => row)),
    labels: [],
    omitted: order.length - chosen.length,
  };
}

/** The least and the most of one series, and where; undefined: it has no value. */
export function extremes(
  { xs, series }: ChartData,
  index: number,
): { readonly least: Extreme; readonly most: Extreme } | undefined {
  let least: Extreme | undefined;
  let most: Extreme | undefined;
  for (const [place, value] of (series[index] ?? []).entries()) {
    if (value === null) continue;
    const here = { place, x: xs[place] ?? 0, value };
    if (least === undefined || value < least.value) least = here;
    if (most === undefined || value > most.value) most = here;
  }
  return least === undefined || most === undefined ? undefined : { least, most };
}

export interface Extreme {
  readonly place: number;
  readonly x: number;
  readonly value: number;
}
