import * as v from "valibot";

/** What the inspector's page may ask of the host, and what the host tells it. The host owns the data. */
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nullableNumber = v.nullable(v.number());

export const architectureSchema = v.object({
  /** How heads share keys and values; "latent": they are compressed into one (MLA); "none": no layer has attention. */
  attention: v.picklist(["multi-head", "grouped-query", "multi-query", "latent", "varied", "none"]),
  heads: count,
  headsKv: count,
  keyLength: count,
  valueLength: count,
  qkNorm: v.boolean(),
  /** Tokens. */
  slidingWindow: nullableNumber,
  /** The kinds of the layers, from the first on; "attention": the file does not say whether it has a window. */
  layerKinds: v.array(v.picklist(["full", "sliding", "attention", "recurrent", "other"])),
  /** Layers whose feed-forward part is a mixture of experts. */
  expertLayers: count,
  experts: v.nullable(v.object({ total: count, used: count, shared: count, feedForwardLength: nullableNumber })),
  /** Least and most of the layers. */
  feedForward: v.nullable(v.object({ least: count, most: count, gated: v.boolean() })),
  rope: v.nullable(
    v.object({
      dimensions: nullableNumber,
      base: nullableNumber,
      scaling: v.nullable(v.string()),
      factor: nullableNumber,
      originalContext: nullableNumber,
    }),
  ),
  norm: v.nullable(v.object({ kind: v.picklist(["RMSNorm", "LayerNorm"]), epsilon: nullableNumber })),
  /** There are norms behind attention and feed-forward, too. */
  postNorms: v.boolean(),
  /** The output uses the token embedding's weights. */
  tiedOutput: v.boolean(),
});
export type Architecture = v.InferOutput<typeof architectureSchema>;

export const vocabularySchema = v.object({
  size: count,
  /** As tokenizer.ggml.model and .pre name them. */
  model: v.nullable(v.string()),
  pre: v.nullable(v.string()),
  merges: count,
  /** Tokens with a purpose, by llama.cpp's names: bos, eos, eot. */
  special: v.array(v.object({ name: v.string(), id: v.number() })),
  hasChatTemplate: v.boolean(),
});

export const typeShareSchema = v.object({
  name: v.string(),
  /** Bits a value, the block's scales included. */
  bits: v.number(),
  tensors: count,
  values: count,
  bytes: count,
});
export type TypeShareView = v.InferOutput<typeof typeShareSchema>;

export const shapeSchema = v.object({
  name: v.nullable(v.string()),
  architecture: v.string(),
  /** This llama.cpp can load it. */
  isKnown: v.boolean(),
  fileType: v.nullable(v.string()),
  hasImportanceMatrix: v.boolean(),
  parameters: count,
  bitsPerWeight: v.number(),
  layers: count,
  embeddingLength: count,
  trainContextSize: count,
  details: architectureSchema,
  vocabulary: vocabularySchema,
});
export type ShapeView = v.InferOutput<typeof shapeSchema>;

/** Something that the person should know about a file that can be shown all the same. */
export const warningSchema = v.variant("what", [
  v.object({ what: v.literal("missing-parts"), names: v.array(v.string()) }),
  v.object({ what: v.literal("truncated"), name: v.string(), detail: v.string() }),
  v.object({ what: v.literal("not-a-model"), instead: v.string() }),
  v.object({ what: v.literal("unknown-architecture"), architecture: v.string() }),
  /** The metadata contradicts itself or says what cannot be. */
  v.object({ what: v.literal("no-shape"), reason: v.string() }),
  /** llama.cpp would end its process instead of refusing it. */
  v.object({ what: v.literal("would-crash"), reason: v.string() }),
]);
export type Warning = v.InferOutput<typeof warningSchema>;

export const metadataRowSchema = v.object({
  key: v.string(),
  /** "str", "int", "float", "bool", or a list, as llama.cpp writes it: "arr[str]". */
  type: v.string(),
  /** Shortened to some hundred characters. */
  value: v.string(),
  /** Characters of a text, items of a list; null for a single value. */
  length: nullableNumber,
  /** The value is longer than what is shown, and all of it can be asked for. */
  more: v.boolean(),
});
export type MetadataRow = v.InferOutput<typeof metadataRowSchema>;

export const tensorRowSchema = v.object({
  name: v.string(),
  dimensions: v.array(v.number()),
  /** Its name. */
  type: v.string(),
  bytes: count,
  /** Of a split model, from 1; 0 for a single file. */
  part: count,
});
export type TensorRow = v.InferOutput<typeof tensorRowSchema>;

/** Layers against roles: what each layer's tensors are stored as. */
export const typeMapSchema = v.object({
  /** Names within a layer, such as "attn_q.weight". */
  roles: v.array(v.string()),
  /** A type's name for each role, or null where the layer has no such tensor. */
  layers: v.array(v.object({ layer: count, types: v.array(v.nullable(v.string())) })),
  /** Tensors of no layer. */
  others: v.array(v.object({ name: v.string(), type: v.string() })),
});
export type TypeMap = v.InferOutput<typeof typeMapSchema>;

export const modelViewSchema = v.object({
  kind: v.literal("model"),
  file: v.string(),
  /** GGUF's version. */
  version: count,
  parts: v.array(v.object({ name: v.string(), size: count })),
  /** Of all parts, bytes. */
  size: count,
  tensorBytes: count,
  tensorCount: count,
  types: v.array(typeShareSchema),
  shape: v.nullable(shapeSchema),
  warnings: v.array(warningSchema),
});
export type ModelView = v.InferOutput<typeof modelViewSchema>;

export const inspectionSchema = v.variant("kind", [
  modelViewSchema,
  v.object({ kind: v.literal("failed"), file: v.string(), message: v.string(), remedy: v.nullable(v.string()) }),
]);
export type Inspection = v.InferOutput<typeof inspectionSchema>;

/** Characters of a long value that go to the page at once. */
export const maxValuePiece = 16_384;

const nothing = v.object({});

export const inspectorHostContract = {
  requests: {
    /** Reads the file, unless it is read already. */
    ready: { params: nothing, result: inspectionSchema },
    tensors: { params: nothing, result: v.object({ tensors: v.array(tensorRowSchema), map: typeMapSchema }) },
    metadata: { params: nothing, result: v.object({ rows: v.array(metadataRowSchema) }) },
    /** A piece of a long value. */
    value: {
      params: v.object({ key: v.pipe(v.string(), v.maxLength(65_535)), from: count }),
      result: v.object({ text: v.string(), total: count }),
    },
    copy: { params: v.object({ text: v.pipe(v.string(), v.maxLength(100_000)) }), result: nothing },
    /** Reads the file anew. */
    retry: { params: nothing, result: inspectionSchema },
  },
  notifications: { problem: v.object({ message: v.pipe(v.string(), v.maxLength(10_000)) }) },
} as const;
export type InspectorHostContract = typeof inspectorHostContract;

export const inspectorWebviewContract = {
  requests: {},
  notifications: {
    /** The file on the disk is another now, and was read anew. */
    changed: inspectionSchema,
  },
} as const;
export type InspectorWebviewContract = typeof inspectorWebviewContract;
