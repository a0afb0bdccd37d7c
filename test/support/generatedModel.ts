import { createWriteStream, existsSync } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { once } from "node:events";
import { readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { seededRandom } from "./random";

/** Llama 3.2 1B's shape; the vocabulary is the donor's, so that text works. 1.06 G parameters with 49,152 tokens. */
const shape = { layers: 16, width: 2048, heads: 32, headsKv: 8, feedForward: 8192, context: 4096 };
const Q4_0 = 2;
const BLOCK = 18;

/**
 * Writes a model of the 1B class with random weights, for speed only: valid Q4_0 blocks with small scales. Tokenizer and
 * chat template are copied from the donor's header byte for byte.
 * @param donor a llama-architecture GGUF whose tokenizer is taken.
 */
export async function generateModel(donor: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  const { keys, vocabulary } = await tokenizerOf(donor);
  const metadata: Buffer[] = [
    text("general.architecture", "llama"),
    text("general.name", "generated-1b"),
    u32("general.file_type", 2),
    u32("llama.context_length", shape.context),
    u32("llama.embedding_length", shape.width),
    u32("llama.block_count", shape.layers),
    u32("llama.feed_forward_length", shape.feedForward),
    u32("llama.attention.head_count", shape.heads),
    u32("llama.attention.head_count_kv", shape.headsKv),
    f32("llama.attention.layer_norm_rms_epsilon", 1e-5),
    ...keys,
  ];
  const kv = (shape.width / shape.heads) * shape.headsKv;
  const tensors: { name: string; dimensions: number[]; quantized: boolean }[] = [
    { name: "token_embd.weight", dimensions: [shape.width, vocabulary], quantized: true },
    { name: "output_norm.weight", dimensions: [shape.width], quantized: false },
  ];
  for (let layer = 0; layer < shape.layers; layer++) {
    const add = (name: string, dimensions: number[], quantized = true): void => {
      tensors.push({ name: `blk.${layer}.${name}.weight`, dimensions, quantized });
    };
    add("attn_norm", [shape.width], false);
    add("attn_q", [shape.width, shape.width]);
    add("attn_k", [shape.width, kv]);
    add("attn_v", [shape.width, kv]);
    add("attn_output", [shape.width, shape.width]);
    add("ffn_norm", [shape.width], false);
    add("ffn_gate", [shape.width, shape.feedForward]);
    add("ffn_up", [shape.width, shape.feedForward]);
    add("ffn_down", [shape.feedForward, shape.width]);
  }
  const sized = tensors.map((tensor) => {
    const values = tensor.dimensions.reduce((a, b) => a * b, 1);
    return { ...tensor, bytes: tensor.quantized ? (values / 32) * BLOCK : values * 4 };
  });
  const infos: Buffer[] = [];
  let offset = 0;
  for (const { name, dimensions, quantized, bytes } of sized) {
    const fixed = Buffer.alloc(4 + dimensions.length * 8 + 12);
    fixed.writeUInt32LE(dimensions.length, 0);
    dimensions.forEach((dimension, index) => fixed.writeBigUInt64LE(BigInt(dimension), 4 + index * 8));
    fixed.writeUInt32LE(quantized ? Q4_0 : 0, 4 + dimensions.length * 8);
    fixed.writeBigUInt64LE(BigInt(offset), 8 + dimensions.length * 8);
    infos.push(string(name), fixed);
    offset += padded(bytes);
  }
  const head = Buffer.alloc(24);
  head.write("GGUF");
  head.writeUInt32LE(3, 4);
  head.writeBigUInt64LE(BigInt(sized.length), 8);
  head.writeBigUInt64LE(BigInt(metadata.length), 16);
  const header = Buffer.concat([head, ...metadata, ...infos]);

  const part = `${target}.part`;
  const out = createWriteStream(part);
  const write = async (bytes: Buffer): Promise<void> => {
    if (!out.write(bytes)) await once(out, "drain");
  };
  await write(header);
  await write(Buffer.alloc(padded(header.length) - header.length));
  const pool = blocks(65_536);
  for (const { quantized, bytes } of sized) {
    if (quantized) {
      for (let left = bytes; left > 0; left -= pool.length)
        await write(left < pool.length ? pool.subarray(0, left) : pool);
    } else {
      const ones = Buffer.alloc(bytes);
      for (let at = 0; at < bytes; at += 4) ones.writeFloatLE(1, at);
      await write(ones);
    }
    await write(Buffer.alloc(padded(bytes) - bytes));
  }
  out.end();
  await once(out, "finish");
  await rename(part, target);
}

/** Random Q4_0 blocks: an F16 scale of about 0.002 (bits 0x18xx) and 32 random nibbles. */
function blocks(count: number): Buffer {
  const random = seededRandom(1);
  const bytes = Buffer.alloc(count * BLOCK);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    bytes.writeUInt16LE(0x1800 + Math.floor(random() * 256), at);
    for (let index = 2; index < BLOCK; index++) bytes[at + index] = Math.floor(random() * 256);
  }
  return bytes;
}

/** The donor's tokenizer keys, as they stand in its file. */
async function tokenizerOf(donor: string): Promise<{ keys: Buffer[]; vocabulary: number }> {
  const { size } = await stat(donor);
  const file = await open(donor, "r");
  const bytes = Buffer.alloc(Math.min(size, 32 * 1024 * 1024));
  await file.read(bytes, 0, bytes.length, 0);
  await file.close();
  const tokens = readGgufHeader(bytes).metadata.get("tokenizer.ggml.tokens");
  if (typeof tokens !== "object") throw new Error("The donor has no vocabulary.");
  const keys: Buffer[] = [];
  const count = Number(bytes.readBigUInt64LE(16));
  let at = 24;
  for (let index = 0; index < count; index++) {
    const start = at;
    const length = Number(bytes.readBigUInt64LE(at));
    const name = bytes.toString("utf8", at + 8, at + 8 + length);
    at = afterValue(bytes, at + 8 + length + 4, bytes.readUInt32LE(at + 8 + length));
    if (name.startsWith("tokenizer.")) keys.push(bytes.subarray(start, at));
  }
  return { keys, vocabulary: tokens.length };
}

function afterValue(bytes: Buffer, at: number, type: number): number {
  const fixed = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type] ?? 0;
  if (fixed > 0) return at + fixed;
  if (type === 8) return at + 8 + Number(bytes.readBigUInt64LE(at));
  const element = bytes.readUInt32LE(at);
  const length = Number(bytes.readBigUInt64LE(at + 4));
  let end = at + 12;
  for (let index = 0; index < length; index++) end = afterValue(bytes, end, element);
  return end;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
}
function typed(key: string, type: number, value: Buffer): Buffer {
  const code = Buffer.alloc(4);
  code.writeUInt32LE(type);
  return Buffer.concat([string(key), code, value]);
}
function text(key: string, value: string): Buffer {
  return typed(key, 8, string(value));
}
function u32(key: string, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return typed(key, 4, bytes);
}
function f32(key: string, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return typed(key, 6, bytes);
}
function padded(size: number): number {
  return Math.ceil(size / 32) * 32;
}
