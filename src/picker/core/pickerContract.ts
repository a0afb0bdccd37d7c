import * as v from "valibot";
import type { Contract } from "../../platform/core/rpc";

/**
 * What the picker's page may ask of the host, and what the host tells it. The host owns the data: each view is all there
 * is to show, and the page keeps only how it is sorted and where the keyboard is.
 */
const idSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(8192));

export const figureSchema = v.object({
  value: v.number(),
  how: v.picklist(["estimated", "calibrated", "measured"]),
  /** Half-width, in the value's unit; null: unknown. */
  error: v.nullable(v.number()),
});
export type FigureView = v.InferOutput<typeof figureSchema>;
const maybeFigure = v.nullable(figureSchema);

export const limitsSchema = v.object({
  /** Tokens that the figures are for. */
  contextSize: v.pipe(v.number(), v.integer(), v.minValue(256), v.maxValue(1_048_576)),
  /** Tokens of the prompt that the TTFT is for. */
  promptTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_048_576)),
  /** Tokens/s; null: no limit, as for the following. */
  leastTg: v.nullable(v.pipe(v.number(), v.minValue(0.1), v.maxValue(100_000))),
  leastContext: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_048_576))),
  mostMemoryBytes: v.nullable(v.pipe(v.number(), v.minValue(1), v.maxValue(2 ** 50))),
});
export type LimitsView = v.InferOutput<typeof limitsSchema>;

export const actions = ["use", "download", "measureSpeed", "measureQuality", "inspect"] as const;
export type PickerAction = (typeof actions)[number];

export const rowSchema = v.object({
  id: idSchema,
  name: v.string(),
  /** What people call the quantization; null: not known. */
  quantization: v.nullable(v.string()),
  hasImportanceMatrix: v.boolean(),
  origin: v.picklist(["file", "hub", "server"]),
  /** Whose or where: a folder, a repository, a server's address. */
  place: v.string(),
  sizeBytes: v.nullable(v.number()),
  bitsPerWeight: v.nullable(v.number()),
  memory: v.nullable(
    v.object({
      total: figureSchema,
      weights: figureSchema,
      kvCache: figureSchema,
      compute: figureSchema,
      vocabulary: figureSchema,
    }),
  ),
  fit: v.nullable(
    v.object({
      place: v.picklist(["gpu", "partly", "cpu", "none"]),
      gpuLayers: v.number(),
      layers: v.number(),
      largestContext: v.number(),
    }),
  ),
  /** pp and tg in tokens/s, ttft in ms, kld in nats, sameTop as a share. */
  pp: maybeFigure,
  tg: maybeFigure,
  ttft: maybeFigure,
  kld: maybeFigure,
  sameTop: maybeFigure,
  /** What a measured quality was compared with. */
  reference: v.nullable(v.string()),
  standing: v.picklist(["front", "near", "behind"]),
  isRecommended: v.boolean(),
  /** It is what the chat answers with now. */
  isActive: v.boolean(),
  problem: v.nullable(v.string()),
  /** What a server says of its model besides; null: it is a file, or the server says nothing. */
  told: v.nullable(v.object({ parameters: v.nullable(v.number()), contextSize: v.nullable(v.number()) })),
  actions: v.array(v.picklist(actions)),
  work: v.nullable(
    v.object({ kind: v.picklist(["speed", "quality", "use", "download"]), fraction: v.nullable(v.number()) }),
  ),
});
export type RowView = v.InferOutput<typeof rowSchema>;

export const recommendationSchema = v.object({
  tone: v.picklist(["choice", "either", "none", "unknown"]),
  /** Whole sentences in the person's language. */
  sentence: v.string(),
  reason: v.string(),
  /** The row that is recommended, or comes closest. */
  row: v.nullable(idSchema),
});
export type RecommendationView = v.InferOutput<typeof recommendationSchema>;

export const calibrationSchema = v.object({
  /** "unavailable": nobody can calibrate here. */
  state: v.picklist(["unavailable", "none", "running", "ready"]),
  /** 0 to 1 while it runs. */
  fraction: v.number(),
  /** ms since 1970 of the last one; null: never. */
  at: v.nullable(v.number()),
  /** By what share the same work took longer from one moment to another in that one. */
  noise: v.nullable(v.number()),
});
export type CalibrationView = v.InferOutput<typeof calibrationSchema>;

export const pickerViewSchema = v.object({
  /** Where the candidates come from. */
  source: v.string(),
  /** What the page keeps, to be shown the same after a reload; null: nothing. */
  sourceKey: v.nullable(v.string()),
  /** Candidates are still being found. */
  isLooking: v.boolean(),
  /** Different models among them; files of one are compared. */
  models: v.array(v.object({ key: v.string(), label: v.string(), files: v.number() })),
  model: v.nullable(v.string()),
  rows: v.array(rowSchema),
  limits: limitsSchema,
  /** Bytes. */
  machine: v.object({
    memoryBytes: v.number(),
    /** null: llama.cpp uses none here. */
    gpu: v.nullable(
      v.object({
        totalBytes: v.number(),
        freeBytes: v.number(),
        /** Of the total, what is the CPU's memory, too. */
        unifiedBytes: v.number(),
        devices: v.array(v.string()),
      }),
    ),
    /** What a model can have of all of it. */
    usableBytes: v.number(),
  }),
  calibration: calibrationSchema,
  recommendation: recommendationSchema,
  /** What failed last, in words; null: nothing did. */
  failure: v.nullable(v.object({ message: v.string(), remedy: v.nullable(v.string()) })),
});
export type PickerView = v.InferOutput<typeof pickerViewSchema>;

/** What the page keeps of itself, and VS Code hands to whoever makes the panel anew. */
export const keptSchema = v.object({ sourceKey: v.pipe(v.string(), v.maxLength(8192)) });
export type KeptState = v.InferOutput<typeof keptSchema>;

const nothing = v.object({});

/** The host answers these. */
export const pickerHostContract = {
  requests: {
    ready: { params: nothing, result: pickerViewSchema },
    setLimits: { params: limitsSchema, result: nothing },
    chooseModel: { params: v.object({ key: v.string() }), result: nothing },
    chooseFolder: { params: nothing, result: nothing },
    chooseServer: { params: nothing, result: nothing },
    calibrate: { params: nothing, result: nothing },
    cancelCalibration: { params: nothing, result: nothing },
    act: { params: v.object({ row: idSchema, action: v.picklist(actions) }), result: nothing },
    cancelWork: { params: v.object({ row: idSchema }), result: nothing },
    dismissFailure: { params: nothing, result: nothing },
  },
  notifications: { problem: v.object({ message: v.pipe(v.string(), v.maxLength(2000)) }) },
} as const satisfies Contract;
export type PickerHostContract = typeof pickerHostContract;

/** The page answers these. */
export const pickerPageContract = {
  requests: {},
  notifications: {
    view: pickerViewSchema,
    /** For a screen reader, politely. */
    announce: v.object({ text: v.string() }),
  },
} as const satisfies Contract;
export type PickerPageContract = typeof pickerPageContract;
