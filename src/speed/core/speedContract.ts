import * as v from "valibot";
import { kvCacheTypes } from "../../engine/tuning";
import type { Contract } from "../../platform/core/rpc";

/**
 * What the speed panel's page may ask of the host, and what the host tells it. The host owns the data: each view is all
 * there is to show, and the page keeps only which part of it is looked at.
 */
const idSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(8192));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const rate = v.pipe(v.number(), v.minValue(0));
const maybeWords = v.nullable(v.string());

export const tabs = ["benchmark", "roofline", "tuning", "requests"] as const;
export type SpeedTab = (typeof tabs)[number];

// --- benchmark -----------------------------------------------------------------------------------------------------

const tokens = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_048_576));
export const benchTestSchema = v.pipe(
  v.object({ promptTokens: tokens, generatedTokens: tokens, depth: tokens }),
  v.check(({ promptTokens, generatedTokens }) => promptTokens + generatedTokens > 0, "A test computes something."),
);

const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.minLength(1), v.maxLength(32));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What a person asks for: each model is run with each combination of what the lists say. */
export const benchRequestSchema = v.object({
  files: list(idSchema),
  tests: list(benchTestSchema),
  repetitions: v.pipe(positive, v.maxValue(100)),
  /** Empty lists: as the product does it by itself. */
  threads: v.pipe(v.array(v.pipe(positive, v.maxValue(512))), v.maxLength(32)),
  batchSizes: v.pipe(v.array(v.pipe(positive, v.maxValue(16_384))), v.maxLength(32)),
  flashAttention: v.pipe(v.array(v.boolean()), v.maxLength(2)),
  kvCacheTypes: v.pipe(v.array(v.picklist(kvCacheTypes)), v.maxLength(kvCacheTypes.length)),
  gpuLayers: v.pipe(v.array(v.pipe(count, v.maxValue(10_000))), v.maxLength(32)),
});
export type BenchRequest = v.InferOutput<typeof benchRequestSchema>;

export const benchRowSchema = v.object({
  id: idSchema,
  /** ms since 1970. */
  at: v.number(),
  from: v.picklist(["here", "imported"]),
  /** Results of one machine, backend and llama.cpp have one key; the other is for a person. */
  machineKey: v.string(),
  machine: v.string(),
  llamaCppVersion: v.string(),
  modelKey: v.string(),
  /** The file's name. */
  model: v.string(),
  /** As llama-bench writes it: "llama 1B Q4_0". */
  type: v.string(),
  /** As llama-bench prints it: "tg128 @ d4096". */
  test: v.string(),
  promptTokens: count,
  generatedTokens: count,
  depth: count,
  threads: count,
  batchSize: count,
  flashAttention: v.boolean(),
  kvCacheTypes: v.string(),
  /** -1: as many as llama.cpp finds right. */
  gpuLayers: v.pipe(v.number(), v.integer()),
  useMmap: v.boolean(),
  /** tokens/s: mean and standard deviation of the repetitions. */
  mean: rate,
  deviation: rate,
  /** null: a file from elsewhere does not tell. */
  repetitions: v.nullable(count),
  /** Whole sentences, why the figure is not called good; none: it is. */
  doubts: v.array(v.string()),
});
export type BenchRow = v.InferOutput<typeof benchRowSchema>;

// --- roofline ------------------------------------------------------------------------------------------------------

export const rooflinePartSchema = v.object({
  /** In words. */
  name: v.string(),
  /** Of a token generated, or of the whole prompt. */
  seconds: v.number(),
  how: v.picklist(["timed", "predicted"]),
});
export const rooflineRowSchema = v.object({
  id: idSchema,
  model: v.string(),
  test: v.string(),
  /** tokens/s. */
  measured: rate,
  /** null: the machine's limits say nothing of it. */
  ceiling: v.nullable(rate),
  /** Which of the machine's limits the ceiling is of. */
  limit: v.picklist(["memory", "matrix"]),
  /** Whole sentence: "tg is 87% of what this memory allows." */
  sentence: v.string(),
  /** Seconds that the parts are of. */
  seconds: rate,
  parts: v.array(rooflinePartSchema),
  /** 1 less what the sum of the parts is off by, as a share of what was measured. */
  explained: rate,
});
export type RooflineRow = v.InferOutput<typeof rooflineRowSchema>;

export const rooflineSchema = v.object({
  /** What the machine can do; null: nobody has measured it yet. */
  probe: v.nullable(
    v.object({
      at: v.number(),
      memoryBytesPerSecond: rate,
      bySize: v.array(v.object({ bytes: rate, bytesPerSecond: rate })),
      matrix: v.array(v.object({ type: v.string(), macsPerSecond: rate })),
    }),
  ),
  rows: v.array(rooflineRowSchema),
});
export type RooflineView = v.InferOutput<typeof rooflineSchema>;

// --- tuning --------------------------------------------------------------------------------------------------------

export const tuneRequestSchema = v.object({
  file: idSchema,
  minutes: v.pipe(v.number(), v.minValue(0.05), v.maxValue(120)),
  /** Also what may cost quality or memory, with the cost measured. */
  kvCacheTypes: v.boolean(),
  lookup: v.boolean(),
});
export type TuneRequest = v.InferOutput<typeof tuneRequestSchema>;

