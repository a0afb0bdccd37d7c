import type { MachineUse, Timings } from "../../engine/timings";

/** When what happened, ms on one clock of this process. */
export interface ForeignTimes {
  /** Somebody began to wait. */
  readonly askedAt: number;
  readonly sentAt: number;
  /** The first text came; undefined: none has. */
  readonly firstAt: number | undefined;
  readonly lastAt: number;
}

/**
 * What can be seen from here of an answer by another extension's model: when its pieces came, with tokens counted by
 * that extension. What the way to it takes is in every time, so no pp is told; pieces are no tokens, so no ITL is.
 */
export function foreignTimings(
  prompt_n: number,
  predicted_n: number,
  { askedAt, sentAt, firstAt, lastAt }: ForeignTimes,
): Timings {
  const predicted_ms = firstAt === undefined ? 0 : lastAt - firstAt;
  const measured = predicted_n > 1 && predicted_ms > 0;
  return {
    prompt_n,
    cache_n: 0,
    prompt_ms: (firstAt ?? lastAt) - sentAt,
    prompt_per_second: null,
    predicted_n,
    predicted_ms,
    predicted_per_second: measured ? ((predicted_n - 1) * 1000) / predicted_ms : null,
    draft_n: 0,
    draft_n_accepted: 0,
    queue_ms: sentAt - askedAt,
    paused_ms: 0,
    ttft_ms: firstAt === undefined ? null : firstAt - askedAt,
    tpot_ms: measured ? predicted_ms / (predicted_n - 1) : null,
    itl_ms: null,
  };
}

/** Nothing is known of the machine behind such a model but what it is called and how much it takes. */
export function foreignMachine(
  { vendor, destination, contextSize }: { vendor: string; destination: string | undefined; contextSize: number },
  { prompt_n, predicted_n }: Timings,
): MachineUse {
  return {
    backend: vendor,
    ...(destination === undefined ? {} : { destination }),
    timedBy: "us",
    countedBy: "server",
    threads: 0,
    gpuLayers: 0,
    batchSize: 0,
    contextSize,
    contextUsed: prompt_n + predicted_n,
    rssBytes: 0,
    vramBytes: 0,
    identityKey: "",
  };
}
