import { fileTypeName } from "./fileTypes";
import { GgufError, type GgufHeader, type GgufTensor } from "./ggufHeader";
import { ggmlTypes } from "./ggmlTypes";
import { kvCacheShape, type KvCacheShape } from "./kvCacheShape";
import { ModelMetadata, orderParts, textOf } from "./modelMetadata";
import { windowedLayers } from "./slidingWindow";

/** What all tensors of one type take together. */
export interface TypeShare {
  /** ggml's number of the type. */
  readonly type: number;
  readonly name: string;
  readonly tensors: number;
  readonly values: number;
  readonly bytes: number;
}

/** A model in numbers, from its tensors and metadata. A number that the file does not say is 0. */
export interface ModelShape {
  readonly name: string | undefined;
  readonly architecture: string;
  readonly layers: number;
  readonly embeddingLength: number;
  readonly feedForwardLength: number | undefined;
  /** Where layers differ, the most of any layer; 0 for models without attention. */
  readonly heads: number;
  readonly headsKv: number;
  readonly keyLength: number;
  readonly valueLength: number;
  /** Tokens. */
  readonly trainContextSize: number;
  readonly vocabularySize: number;
  readonly experts: { readonly total: number; readonly used: number } | undefined;
  /** Tokens. */
  readonly slidingWindow: number | undefined;
  /** Layers that look back no further than that, as far as it is known which do. */
  readonly windowedLayers: number;
  readonly kvCache: KvCacheShape;
  /** Values of all tensors. */
  readonly parameters: number;
  readonly tensorBytes: number;
  /** tensorBytes * 8 / parameters. */
  readonly bitsPerWeight: number;
  /** Most bytes first. */
  readonly types: readonly TypeShare[];
  /** quantize.imatrix.* says that it was made with an importance matrix. */
  readonly hasImportanceMatrix: boolean;
  /** general.file_type by llama.cpp's names, such as "Q4_K - Medium"; undefined where not given. */
  readonly fileType: string | undefined;
}

/** LLAMA_MAX_LAYERS and LLAMA_MAX_EXPERTS of llama.cpp, whose process ends at more. */
const MAX_LAYERS = 512;
const MAX_EXPERTS = 1024;
/** Of widths, heads and windows: far above any model, and small enough that no product of two is inexact. */
const MAX_LENGTH = 1 << 26;

/**
 * @param headers of all parts of one model, in any order; of one file mostly.
 * @throws GgufError damaged: what the metadata says cannot be, or parts are missing or belong to different models.
 */
export function modelShape(headers: readonly GgufHeader[]): ModelShape {
  const { first, parts } = orderParts(headers);
  const { metadata } = first;
  const model = new ModelMetadata(metadata);
  const tensors = parts.flatMap((part) => part.tensors);
  const types = typeShares(tensors);
  const parameters = types.reduce((sum, { values }) => sum + values, 0);
  const tensorBytes = types.reduce((sum, { bytes }) => sum + bytes, 0);
  if (!Number.isSafeInteger(parameters * 8)) throw new GgufError("damaged", "tensors of impossible size");

  const embedding = tensors.find(({ name }) => name === "token_embd.weight")?.dimensions;
  const layers = model.count("block_count", MAX_LAYERS) ?? layersByName(tensors);
  for (const key of ["attention.head_count", "attention.head_count_kv", "feed_forward_length"]) {
    const each = model.counts(key, MAX_LENGTH);
    if (each !== undefined && each.length !== 1 && each.length !== layers)
      throw new GgufError("damaged", `${model.architecture}.${key} has ${each.length} numbers for ${layers} layers`);
  }
  const embeddingLength = model.count("embedding_length", MAX_LENGTH) ?? embedding?.[0] ?? 0;
  const heads = model.count("attention.head_count", MAX_LENGTH) ?? 0;
  const headLength = heads === 0 ? 0 : Math.floor(embeddingLength / heads);
  const attention = {
    headsKv: model.count("attention.head_count_kv", MAX_LENGTH) ?? heads,
    keyLength: model.count("attention.key_length", MAX_LENGTH) ?? headLength,
    valueLength: model.count("attention.value_length", MAX_LENGTH) ?? headLength,
  };
  const slidingWindow = model.count("attention.sliding_window", MAX_LENGTH) ?? 0;
  const isWindowed = slidingWindow === 0 ? () => false : windowedLayers(model);
  const vocabulary = metadata.get("tokenizer.ggml.tokens");
  const fileType = metadata.get("general.file_type");
  return {
    name: textOf(metadata, "general.name"),
    architecture: model.architecture,
    layers,
    embeddingLength,
    feedForwardLength: model.count("feed_forward_length", MAX_LENGTH),
    heads,
    ...attention,
    trainContextSize: model.count("context_length", 0xffff_ffff) ?? 0,
    vocabularySize:
      typeof vocabulary === "object"
        ? vocabulary.length
        : (model.count("vocab_size", MAX_LENGTH) ?? embedding?.[1] ?? 0),
    experts: expertsOf(model),
    slidingWindow: slidingWindow === 0 ? undefined : slidingWindow,
    windowedLayers: Array.from({ length: layers }, (_, layer) => isWindowed(layer)).filter(Boolean).length,
    kvCache: kvCacheShape(model, { layers, ...attention }, isWindowed, MAX_LENGTH),
    parameters,
    tensorBytes,
    bitsPerWeight: parameters === 0 ? 0 : (tensorBytes * 8) / parameters,
    types,
    hasImportanceMatrix: [...metadata.keys()].some((key) => key.startsWith("quantize.imatrix.")),
    fileType: typeof fileType === "number" ? fileTypeName(fileType) : undefined,
  };
}

/** Number of values in a tensor. */
export function valuesOf({ dimensions }: Pick<GgufTensor, "dimensions">): number {
  return dimensions.reduce((product, size) => product * size, 1);
}

/** @throws GgufError damaged: a name stands twice. */
export function typeShares(tensors: readonly GgufTensor[]): TypeShare[] {
  const names = new Set<string>();
  const shares = new Map<number, TypeShare>();
  for (const tensor of tensors) {
    if (names.has(tensor.name)) throw new GgufError("damaged", "two tensors have the same name");
    names.add(tensor.name);
    const { type, bytes } = tensor;
    const name = ggmlTypes.get(type)?.name ?? String(type);
    const share = shares.get(type) ?? { type, name, tensors: 0, values: 0, bytes: 0 };
    shares.set(type, {
      ...share,
      tensors: share.tensors + 1,
      values: share.values + valuesOf(tensor),
      bytes: share.bytes + bytes,
    });
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
}

/** The layer that a tensor belongs to by its name (blk.12.attn_q.weight), from 0; undefined for those of none. */
export function layerOf(tensorName: string): number | undefined {
  const layer = /^blk\.(\d{1,4})\./.exec(tensorName)?.[1];
  return layer === undefined ? undefined : Number(layer);
}

function layersByName(tensors: readonly GgufTensor[]): number {
  const layers = tensors.reduce((most, { name }) => Math.max(most, (layerOf(name) ?? -1) + 1), 0);
  if (layers > MAX_LAYERS) throw new GgufError("damaged", `${layers} layers`);
  return layers;
}

function expertsOf(model: ModelMetadata): ModelShape["experts"] {
  const total = model.count("expert_count", MAX_EXPERTS) ?? 0;
  const used = model.count("expert_used_count", MAX_EXPERTS) ?? 0;
  if (used > total) throw new GgufError("damaged", `it uses ${used} of ${total} experts`);
  return total === 0 ? undefined : { total, used };
}