export const triedSchema = v.object({
  /** What was set, in words. */
  what: v.string(),
  /** tokens/s; null: not measured. */
  pp: v.nullable(rate),
  tg: v.nullable(rate),
  outcome: v.picklist(["default", "better", "worse", "same", "failed"]),
  /** In words: the gain with its interval, or why it failed. */
  note: v.string(),
});
export const tuneOfferSchema = v.object({
  id: idSchema,
  what: v.string(),
  gain: v.string(),
  /** What it costs, measured; null: nothing. */
  cost: maybeWords,
  isApplied: v.boolean(),
});
export const tuneSchema = v.object({
  /** Of the run that is shown; null: none was made in this window. */
  run: v.nullable(
    v.object({
      file: idSchema,
      model: v.string(),
      isRunning: v.boolean(),
      /** What came of it, in a sentence; empty while it runs. */
      sentence: v.string(),
      tried: v.array(triedSchema),
      offers: v.array(tuneOfferSchema),
      /** What was asked for and is not offered, each with its reason. */
      notes: v.array(v.string()),
    }),
  ),
  /** What is in force. */
  tuned: v.array(v.object({ id: idSchema, model: v.string(), what: v.string(), at: v.number() })),
});
export type TuneView = v.InferOutput<typeof tuneSchema>;

// --- requests ------------------------------------------------------------------------------------------------------

export const metrics = ["ttft", "tpot", "itl", "pp", "tg", "prompt", "cached", "generated"] as const;
export type Metric = (typeof metrics)[number];

export const metricSchema = v.object({
  metric: v.picklist(metrics),
  /** How many requests have it. */
  count,
  /** ms, tokens/s or tokens. */
  p50: v.number(),
  p95: v.number(),
  p99: v.number(),
  bins: v.array(v.object({ from: v.number(), to: v.number(), count })),
  /** Medians of days, oldest first; ms since 1970 of their beginning. */
  trend: v.array(v.object({ at: v.number(), p50: v.number(), count })),
  /** A sentence where it has changed for longer than chance explains. */
  change: maybeWords,
});
export type MetricView = v.InferOutput<typeof metricSchema>;

export const requestGroupSchema = v.object({
  id: idSchema,
  model: v.string(),
  /** In words. */
  feature: v.string(),
  count,
  metrics: v.array(metricSchema),
});
export type RequestGroup = v.InferOutput<typeof requestGroupSchema>;

// --- the whole -----------------------------------------------------------------------------------------------------

export const runningSchema = v.object({
  kind: v.picklist(["benchmark", "probe", "explain", "tune"]),
  /** What is done now, in words. */
  label: v.string(),
  /** It waits for what is more urgent, in this window or another. */
  isPaused: v.boolean(),
  /** 0 to 1. */
  fraction: v.number(),
  timeLeftMs: v.nullable(v.number()),
});

export const speedViewSchema = v.object({
  /** What the host wants to be seen; taken each time that the number is another. */
  wanted: v.object({ turn: count, tab: v.picklist(tabs), file: v.nullable(idSchema) }),
  /** In words: processor, backend, llama.cpp; null until the engine has told. */
  machine: v.nullable(v.object({ key: v.string(), label: v.string(), cores: positive, hasGpu: v.boolean() })),
  models: v.array(
    v.object({
      ...{ file: idSchema, name: v.string(), sizeBytes: v.number(), isActive: v.boolean() },
      /** Tokens that it was trained for; null: its file does not say. */
      contextSize: v.nullable(positive),
    }),
  ),
  rows: v.array(benchRowSchema),
  running: v.nullable(runningSchema),
  /** A benchmark that did not get to its end, and why; null: there is none. */
  resumable: v.nullable(v.object({ reason: v.string(), missing: count })),
  /** Sentences, the worst first. */
  regressions: v.array(v.string()),
  roofline: rooflineSchema,
  tune: tuneSchema,
  requests: v.array(requestGroupSchema),
  /** What failed last, in words; null: nothing did. */
  failure: v.nullable(v.object({ message: v.string(), remedy: maybeWords })),
  /** What came of the last import or export; null: nothing to tell. */
  notice: maybeWords,
});
export type SpeedView = v.InferOutput<typeof speedViewSchema>;
export type RunningView = v.InferOutput<typeof runningSchema>;

const nothing = v.object({});

/** The host answers these; what takes long is begun and answered at once, and told by views. */
export const speedHostContract = {
  requests: {
    ready: { params: nothing, result: speedViewSchema },
    benchmark: { params: benchRequestSchema, result: nothing },
    resume: { params: nothing, result: nothing },
    cancel: { params: nothing, result: nothing },
    probe: { params: nothing, result: nothing },
    explain: { params: v.object({ file: idSchema }), result: nothing },
    tune: { params: tuneRequestSchema, result: nothing },
    applyTuning: { params: v.object({ offer: idSchema }), result: nothing },
    undoTuning: { params: v.object({ id: idSchema }), result: nothing },
    exportResults: { params: nothing, result: nothing },
    importResults: { params: nothing, result: nothing },
    clearHistory: { params: nothing, result: nothing },
    dismiss: { params: nothing, result: nothing },
  },
  notifications: { problem: v.object({ message: v.pipe(v.string(), v.maxLength(2000)) }) },
} as const satisfies Contract;
export type SpeedHostContract = typeof speedHostContract;

/** The page answers these. */
export const speedPageContract = {
  requests: {},
  notifications: {
    view: speedViewSchema,
    /** For a screen reader, politely. */
    announce: v.object({ text: v.string() }),
  },
} as const satisfies Contract;
export type SpeedPageContract = typeof speedPageContract;

/** What the page keeps of itself over a reload. */
export const keptTabSchema = v.object({ tab: v.picklist(tabs) });
