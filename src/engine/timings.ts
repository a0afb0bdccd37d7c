import * as v from "valibot";

/**
 * The one timing record of the product, in the field's terms (llama-server's `timings`, llama-bench's pp and tg).
 * It is made in one place, where the tokens are made (engine/process), and everything that shows a speed reads it.
 *
 * All times are milliseconds on the engine's monotonic clock.
 * - prompt_ms: from the start of prompt processing to the first token sampled; waiting in a queue is not in it.
 * - predicted_ms: from the first token to the last; so tg = (predicted_n - 1) / predicted_ms.
 * - ttft_ms: from when a person asked to the first token: storing the question, loading the model, counting what fits,
 *   queue and pauses included. For work that no person waits for, from the request for the job (its model loaded).
 */
export const timingsSchema = v.object({
  /** Prompt tokens processed for this request (not those found in the KV cache). */
  prompt_n: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Prompt tokens found in the KV cache. */
  cache_n: v.pipe(v.number(), v.integer(), v.minValue(0)),
  prompt_ms: v.pipe(v.number(), v.minValue(0)),
  /** Prompt processing (pp), tokens/s; null when nothing was processed. */
  prompt_per_second: v.nullable(v.number()),
  predicted_n: v.pipe(v.number(), v.integer(), v.minValue(0)),
  predicted_ms: v.pipe(v.number(), v.minValue(0)),
  /** Text generation (tg), tokens/s; null with fewer than two tokens. */
  predicted_per_second: v.nullable(v.number()),
  /** Speculated tokens offered and accepted; 0 without speculation. */
  draft_n: v.pipe(v.number(), v.integer(), v.minValue(0)),
  draft_n_accepted: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Waiting before the first prompt slice ran: for all that TTFT counts before it. */
  queue_ms: v.pipe(v.number(), v.minValue(0)),
  /** Time spent paused for work of higher priority; in no other figure but ttft_ms. */
  paused_ms: v.pipe(v.number(), v.minValue(0)),
  /** Time to first token; null when none came. */
  ttft_ms: v.nullable(v.number()),
  /** Time per output token after the first: predicted_ms / (predicted_n - 1). */
  tpot_ms: v.nullable(v.number()),
  /** Inter-token latency percentiles; null with fewer than two tokens. */
  itl_ms: v.nullable(v.object({ p50: v.number(), p95: v.number(), p99: v.number() })),
  /** Of predicted_n and predicted_ms, what the model's reasoning took; absent where it did not reason. */
  reasoning_n: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  reasoning_ms: v.optional(v.pipe(v.number(), v.minValue(0))),
});
export type Timings = v.InferOutput<typeof timingsSchema>;

/** What ran the request: enough to explain a figure and to reproduce it. Of what runs elsewhere most is not known: 0. */
export const machineUseSchema = v.object({
  /** llama.cpp's backend, or the program that ran it elsewhere. */
  backend: v.string(),
  /** Where the text went, for people; absent: nowhere. */
  destination: v.optional(v.string()),
  /** Of what ran elsewhere: who has measured the times, and counted the tokens. Absent: ran here, or an earlier version's. */
  timedBy: v.optional(v.picklist(["server", "us"])),
  countedBy: v.optional(v.picklist(["server", "us"])),
  /** CPU threads used for evaluation. */
  threads: v.pipe(v.number(), v.integer(), v.minValue(0)),
  gpuLayers: v.pipe(v.number(), v.integer(), v.minValue(0)),
  batchSize: v.pipe(v.number(), v.integer(), v.minValue(0)),
  contextSize: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Tokens in the sequence when the request ended. */
  contextUsed: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Resident memory of the engine process, bytes. */
  rssBytes: v.pipe(v.number(), v.minValue(0)),
  vramBytes: v.pipe(v.number(), v.minValue(0)),
  /** The key of the context's identity (engine/identity). */
  identityKey: v.string(),
});
export type MachineUse = v.InferOutput<typeof machineUseSchema>;
