import { open } from "node:fs/promises";
import type { TensorSums } from "./activations";

const GGUF_VERSION = 3;
const ALIGNMENT = 32;
const U32 = 4;
const STRING = 8;
const ARRAY = 9;

export interface ImatrixToWrite {
  readonly dataset: string;
  readonly chunks: number;
  /** Tokens. */
  readonly chunkSize: number;
  readonly tensors: ReadonlyMap<string, TensorSums>;
}

/** Writes llama-imatrix's GGUF format to a new file; llama-quantize reads it too. @throws Node's own errors. */
export async function writeImatrix(
  file: string,
  { dataset, chunks, chunkSize, tensors }: ImatrixToWrite,
): Promise<void> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.flatMap(([name, { sums, counts }]) => [
    {
      name: `${name}.in_sum2`,
      dimensions: [sums.length / counts.length, counts.length],
      data: Float32Array.from(sums),
    },
    { name: `${name}.counts`, dimensions: [1, counts.length], data: Float32Array.from(counts) },
  ]);
  const header: Buffer[] = [
    Buffer.from("GGUF"),
    u32(GGUF_VERSION),
    u64(parts.length),
    u64(4),
    ...[text("general.type"), u32(STRING), text("imatrix")],
    ...[text("imatrix.datasets"), u32(ARRAY), u32(STRING), u64(1), text(dataset)],
    ...[text("imatrix.chunk_count"), u32(U32), u32(chunks)],
    ...[text("imatrix.chunk_size"), u32(U32), u32(chunkSize)],
  ];
  let offset = 0;
  for (const { name, dimensions, data } of parts) {
    header.push(text(name), u32(dimensions.length), ...dimensions.map(u64), u32(0), u64(offset));
    offset += padded(data.byteLength);
  }
  const start = Buffer.concat(header);
  const handle = await open(file, "wx");
  try {
    await handle.write(Buffer.concat([start, Buffer.alloc(padded(start.length) - start.length)]));
    for (const { data } of parts) {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      await handle.write(Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]));
    }
  } finally {
    await handle.close();
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u64(bytes.length), bytes]);
}
function padded(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}
