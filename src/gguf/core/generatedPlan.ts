import { ggmlTypes } from "./ggmlTypes";
import { type GgufEntry, metadataBytes, type TensorPlan } from "./ggufBytes";

/** The shape of a llama-architecture model with random weights, for measuring. */
export interface GeneratedShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly headsKv: number;
  /** Values of a head; absent: as many as make the width. */
  readonly headLength?: number;
  readonly feedForward: number;
  /** Tokens. */
  readonly context: number;
  /** An output matrix of its own; else the embedding serves, as in most small models. */
  readonly output?: boolean;
}

export interface GeneratedTokenizer {
  /** Metadata entries as they stand in a file. */
  readonly keys: readonly Uint8Array[];
  readonly vocabulary: number;
}

export interface GeneratedModel {
  readonly name: string;
  readonly shape: GeneratedShape;
  readonly tokenizer: GeneratedTokenizer;
  /** Which type a weight matrix has, by its name. Norms are F32. */
  readonly typeOf: (tensor: string) => number;
}

const F32 = 0;

export function generatedMetadata({ name, shape, tokenizer }: GeneratedModel): Uint8Array[] {
  const { headLength } = shape;
  const entries: [string, GgufEntry][] = [
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: name }],
    ["llama.context_length", { type: "u32", value: shape.context }],
    ["llama.embedding_length", { type: "u32", value: shape.width }],
    ["llama.block_count", { type: "u32", value: shape.layers }],
    ["llama.feed_forward_length", { type: "u32", value: shape.feedForward }],
    ["llama.attention.head_count", { type: "u32", value: shape.heads }],
    ["llama.attention.head_count_kv", { type: "u32", value: shape.headsKv }],
    ["llama.attention.layer_norm_rms_epsilon", { type: "f32", value: 1e-5 }],
    ...(headLength === undefined ? [] : headEntries(headLength)),
  ];
  return [...entries.map(([key, entry]) => metadataBytes(key, entry)), ...tokenizer.keys];
}

function headEntries(value: number): [string, GgufEntry][] {
  return ["attention.key_length", "attention.value_length", "rope.dimension_count"].map((key) => [
    `llama.${key}`,
    { type: "u32", value },
  ]);
}

/** @throws RangeError where a width is not whole blocks of its type. */
export function generatedTensors({ shape, tokenizer, typeOf }: GeneratedModel): TensorPlan[] {
  const { layers, width, heads, headsKv, feedForward } = shape;
  const headLength = shape.headLength ?? width / heads;
  const queries = headLength * heads;
  const kv = headLength * headsKv;
  const tensors: TensorPlan[] = [];
  const add = (name: string, dimensions: readonly number[], type: number): void => {
    const block = ggmlTypes.get(type);
    if (block === undefined || (dimensions[0] ?? 0) % block.values !== 0)
      throw new RangeError(`${name} is not whole blocks of type ${type}`);
    const values = dimensions.reduce((product, size) => product * size, 1);
    tensors.push({ name, dimensions, type, bytes: (values / block.values) * block.bytes });
  };
  const matrix = (name: string, columns: number, rows: number): void => add(name, [columns, rows], typeOf(name));
  matrix("token_embd.weight", width, tokenizer.vocabulary);
  add("output_norm.weight", [width], F32);
  if (shape.output === true) matrix("output.weight", width, tokenizer.vocabulary);
  for (let layer = 0; layer < layers; layer++) {
    const of = (name: string): string => `blk.${layer}.${name}.weight`;
    add(of("attn_norm"), [width], F32);
    matrix(of("attn_q"), width, queries);
    matrix(of("attn_k"), width, kv);
    matrix(of("attn_v"), width, kv);
    matrix(of("attn_output"), queries, width);
    add(of("ffn_norm"), [width], F32);
    matrix(of("ffn_gate"), width, feedForward);
    matrix(of("ffn_up"), width, feedForward);
    matrix(of("ffn_down"), feedForward, width);
  }
  return tensors;
}

/**
 * A vocabulary of bytes: any text goes in.
 * @param size filled up to so many tokens, which no text makes.
 */
export function byteTokenizer(size = 0): GeneratedTokenizer {
  const UNKNOWN = 2;
  const CONTROL = 3;
  const BYTE = 6;
  const NORMAL = 1;
  const tokens = [
    { text: "<unk>", type: UNKNOWN },
    { text: "<s>", type: CONTROL },
    { text: "</s>", type: CONTROL },
    ...Array.from({ length: 256 }, (_, byte) => ({
      text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
      type: BYTE,
    })),
    ...["▁", "e", "t", "a", "o", "n"].map((text) => ({ text, type: NORMAL })),
  ];
  // To a multiple of 8 rows, which llama.cpp can repack.
  while (tokens.length < size || tokens.length % 8 !== 0)
    tokens.push({ text: `<unused${tokens.length}>`, type: NORMAL });
  const entries: [string, GgufEntry][] = [
    ["model", { type: "string", value: "llama" }],
    ["tokens", { type: "strings", value: tokens.map(({ text }) => text) }],
    ["scores", { type: "f32s", value: tokens.map((_, index) => -index) }],
    ["token_type", { type: "i32s", value: tokens.map(({ type }) => type) }],
    ["bos_token_id", { type: "u32", value: 1 }],
    ["eos_token_id", { type: "u32", value: 2 }],
    ["unknown_token_id", { type: "u32", value: 0 }],
    ["add_bos_token", { type: "bool", value: false }],
  ];
  return {
    keys: entries.map(([key, entry]) => metadataBytes(`tokenizer.ggml.${key}`, entry)),
    vocabulary: tokens.length,
  };
}
