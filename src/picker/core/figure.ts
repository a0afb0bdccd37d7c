/**
 * How a figure is known. "estimated": from what is known of other models and machines. "calibrated": computed from
 * measurements of this machine. "measured": this very file was measured on this machine.
 */
export type FigureSource = "estimated" | "calibrated" | "measured";

/** A number that says how it is known and how far it may be off. */
export interface Figure {
  readonly value: number;
  readonly how: FigureSource;
  /** Half-width of the range that holds the truth in about 19 of 20 cases, in the value's unit; undefined: unknown. */
  readonly error: number | undefined;
}

export function figure(value: number, how: FigureSource, error?: number): Figure {
  return { value, how, error: error === undefined ? undefined : Math.abs(error) };
}

/** Surest first. */
const trust: readonly FigureSource[] = ["measured", "calibrated", "estimated"];

/** What a figure made of several is worth: the least sure of them. */
export function leastSure(...sources: readonly FigureSource[]): FigureSource {
  return trust[Math.max(0, ...sources.map((source) => trust.indexOf(source)))] ?? "estimated";
}

/**
 * The same figure in another unit.
 * @param factor what one of the old unit is in the new one.
 */
export function scaled(of: Figure, factor: number): Figure {
  return { ...of, value: of.value * factor, error: of.error === undefined ? undefined : Math.abs(of.error * factor) };
}

/** The least and the most that the value may be; the value itself where its error is unknown. */
export function range({ value, error }: Figure): { readonly least: number; readonly most: number } {
  const half = error ?? 0;
  return { least: value - half, most: value + half };
}

/**
 * Whether two figures can be told apart: whether their difference is larger than what both may be off together, as
 * independent errors add up. Figures whose error is unknown never can.
 */
export function areDistinct(one: Figure, other: Figure): boolean {
  if (one.error === undefined || other.error === undefined) return false;
  return Math.abs(one.value - other.value) > Math.hypot(one.error, other.error);
}
