import { seededRandom } from "./random";

/**
 * A llama-architecture GGUF of some 400 KB with random weights and a byte vocabulary: any text goes in, nonsense comes
 * out, and it loads in milliseconds. For what a real model is too big or has not, such as FIM tokens.
 */
export interface TinyModel {
  /**
   * FIM and repository tokens: true for Qwen's, under names that llama.cpp knows; "declared" for names nobody knows, by
   * metadata alone; "suffixFirst" for Codestral's two.
   */
  readonly fim?: boolean | "declared" | "suffixFirst";
  readonly chatTemplate?: string | null;
  /** Pooling as embedding models declare it. */
  readonly embedding?: boolean;
  readonly contextSize?: number;
  readonly architecture?: string;
  readonly seed?: number;
  /** Of an embedding; K-quants need rows of 256. */
  readonly width?: number;
  readonly layers?: number;
  /** The output has weights of its own, instead of the token embeddings'. */
  readonly ownOutput?: boolean;
  /** Of the matrices; norms are F32. */
  readonly weights?: "F32" | "Q8_0" | "Q4_0";
  /** A mixture of so many experts, of which two are used for each token. */
  readonly experts?: number;
  /** A Cohere 2 model, of which all but each fourth layer look back only so many tokens. */
  readonly slidingWindow?: number;
}

type Value =
  | { readonly type: "u16" | "u32" | "f32" | "i32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "i32s" | "f32s"; readonly value: readonly number[] };

export interface TinyTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly data: Float32Array | Uint8Array;
  /** ggml's number of the type that the data has; absent: F32. */
  readonly type?: number;
}

const HEADS = 2;
/** llama.cpp's token types. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;

const chatml =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export function tinyGguf(options: TinyModel = {}): Buffer {
  const { metadata, tensors } = tinyParts(options);
  const { weights = "F32" } = options;
  if (weights === "F32") return writeGguf(metadata, tensors);
  const fileType = { Q8_0: 7, Q4_0: 2 }[weights];
  return writeGguf(
    { ...metadata, "general.file_type": { type: "u32", value: fileType } },
    tensors.map((tensor) =>
      tensor.dimensions.length < 2 || !(tensor.data instanceof Float32Array)
        ? tensor
        : { ...tensor, ...quantized(tensor.data, weights) },
    ),
  );
}

/** Blocks of 32 values with a scale, rounded to the nearest. */
function quantized(values: Float32Array, to: "Q8_0" | "Q4_0"): { type: number; data: Uint8Array } {
  const [type, bytes, most] = to === "Q8_0" ? [8, 34, 127] : [2, 18, 7];
  const data = Buffer.alloc((values.length / 32) * bytes);
  for (let block = 0; block * 32 < values.length; block++) {
    const part = values.subarray(block * 32, block * 32 + 32);
    const scale = part.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / most;
    const at = block * bytes;
    data.writeUInt16LE(halfOf(scale), at);
    const rounded = Array.from(part, (value) => (scale === 0 ? 0 : Math.round(value / scale)));
    rounded.forEach((value, index) => {
      if (to === "Q8_0") data.writeInt8(value, at + 2 + index);
      else if (index < 16) data.writeUInt8((value + 8) | (((rounded[index + 16] ?? 0) + 8) << 4), at + 2 + index);
    });
  }
  return { type, data };
}

/** The bits of a number as a 16-bit float; of small positive ones, as scales are, with the last bit cut off. */
function halfOf(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.max(-14, Math.floor(Math.log2(value)));
  return ((exponent + 15) << 10) | Math.min(1023, Math.floor((value / 2 ** exponent - 1) * 1024));
}

/** The same in two files, as gguf-split writes them. */
export function splitTinyGguf(options: TinyModel = {}): [first: Buffer, second: Buffer] {
  const { metadata, tensors } = tinyParts(options);
  const split = (part: number): Record<string, Value> => ({
    "split.no": { type: "u16", value: part },
    "split.count": { type: "u16", value: 2 },
    "split.tensors.count": { type: "i32", value: tensors.length },
  });
  const half = Math.floor(tensors.length / 2);
  return [writeGguf({ ...metadata, ...split(0) }, tensors.slice(0, half)), writeGguf(split(1), tensors.slice(half))];
}

/** A LoRA adapter of rank 1 for such a model, on its attention's queries. */
export function tinyLora({
  width = 64,
  layers = 2,
  seed = 2,
}: Pick<TinyModel, "width" | "layers" | "seed"> = {}): Buffer {
  const random = seededRandom(seed);
  const tensors = Array.from({ length: layers }, (_, layer) =>
    (["lora_a", "lora_b"] as const).map((part) => ({
      name: `blk.${layer}.attn_q.weight.${part}`,
      dimensions: part === "lora_a" ? [width, 1] : [1, width],
      data: Float32Array.from({ length: width }, () => random() - 0.5),
    })),
  ).flat();
  return writeGguf(
    {
      "general.type": { type: "string", value: "adapter" },
      "general.architecture": { type: "string", value: "llama" },
      "adapter.type": { type: "string", value: "lora" },
      "adapter.lora.alpha": { type: "f32", value: 8 },
    },
    tensors,
  );
}

