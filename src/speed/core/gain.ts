import { mean, standardDeviation, student } from "./statistics";

/** How many times as fast one setting is as another, from pairs measured one right after the other. */
export interface Gain {
  /** Above 1: faster. */
  readonly ratio: number;
  /** The 95% interval; 0 and Infinity for fewer than two pairs. */
  readonly low: number;
  readonly high: number;
  readonly pairs: number;
}

/**
 * Of pairs, because a machine that gets slower meanwhile makes both slower.
 * @param usual seconds of the setting compared with, @param tried of the other, each pair at the same place.
 * @param width multiplies the interval's half-width: who looks more than once asks for more.
 */
export function gainOf(usual: readonly number[], tried: readonly number[], width = 1): Gain {
  const logs = usual.flatMap((seconds, index) => {
    const other = tried[index];
    return other === undefined ? [] : [Math.log(seconds / other)];
  });
  const middle = mean(logs);
  const half =
    logs.length < 2 ? Infinity : (width * student(logs.length - 1) * standardDeviation(logs)) / Math.sqrt(logs.length);
  return { ratio: Math.exp(middle), low: Math.exp(middle - half), high: Math.exp(middle + half), pairs: logs.length };
}
