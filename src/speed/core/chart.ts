/** A chart, apart from how it is drawn: the page draws it and writes the same figures into a table beside it. */
export interface ChartPoint {
  /** Where across: a number, ms since 1970, or the index of a name. */
  readonly x: number;
  readonly y: number;
  /** Half-width of what y may be off, in its unit; 0: nothing is known of it. */
  readonly error: number;
  /** What stands for x, in the table and for a screen reader. */
  readonly at: string;
}
export interface ChartSeries {
  readonly name: string;
  readonly points: readonly ChartPoint[];
}
export interface Chart {
  /** Along the bottom: numbers by their size, moments, or names one beside the other, drawn as bars. */
  readonly across: "number" | "time" | "names";
  readonly names: readonly string[];
  readonly series: readonly ChartSeries[];
  /** Series that there was no room for. */
  readonly leftOut: number;
}

/** So many are told apart by colour and form. */
export const MOST_SERIES = 6;
/** Bars beside each other that still have room for their names. */
const MOST_NAMES = 24;

/** The series with most points first, as many as can be told apart; empty ones are none. */
export function chartOf(
  across: Chart["across"],
  series: readonly ChartSeries[],
  names: readonly string[] = [],
): Chart | undefined {
  const drawn = series
    .filter(({ points }) => points.length > 0)
    .toSorted((one, other) => other.points.length - one.points.length)
    .map(({ name, points }) => ({ name, points: points.toSorted((one, other) => one.x - other.x) }));
  if (drawn.length === 0) return undefined;
  return {
    across,
    names: names.slice(0, MOST_NAMES),
    series: drawn
      .slice(0, MOST_SERIES)
      .map(({ name, points }) => ({ name, points: across === "names" ? points.slice(0, MOST_NAMES) : points })),
    leftOut: Math.max(0, drawn.length - MOST_SERIES) + Math.max(0, names.length - MOST_NAMES),
  };
}

/** "2026-03-09", where the person is. @param at ms since 1970. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join("-");
}

/** "09:05", where the person is. @param at ms since 1970. */
export function timeOf(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes()].map(twoDigits).join(":");
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
