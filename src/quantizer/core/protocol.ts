import * as v from "valibot";

/** The contract between the extension host and the quantizer's process, which does one job and is ended. */
export const QUANTIZER_PROTOCOL_VERSION = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const filePath = v.pipe(v.string(), v.minLength(1), v.maxLength(32_768));
const tensorType = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const fileType = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1023));

export const quantizeOptionsSchema = v.object({
  /** Quantize what is quantized already; without it such a source is refused. */
  allowRequantize: v.boolean(),
  /** All tensors to the type's own tensor type, without llama.cpp's mixture. */
  pure: v.boolean(),
  /** Leave output.weight as it is. */
  keepOutput: v.boolean(),
  outputType: v.optional(tensorType),
  tokenEmbeddingType: v.optional(tensorType),
  overrides: v.array(v.object({ pattern: v.pipe(v.string(), v.minLength(1), v.maxLength(200)), type: tensorType })),
});
export type QuantizeOptions = v.InferOutput<typeof quantizeOptionsSchema>;

export const plainOptions: QuantizeOptions = {
  allowRequantize: false,
  pure: false,
  keepOutput: false,
  overrides: [],
};

const plannedTensorSchema = v.object({ name: v.string(), type: tensorType });
export const tensorPlanSchema = v.object({
  /** Every tensor of the source, with the type it would get. */
  tensors: v.array(plannedTensorSchema),
  /** llama.cpp says that it cannot be made without an importance matrix. */
  needsImatrix: v.boolean(),
  /** llama.cpp's warnings, such as tensors whose rows do not fit the type. */
  warnings: v.array(v.string()),
});
export type TensorPlan = v.InferOutput<typeof tensorPlanSchema>;

const imatrixFileSchema = v.object({ path: filePath, name: v.string() });

export const quantizerContract = {
  requests: {
    /** Loads llama.cpp and checks that its structures are those that this program was written for. */
    hello: {
      params: v.object({ protocolVersion: positive }),
      result: v.object({ pid: positive, llamaCppVersion: v.string(), cores: positive }),
    },
    /** What a type would make of each tensor: llama.cpp's own dry run, which reads no weights. */
    plan: {
      params: v.object({
        source: filePath,
        fileType,
        options: quantizeOptionsSchema,
        /** Mixtures differ where there is an importance matrix. */
        hasImatrix: v.boolean(),
      }),
      result: tensorPlanSchema,
    },
    /** Writes `target`, which must not exist. The file is whole when this answers. */
    quantize: {
      params: v.object({
        source: filePath,
        target: filePath,
        fileType,
        options: quantizeOptionsSchema,
        imatrix: v.optional(imatrixFileSchema),
        /** 0: all cores. */
        threads: count,
      }),
      result: v.object({ ms: v.number(), warnings: v.array(v.string()) }),
    },
    /** Writes an importance matrix of a model and a text to `target`, which must not exist. */
    computeImatrix: {
      params: v.object({
        model: filePath,
        text: v.string(),
        /** For whoever reads the file: where the text came from. */
        dataset: v.pipe(v.string(), v.maxLength(200)),
        target: filePath,
        /** Tokens. */
        chunkSize: v.pipe(positive, v.minValue(16), v.maxValue(8192)),
        maxChunks: positive,
        threads: count,
      }),
      progress: v.object({ chunk: count, chunks: positive }),
      result: v.object({ ms: v.number(), chunks: positive, entries: positive }),
    },
  },
  notifications: { shutdown: v.object({}) },
} as const;
export type QuantizerContract = typeof quantizerContract;

export const quantizerEventsContract = {
  requests: {},
  notifications: {
    log: v.object({ level: v.picklist(["debug", "info", "warn", "error"]), message: v.string() }),
  },
} as const;
export type QuantizerEventsContract = typeof quantizerEventsContract;
