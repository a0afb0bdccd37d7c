import * as v from "valibot";

/**
 * How a model is computed with, beside what the person's settings say: found by measurement ("Tune") or asked for by a
 * benchmark. What is absent is as the product has it by default. The binding ties the micro-batch to the batch.
 */
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What the KV cache can be kept in; below F16 it costs quality, which is measured before it is offered. */
export const kvCacheTypes = ["F16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"] as const;
export type KvCacheType = (typeof kvCacheTypes)[number];

/** Tokens guessed at once; longer guesses seldom come true. */
export const lookupTokensSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16));

export const engineTuningSchema = v.object({
  threads: v.optional(v.pipe(positive, v.maxValue(512))),
  /** Threads of the process's pool (UV_THREADPOOL_SIZE); absent: 1. */
  poolThreads: v.optional(v.pipe(positive, v.maxValue(64))),
  batchSize: v.optional(v.pipe(positive, v.maxValue(16_384))),
  flashAttention: v.optional(v.boolean()),
  kvCacheKeyType: v.optional(v.picklist(kvCacheTypes)),
  /** Below F16 only with flash attention. */
  kvCacheValueType: v.optional(v.picklist(kvCacheTypes)),
  gpuLayers: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  useMmap: v.optional(v.boolean()),
  useMlock: v.optional(v.boolean()),
  /** Speculation from the prompt's own text: tokens guessed at once; absent or 0: none. */
  lookupTokens: v.optional(lookupTokensSchema),
});
export type EngineTuning = v.InferOutput<typeof engineTuningSchema>;

/** What of it belongs to a context. */
export type ContextTuning = Pick<
  EngineTuning,
  "threads" | "batchSize" | "flashAttention" | "kvCacheKeyType" | "kvCacheValueType"
>;

/** Only those of its settings that are there, as a context is asked for. */
export function contextTuning(tuning: EngineTuning): ContextTuning {
  const { threads, batchSize, flashAttention, kvCacheKeyType, kvCacheValueType } = tuning;
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(flashAttention === undefined ? {} : { flashAttention }),
    ...(kvCacheKeyType === undefined ? {} : { kvCacheKeyType }),
    ...(kvCacheValueType === undefined ? {} : { kvCacheValueType }),
  };
}

/** As contextTuning, of what belongs to the model. */
export function modelTuning({ gpuLayers, useMmap, useMlock }: EngineTuning): ModelTuning {
  return {
    ...(gpuLayers === undefined ? {} : { gpuLayers }),
    ...(useMmap === undefined ? {} : { useMmap }),
    ...(useMlock === undefined ? {} : { useMlock }),
  };
}
export type ModelTuning = Pick<EngineTuning, "gpuLayers" | "useMmap" | "useMlock">;