function tinyParts(options: TinyModel): { metadata: Record<string, Value>; tensors: TinyTensor[] } {
  const {
    fim = false,
    chatTemplate = chatml,
    embedding = false,
    contextSize = 512,
    slidingWindow,
    architecture = slidingWindow === undefined ? "llama" : "cohere2",
    seed = 1,
    width = 64,
    layers = 2,
    ownOutput = false,
    experts = 0,
  } = options;
  const feedForward = width * 2;
  const vocabulary = tokens(fim);
  const random = seededRandom(seed);
  const weights = (...dimensions: number[]): Float32Array =>
    Float32Array.from({ length: dimensions.reduce((a, b) => a * b, 1) }, () => (random() - 0.5) * 0.4);
  const tensor = (name: string, ...dimensions: number[]): TinyTensor => ({
    name,
    dimensions,
    data: weights(...dimensions),
  });
  const ones = (length: number): Float32Array => new Float32Array(length).fill(1);
  const tensors: TinyTensor[] = [
    { name: "token_embd.weight", dimensions: [width, vocabulary.length], data: weights(width, vocabulary.length) },
    { name: "output_norm.weight", dimensions: [width], data: ones(width) },
    ...(ownOutput
      ? [{ name: "output.weight", dimensions: [width, vocabulary.length], data: weights(width, vocabulary.length) }]
      : []),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const square = (name: string): TinyTensor => ({
      name: `blk.${layer}.${name}.weight`,
      dimensions: [width, width],
      data: weights(width, width),
    });
    tensors.push(
      { name: `blk.${layer}.attn_norm.weight`, dimensions: [width], data: ones(width) },
      square("attn_q"),
      square("attn_k"),
      square("attn_v"),
      square("attn_output"),
      // Cohere's attention and feed-forward stand side by side, behind one norm.
      ...(slidingWindow === undefined
        ? [{ name: `blk.${layer}.ffn_norm.weight`, dimensions: [width], data: ones(width) }]
        : []),
      ...(experts === 0
        ? [
            tensor(`blk.${layer}.ffn_gate.weight`, width, feedForward),
            tensor(`blk.${layer}.ffn_up.weight`, width, feedForward),
            tensor(`blk.${layer}.ffn_down.weight`, feedForward, width),
          ]
        : [
            tensor(`blk.${layer}.ffn_gate_inp.weight`, width, experts),
            tensor(`blk.${layer}.ffn_gate_exps.weight`, width, feedForward, experts),
            tensor(`blk.${layer}.ffn_up_exps.weight`, width, feedForward, experts),
            tensor(`blk.${layer}.ffn_down_exps.weight`, feedForward, width, experts),
          ]),
    );
  }
  const id = (text: string): Value => ({ type: "u32", value: vocabulary.findIndex((token) => token.text === text) });
  const metadata: Record<string, Value> = {
    "general.architecture": { type: "string", value: architecture },
    "general.name": { type: "string", value: "tiny" },
    "general.file_type": { type: "u32", value: 0 },
    [`${architecture}.context_length`]: { type: "u32", value: contextSize },
    [`${architecture}.embedding_length`]: { type: "u32", value: width },
    [`${architecture}.block_count`]: { type: "u32", value: layers },
    [`${architecture}.feed_forward_length`]: { type: "u32", value: feedForward },
    [`${architecture}.attention.head_count`]: { type: "u32", value: HEADS },
    [`${architecture}.attention.head_count_kv`]: { type: "u32", value: HEADS },
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { type: "f32", value: 1e-5 },
    ...(experts === 0
      ? {}
      : {
          [`${architecture}.expert_count`]: { type: "u32", value: experts } as const,
          [`${architecture}.expert_used_count`]: { type: "u32", value: 2 } as const,
        }),
    ...(slidingWindow === undefined
      ? {}
      : {
          [`${architecture}.attention.sliding_window`]: { type: "u32", value: slidingWindow } as const,
          [`${architecture}.attention.layer_norm_epsilon`]: { type: "f32", value: 1e-5 } as const,
          [`${architecture}.logit_scale`]: { type: "f32", value: 1 } as const,
        }),
    ...(embedding ? { [`${architecture}.pooling_type`]: { type: "u32", value: 1 } } : {}),
    "tokenizer.ggml.model": { type: "string", value: "llama" },
    "tokenizer.ggml.tokens": { type: "strings", value: vocabulary.map(({ text }) => text) },
    "tokenizer.ggml.scores": { type: "f32s", value: vocabulary.map((_, index) => -index) },
    "tokenizer.ggml.token_type": { type: "i32s", value: vocabulary.map(({ type }) => type) },
    "tokenizer.ggml.bos_token_id": id("<s>"),
    "tokenizer.ggml.eos_token_id": id("<|im_end|>"),
    "tokenizer.ggml.unknown_token_id": id("<unk>"),
    "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
    "tokenizer.ggml.add_space_prefix": { type: "bool", value: false },
    ...(chatTemplate === null ? {} : { "tokenizer.chat_template": { type: "string", value: chatTemplate } }),
    ...Object.fromEntries(declared(fim).map(([key, text]) => [`tokenizer.ggml.${key}_token_id`, id(text)])),
  };
  return { metadata, tensors };
}

