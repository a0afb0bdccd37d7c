import { type Asked, type Candidate, evidenceOf } from "./evidence";
import { resultKey } from "./sameResult";

/**
 * How much each piece of evidence counts, in units of log probability: the listwise maximum-likelihood fit over the
 * answers of the starter on half of the development set's databases. None of them knows a name of a database.
 */
export const weights: Readonly<Record<string, number>> = { logProbability: 1 };

export interface Ranked<C extends Candidate> {
  readonly candidate: C;
  /** Of all that is likely to be asked for, the share that has this result, 0 to 1. */
  readonly share: number;
  /** How many of the answers have this result. */
  readonly agreeing: number;
}

/**
 * The answer whose result has most behind it: answers with the same result are one, and of them the most likely is
 * taken. Those that were not run stand for themselves.
 * @param candidates at least one.
 */
export function elect<C extends Candidate & { readonly ordered: boolean }>(
  candidates: readonly [C, ...C[]],
  asked: Asked,
  how: { readonly weighed: boolean; readonly voted: boolean },
): Ranked<C> {
  const scores = candidates.map((candidate) => (how.weighed ? score(candidate, asked) : candidate.logProbability));
  const most = Math.max(...scores);
  const masses = scores.map((one) => Math.exp(one - most));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  const groups = new Map<string, { mass: number; best: number; size: number }>();
  for (const [index, candidate] of candidates.entries()) {
    const { result } = candidate;
    const key = !how.voted || result === undefined ? `#${index}` : resultKey(result, candidate.ordered);
    const group = groups.get(key) ?? { mass: 0, best: index, size: 0 };
    groups.set(key, {
      mass: group.mass + (masses[index] ?? 0),
      best: (scores[index] ?? 0) > (scores[group.best] ?? 0) ? index : group.best,
      size: group.size + 1,
    });
  }
  const [winner] = [...groups.values()].toSorted((a, b) => b.mass - a.mass);
  return {
    candidate: candidates[winner?.best ?? 0] ?? candidates[0],
    share: (winner?.mass ?? 0) / total,
    agreeing: winner?.size ?? 0,
  };
}

function score(candidate: Candidate, asked: Asked): number {
  const evidence = evidenceOf(candidate, asked);
  return Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * (evidence[name] ?? 0), 0);
}
