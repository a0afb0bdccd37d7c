import { type Asked, type Candidate, type Evidence, evidenceOf } from "./evidence";
import { resultKey } from "./sameResult";

/**
 * How much each piece of evidence counts, in units of log probability: the listwise maximum-likelihood fit over the
 * answers of the starter to questions on half of the development set's databases. Nothing in it knows a name of a
 * database, so it holds for others; what it gives on the other half is in docs/ARCHITECTURE.md.
 */
const weights: Readonly<Record<keyof Evidence, number>> = {
  logProbability: 0.85,
  empty: -2.6,
  uncovered: -4,
  unasked: -0.1,
  unaskedSelected: -1.4,
  missedNumbers: -0.9,
  noCount: -1.7,
  noAverage: -2.5,
  noNegation: -1.9,
  negation: -0.9,
  distinct: -0.6,
  wrongComparison: -2.1,
  compound: -2,
  nested: 0.5,
  oddAggregates: -1.5,
  oddMembership: -2.5,
  comparedKeys: -1,
};
const evidenceNames = Object.keys(weights) as (keyof Evidence)[];

export interface Ranked<C extends Candidate> {
  readonly candidate: C;
  /** How probable it is that the model, were it to answer once more at random, gives this result, 0 to 1: at least. */
  readonly probability: number;
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
  const groups = new Map<string, { mass: number; best: number; probability: number }>();
  for (const [index, candidate] of candidates.entries()) {
    const { result } = candidate;
    const key = !how.voted || result === undefined ? `#${index}` : resultKey(result, candidate.ordered);
    const group = groups.get(key) ?? { mass: 0, best: index, probability: 0 };
    groups.set(key, {
      mass: group.mass + (masses[index] ?? 0),
      best: (scores[index] ?? 0) > (scores[group.best] ?? 0) ? index : group.best,
      probability: group.probability + Math.exp(candidate.logProbability),
    });
  }
  const [winner] = [...groups.values()].toSorted((a, b) => b.mass - a.mass);
  return {
    candidate: candidates[winner?.best ?? 0] ?? candidates[0],
    probability: winner?.probability ?? 0,
  };
}

function score(candidate: Candidate, asked: Asked): number {
  const evidence = evidenceOf(candidate, asked);
  return evidenceNames.reduce((sum, name) => sum + weights[name] * evidence[name], 0);
}