function declared(fim: NonNullable<TinyModel["fim"]>): [key: string, text: string][] {
  const keys = ["fim_pre", "fim_suf", "fim_mid", "fim_rep", "fim_sep"];
  const names = fimTokens(fim);
  if (fim === false || fim === "suffixFirst") return [];
  // Qwen's files name three of them; the others are known by their texts.
  return names.slice(0, fim === true ? 3 : 5).map((text, index) => [keys[index] ?? "", text]);
}

function fimTokens(fim: NonNullable<TinyModel["fim"]>): string[] {
  switch (fim) {
    case false:
      return [];
    case true:
      return ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>"];
    case "declared":
      return ["<before>", "<after>", "<between>", "<project>", "<document>"];
    case "suffixFirst":
      return ["[PREFIX]", "[SUFFIX]"];
  }
}

function tokens(fim: NonNullable<TinyModel["fim"]>): { text: string; type: number }[] {
  const list = [
    { text: "<unk>", type: UNKNOWN },
    { text: "<s>", type: CONTROL },
    { text: "</s>", type: CONTROL },
    { text: "<|im_start|>", type: CONTROL },
    { text: "<|im_end|>", type: CONTROL },
  ];
  for (const text of fimTokens(fim)) list.push({ text, type: CONTROL });
  for (let byte = 0; byte < 256; byte++) {
    list.push({ text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, type: BYTE });
  }
  for (const text of ["▁", "e", "t", "a", "o", "n", "i"]) list.push({ text, type: NORMAL });
  return list;
}

export function writeGguf(metadata: Record<string, Value>, tensors: readonly TinyTensor[], alignment = 32): Buffer {
  const parts: Buffer[] = [];
  const u32 = (value: number): void => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(value);
    parts.push(buffer);
  };
  const u64 = (value: number): void => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt(value));
    parts.push(buffer);
  };
  const text = (value: string): void => {
    const bytes = Buffer.from(value, "utf8");
    u64(bytes.length);
    parts.push(bytes);
  };
  const f32 = (value: number): void => {
    const buffer = Buffer.alloc(4);
    buffer.writeFloatLE(value);
    parts.push(buffer);
  };
  const i32 = (value: number): void => {
    const buffer = Buffer.alloc(4);
    buffer.writeInt32LE(value);
    parts.push(buffer);
  };
  const codes = { u16: 2, u32: 4, i32: 5, f32: 6, bool: 7, string: 8 } as const;
  const list = <T>(code: number, values: readonly T[], write: (value: T) => void): void => {
    u32(9);
    u32(code);
    u64(values.length);
    for (const value of values) write(value);
  };

  parts.push(Buffer.from("GGUF"));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, entry] of Object.entries(metadata)) {
    text(key);
    switch (entry.type) {
      case "strings":
        list(codes.string, entry.value, text);
        break;
      case "i32s":
        list(codes.i32, entry.value, i32);
        break;
      case "f32s":
        list(codes.f32, entry.value, f32);
        break;
      case "string":
        u32(codes.string);
        text(entry.value);
        break;
      case "bool":
        u32(codes.bool);
        parts.push(Buffer.from([entry.value ? 1 : 0]));
        break;
      case "f32":
        u32(codes.f32);
        f32(entry.value);
        break;
      case "i32":
        u32(codes.i32);
        i32(entry.value);
        break;
      case "u16":
        u32(codes.u16);
        parts.push(Buffer.from(Uint16Array.of(entry.value).buffer));
        break;
      case "u32":
        u32(codes.u32);
        u32(entry.value);
        break;
    }
  }
  let offset = 0;
  for (const tensor of tensors) {
    text(tensor.name);
    u32(tensor.dimensions.length);
    for (const dimension of tensor.dimensions) u64(dimension);
    u32(tensor.type ?? 0);
    u64(offset);
    offset += padded(tensor.data.byteLength, alignment);
  }
  const header = Buffer.concat(parts);
  const body = tensors.map(({ data }) => {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return Buffer.concat([bytes, Buffer.alloc(padded(bytes.length, alignment) - bytes.length)]);
  });
  return Buffer.concat([header, Buffer.alloc(padded(header.length, alignment) - header.length), ...body]);
}

function padded(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}
