import { areDistinct } from "./figure";
import { allUsableMemory, type Machine } from "./machine";
import { dominates } from "./pareto";
import { qualitiesDiffer } from "./quality";
import type { Verdict } from "./verdict";

/** What the person sets; undefined: no limit. */
export interface Limits {
  /** Text generation, tokens/s. */
  readonly leastTg: number | undefined;
  /** Tokens of context that must fit. */
  readonly leastContext: number | undefined;
  /** At the context size that the figures are for, bytes. */
  readonly mostMemoryBytes: number | undefined;
}
export const noLimits: Limits = { leastTg: undefined, leastContext: undefined, mostMemoryBytes: undefined };

/** How a file misses what is wanted. `has` undefined: nobody knows, as a speed before the machine is calibrated. */
export interface Miss {
  readonly what: "machine" | "memory" | "context" | "speed";
  readonly has: number | undefined;
  readonly wanted: number;
}

/**
 * Why a file is chosen. "close": its answers are close to the original's, and of those files it is the fastest, or the
 * smallest where speeds are not known. "best": of the files that keep the limits it has the best quality.
 */
export type Reason = "close and fastest" | "close and smallest" | "best" | "only";

export type Recommendation =
  | {
      readonly kind: "choice";
      readonly choice: Verdict;
      readonly reason: Reason;
      /** Cannot be told apart from the choice in quality and speed; the choice takes less memory. */
      readonly equal: Verdict | undefined;
    }
  /** Nothing keeps the limits; `closest` misses them by the least. */
  | { readonly kind: "none"; readonly closest: { readonly verdict: Verdict; readonly misses: readonly Miss[] } }
  /** There is nothing whose memory and quality are known. */
  | { readonly kind: "unknown" };

/**
 * Nats. Below it about 95 of 100 top tokens are the original's; what is gained beyond costs memory and speed and is hard
 * to notice. Q5_K_M of Llama 3 8B stands here.
 */
export const CLOSE_KLD = 0.011;

/** @param verdicts of builds of one model. */
export function recommend(verdicts: readonly Verdict[], limits: Limits, machine: Machine): Recommendation {
  const known = verdicts.filter(({ fit, quality }) => fit !== undefined && quality !== undefined);
  if (known.length === 0) return { kind: "unknown" };
  const judged = known.map((verdict) => ({ verdict, misses: missesOf(verdict, limits, machine) }));
  const eligible = judged.filter(({ misses }) => misses.length === 0).map(({ verdict }) => verdict);
  if (eligible.length === 0) {
    const [closest] = judged.sort((one, other) => shortfall(one.misses) - shortfall(other.misses));
    return closest === undefined ? { kind: "unknown" } : { kind: "none", closest };
  }
  const front = eligible.filter((verdict) => !eligible.some((other) => dominates(other, verdict)));
  const { best, reason } = bestOf(front, limits);
  if (best === undefined) return { kind: "unknown" };
  const equal = front
    .filter((other) => other !== best && !canBeToldApart(best, other))
    .filter((other) => reason === "best" || kldOf(other) <= CLOSE_KLD)
    .sort((one, other) => memoryOf(one) - memoryOf(other))[0];
  const only = eligible.length === 1 ? "only" : reason;
  if (equal === undefined) return { kind: "choice", choice: best, reason: only, equal };
  const [choice, other] = memoryOf(equal) < memoryOf(best) ? [equal, best] : [best, equal];
  return { kind: "choice", choice, reason, equal: other };
}

/** What a verdict misses of the machine and the limits; empty: it keeps them all. */
export function missesOf(verdict: Verdict, limits: Limits, machine: Machine): Miss[] {
  const misses: Miss[] = [];
  const { fit, totalMemory, speed } = verdict;
  const { leastTg, leastContext, mostMemoryBytes } = limits;
  if (fit === undefined || fit.place === "none")
    misses.push({
      what: "machine",
      has: totalMemory?.value,
      wanted: allUsableMemory(machine),
    });
  if (mostMemoryBytes !== undefined && !((totalMemory?.value ?? Infinity) <= mostMemoryBytes))
    misses.push({ what: "memory", has: totalMemory?.value, wanted: mostMemoryBytes });
  if (leastContext !== undefined && (fit?.largestContext ?? 0) < leastContext)
    misses.push({ what: "context", has: fit?.largestContext, wanted: leastContext });
  if (leastTg !== undefined && !((speed?.tg.value ?? 0) >= leastTg))
    misses.push({ what: "speed", has: speed?.tg.value, wanted: leastTg });
  return misses;
}

/** How far off, each miss counted by its ratio, so that GiB and tokens/s can be added. */
function shortfall(misses: readonly Miss[]): number {
  const ratios = misses.map(({ has, wanted }) =>
    has === undefined || has <= 0 || wanted <= 0 ? 10 : Math.abs(Math.log(has / wanted)),
  );
  return ratios.reduce((sum, ratio) => sum + ratio, 0);
}

/** @param front eligible verdicts that nothing eligible is better than. */
function bestOf(front: readonly Verdict[], limits: Limits): { best: Verdict | undefined; reason: Reason } {
  const byQuality = [...front].sort((one, other) => kldOf(one) - kldOf(other));
  const close = byQuality.filter((verdict) => kldOf(verdict) <= CLOSE_KLD);
  // Whoever says what speed is enough wants all else in quality.
  if (limits.leastTg !== undefined || close.length === 0) return { best: byQuality[0], reason: "best" };
  const areSpeedsKnown = close.every(({ speed }) => speed !== undefined);
  const cost = (verdict: Verdict): number => (areSpeedsKnown ? -(verdict.speed?.tg.value ?? 0) : memoryOf(verdict));
  return {
    best: close.sort((one, other) => cost(one) - cost(other))[0],
    reason: areSpeedsKnown ? "close and fastest" : "close and smallest",
  };
}

/** In quality or speed, by more than the figures may be off. */
function canBeToldApart(one: Verdict, other: Verdict): boolean {
  if (one.quality !== undefined && other.quality !== undefined && qualitiesDiffer(one.quality, other.quality))
    return true;
  return one.speed !== undefined && other.speed !== undefined && areDistinct(one.speed.tg, other.speed.tg);
}

function kldOf({ quality }: Verdict): number {
  return quality?.kld.value ?? Infinity;
}
function memoryOf({ totalMemory }: Verdict): number {
  return totalMemory?.value ?? Infinity;
}
