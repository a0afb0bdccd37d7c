import type { MachineUse, Timings } from "../../engine/timings";
import type { Answered } from "./streamedAnswer";

/** When what happened, ms on one clock of this process. */
export interface AnswerTimes {
  /** Somebody began to wait. */
  readonly askedAt: number;
  readonly sentAt: number;
  /** The first text came; undefined: none has. */
  readonly firstAt: number | undefined;
  readonly lastAt: number;
}

/**
 * One answer's timings. What the server itself has measured goes before what is seen from here, where the way to the
 * server is in every time, so that no pp can be told; TTFT is always what a person waited. Tokens are the server's count,
 * or, where it gives none, the pieces that came, about a token each. The time between tokens is not told: they arrive in
 * packets.
 */
export function serverTimings({ timings: told, stats, usage, pieces }: Answered, times: AnswerTimes): Timings {
  const { askedAt, sentAt, firstAt, lastAt } = times;
  const cached = told?.cache_n ?? usage?.prompt_tokens_details?.cached_tokens ?? 0;
  const prompt_n = told?.prompt_n ?? Math.max(0, (usage?.prompt_tokens ?? 0) - cached);
  const predicted_n = told?.predicted_n ?? usage?.completion_tokens ?? pieces;
  const prompt_ms = told?.prompt_ms ?? inMs(stats?.time_to_first_token) ?? (firstAt ?? lastAt) - sentAt;
  const predicted_ms =
    told?.predicted_ms ?? inMs(stats?.generation_time) ?? (firstAt === undefined ? 0 : lastAt - firstAt);
  const ttft_ms = firstAt === undefined ? null : firstAt - askedAt;
  const rate = (tokens: number, ms: number): number | null => (tokens > 0 && ms > 0 ? (tokens * 1000) / ms : null);
  return {
    prompt_n,
    cache_n: cached,
    prompt_ms,
    prompt_per_second: told === undefined && stats === undefined ? null : rate(prompt_n, prompt_ms),
    predicted_n,
    predicted_ms,
    predicted_per_second: rate(predicted_n - 1, predicted_ms),
    draft_n: told?.draft_n ?? 0,
    draft_n_accepted: told?.draft_n_accepted ?? 0,
    queue_ms: Math.max(0, (firstAt ?? sentAt) - askedAt - (firstAt === undefined ? 0 : prompt_ms)),
    paused_ms: 0,
    ttft_ms,
    tpot_ms: predicted_n > 1 && predicted_ms > 0 ? predicted_ms / (predicted_n - 1) : null,
    itl_ms: null,
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/**
 * What is known of the machine behind a server: nothing but what it is called and how much its context holds. And whose
 * the figures are.
 */
export function serverMachine(
  { program, destination, contextSize }: { program: string; destination: string; contextSize: number | undefined },
  { timings: told, stats, usage }: Answered,
  timings: Timings,
): MachineUse {
  return {
    backend: program,
    destination,
    timedBy: told === undefined && stats === undefined ? "us" : "server",
    countedBy: told === undefined && usage?.completion_tokens === undefined ? "us" : "server",
    threads: 0,
    gpuLayers: 0,
    batchSize: 0,
    contextSize: contextSize ?? 0,
    contextUsed: timings.cache_n + timings.prompt_n + timings.predicted_n,
    rssBytes: 0,
    vramBytes: 0,
    identityKey: "",
  };
}
