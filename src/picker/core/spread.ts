import { type Figure, figure } from "./figure";

/** Student's t for the half-width of a 95% interval, by degrees of freedom from 1. */
const T95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];
/** A rate that was measured once may be off by this share: what tools differ by from themselves on a shared machine. */
const SINGLE_ERROR = 0.08;

/** The median of repeated measurements; undefined where there are none that can be. */
export function measuredRate(rates: readonly number[]): Figure | undefined {
  const usable = rates.filter((rate) => Number.isFinite(rate) && rate > 0).sort((one, other) => one - other);
  const count = usable.length;
  const [first] = usable;
  if (first === undefined) return undefined;
  const middle = ((usable[Math.floor((count - 1) / 2)] ?? first) + (usable[Math.floor(count / 2)] ?? first)) / 2;
  if (count === 1) return figure(middle, "measured", SINGLE_ERROR * middle);
  const mean = usable.reduce((sum, rate) => sum + rate, 0) / count;
  const variance = usable.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (count - 1);
  return figure(middle, "measured", (T95[count - 2] ?? 2) * Math.sqrt(variance / count));
}
