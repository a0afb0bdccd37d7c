import type { EngineTuning } from "../../engine/tuning";

/** What is searched, one after the other, in the order of what it usually gains. */
export const tuneAxes = ["threads", "nearThreads", "poolThreads", "batchSize", "flashAttention", "memory"] as const;
export type TuneAxis = (typeof tuneAxes)[number];

/** What the search must know of the machine and of how the product computes with no tuning at all. */
export interface TuneMachine {
  /** That the system can use, hyperthreads included. */
  readonly cores: number;
  /** As the model's context was made by default. */
  readonly threads: number;
  readonly batchSize: number;
  /** Of the trials' prompts: larger batches would never be full. */
  readonly promptTokens: number;
  /** Whether all layers are on a GPU: how the CPU reads memory matters little there. */
  readonly onGpu: boolean;
}

const BATCHES = [128, 256, 512, 1024, 2048];
/** More cores than these are not tried one by one. */
const FEW_CORES = 4;

/** Settings to try on an axis, each the best so far with one thing changed; none that are the best itself. */
export function challengers(axis: TuneAxis, best: EngineTuning, machine: TuneMachine): EngineTuning[] {
  switch (axis) {
    case "threads":
      return threadCounts(machine).map((threads) => ({ ...best, threads }));
    case "nearThreads": {
      const now = best.threads ?? machine.threads;
      const known = new Set([...threadCounts(machine), machine.threads]);
      return [now - 2, now - 1, now + 1, now + 2]
        .filter((threads) => threads >= 1 && threads <= machine.cores && !known.has(threads))
        .map((threads) => ({ ...best, threads }));
    }
    case "poolThreads":
      return [...new Set([2, Math.min(4, machine.cores)])].map((poolThreads) => ({ ...best, poolThreads }));
    case "batchSize":
      return BATCHES.filter((size) => size !== machine.batchSize && size <= machine.promptTokens).map((batchSize) => ({
        ...best,
        batchSize,
      }));
    case "flashAttention":
      // Which of the two is the default is the binding's to say, and depends on the model.
      return [true, false].map((flashAttention) => ({ ...best, flashAttention }));
    case "memory":
      return machine.onGpu
        ? []
        : [
            { ...best, useMmap: true },
            { ...best, useMlock: true },
          ];
  }
}

/** All, three quarters, a half and a quarter of the cores; each number where there are few. */
function threadCounts({ cores, threads }: TuneMachine): number[] {
  const counts =
    cores <= FEW_CORES
      ? Array.from({ length: cores }, (_, index) => cores - index)
      : [1, 0.75, 0.5, 0.25].map((share) => Math.max(1, Math.round(cores * share)));
  return [...new Set(counts)].filter((count) => count !== threads);
}

/** Whether two tunings are the same, whatever order their fields stand in. */
export function sameTuning(one: EngineTuning, other: EngineTuning): boolean {
  return tuningKey(one) === tuningKey(other);
}

/** The settings as one text, "threads=4 batchSize=256"; empty: all as the product has them. */
export function tuningKey(tuning: EngineTuning): string {
  return Object.entries(tuning)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .sort()
    .join(" ");
}
