import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";

/** GGUF headers of any kind without the tensors' data: of models too big to generate, of split ones, of wrong ones. */
export interface HeaderTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** ggml's number; F32 where it is not given. */
  readonly type?: number;
  /** Where it is not given, the tensors follow each other. */
  readonly offset?: number;
}

/** Whole numbers become u32, others f32, arrays of numbers i32 arrays; `gguf` gives the type. */
export type HeaderValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | { readonly gguf: number; readonly value: number | bigint };

export function ggufHeader(
  metadata: Readonly<Record<string, HeaderValue>>,
  tensors: readonly HeaderTensor[] = [],
  version = 3,
): Buffer {
  const writer = new Writer();
  writer.raw(Buffer.from("GGUF"));
  writer.scalar(4, version);
  writer.scalar(10, BigInt(tensors.length));
  writer.scalar(10, BigInt(Object.keys(metadata).length));
  for (const [key, value] of Object.entries(metadata)) {
    writer.text(key);
    writer.value(value);
  }
  let end = 0;
  for (const { name, dimensions, type = 0, offset = end } of tensors) {
    writer.text(name);
    writer.scalar(4, dimensions.length);
    for (const dimension of dimensions) writer.scalar(10, BigInt(dimension));
    writer.scalar(4, type);
    writer.scalar(10, BigInt(offset));
    const block = ggmlTypes.get(type) ?? { values: 1, bytes: 4 };
    const bytes = (dimensions.reduce((a, b) => a * b, 1) / block.values) * block.bytes;
    end = Math.ceil((offset + bytes) / 32) * 32;
  }
  writer.pad(32);
  return writer.bytes();
}

class Writer {
  private readonly parts: Buffer[] = [];
  private length = 0;

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  raw(bytes: Buffer): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  pad(alignment: number): void {
    this.raw(Buffer.alloc(Math.ceil(this.length / alignment) * alignment - this.length));
  }

  text(value: string): void {
    const bytes = Buffer.from(value, "utf8");
    this.scalar(10, BigInt(bytes.length));
    this.raw(bytes);
  }

  scalar(type: number, value: number | bigint): void {
    const bytes = Buffer.alloc([1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type] ?? 0);
    if (type === 6) bytes.writeFloatLE(Number(value));
    else if (type === 12) bytes.writeDoubleLE(Number(value));
    else if (bytes.length === 8) bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
    else bytes.writeUIntLE(Number(BigInt.asUintN(bytes.length * 8, BigInt(value))), 0, bytes.length);
    this.raw(bytes);
  }

  value(value: HeaderValue): void {
    const type = (code: number): void => this.scalar(4, code);
    if (typeof value === "string") {
      type(8);
      this.text(value);
    } else if (typeof value === "boolean") {
      type(7);
      this.scalar(7, Number(value));
    } else if (typeof value === "number") {
      const code = Number.isInteger(value) && value >= 0 ? 4 : 6;
      type(code);
      this.scalar(code, value);
    } else if ("gguf" in value) {
      type(value.gguf);
      this.scalar(value.gguf, value.value);
    } else {
      const code = typeof value[0] === "string" ? 8 : 5;
      type(9);
      type(code);
      this.scalar(10, BigInt(value.length));
      for (const item of value) {
        if (typeof item === "string") this.text(item);
        else this.scalar(code, item);
      }
    }
  }
}
