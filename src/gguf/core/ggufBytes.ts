/** Writing GGUF headers (ggml's docs/gguf.md, version 3), for models that are generated. */

const ALIGNMENT = 32;
const encoded = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

export type GgufEntry =
  | { readonly type: "u32" | "f32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "f32s" | "i32s"; readonly value: readonly number[] };

export interface TensorPlan {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** ggml's number. */
  readonly type: number;
  readonly bytes: number;
}

/** Up to the next multiple of GGUF's default alignment. */
export function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

/** One metadata key with its value, as it stands in a file. */
export function metadataBytes(key: string, entry: GgufEntry): Uint8Array {
  const writer = new ByteWriter();
  writer.string(key);
  switch (entry.type) {
    case "u32":
      writer.u32(encoded.u32);
      writer.u32(entry.value);
      break;
    case "f32":
      writer.u32(encoded.f32);
      writer.f32(entry.value);
      break;
    case "bool":
      writer.u32(encoded.bool);
      writer.bytes(Uint8Array.of(entry.value ? 1 : 0));
      break;
    case "string":
      writer.u32(encoded.string);
      writer.string(entry.value);
      break;
    case "strings":
      writer.list(encoded.string, entry.value, (value) => writer.string(value));
      break;
    case "f32s":
      writer.list(encoded.f32, entry.value, (value) => writer.f32(value));
      break;
    case "i32s":
      writer.list(encoded.i32, entry.value, (value) => writer.u32(value));
      break;
  }
  return writer.done();
}

/** A header up to where tensor data begins. */
export function headerBytes(metadata: readonly Uint8Array[], tensors: readonly TensorPlan[]): Uint8Array {
  const writer = new ByteWriter();
  writer.u32(0x46554747);
  writer.u32(3);
  writer.u64(tensors.length);
  writer.u64(metadata.length);
  for (const entry of metadata) writer.bytes(entry);
  let offset = 0;
  for (const { name, dimensions, type, bytes } of tensors) {
    writer.string(name);
    writer.u32(dimensions.length);
    for (const dimension of dimensions) writer.u64(dimension);
    writer.u32(type);
    writer.u64(offset);
    offset += aligned(bytes);
  }
  writer.bytes(new Uint8Array(aligned(writer.length) - writer.length));
  return writer.done();
}

class ByteWriter {
  private readonly parts: Uint8Array[] = [];
  length = 0;

  bytes(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  u32(value: number): void {
    this.fixed(4, (view) => view.setUint32(0, value >>> 0, true));
  }

  u64(value: number): void {
    this.fixed(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  f32(value: number): void {
    this.fixed(4, (view) => view.setFloat32(0, value, true));
  }

  /** UTF-8 of text that has no characters beyond the Basic Multilingual Plane, which is all that is generated. */
  string(text: string): void {
    const bytes: number[] = [];
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
      else bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    }
    this.u64(bytes.length);
    this.bytes(Uint8Array.from(bytes));
  }

  list<T>(type: number, values: readonly T[], write: (value: T) => void): void {
    this.u32(encoded.array);
    this.u32(type);
    this.u64(values.length);
    for (const value of values) write(value);
  }

  done(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  private fixed(size: number, write: (view: DataView) => void): void {
    const bytes = new Uint8Array(size);
    write(new DataView(bytes.buffer));
    this.bytes(bytes);
  }
}
