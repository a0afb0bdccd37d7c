import { formatBytes, formatCount } from "../../platform/core/format";
import { ggmlTypes } from "./ggmlTypes";
import { type VocabularyFacts, vocabularyFacts } from "./vocabulary";

/**
 * A strict reader of GGUF headers (ggml's docs/gguf.md, versions 2 and 3, little endian). Files come from anywhere: every
 * count and length is checked against what is really there before anything is made of it, and nothing is allocated by
 * a number that the file claims.
 */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Of the tokens' texts; undefined: there is no list of them. */
  readonly vocabulary: VocabularyFacts | undefined;
  /** Where tensor data begins, bytes from the start. */
  readonly dataOffset: number;
  /** The size that the file must have at least, bytes. */
  readonly expectedSize: number;
}
export type GgufValue = string | number | bigint | boolean | GgufArray;
export interface GgufArray {
  /** The GGUF value type of its items. */
  readonly arrayOf: number;
  readonly length: number;
  /** The items of a short array of numbers or booleans (0 and 1), such as one for each layer; undefined for any other. */
  readonly numbers: readonly number[] | undefined;
  /** Its first items, to show what is in it. */
  readonly sample: readonly (string | number)[];
}
export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: number;
  readonly offset: number;
  readonly bytes: number;
}

export type GgufProblem =
  "not-gguf" | "bad-version" | "big-endian" | "incomplete" | "damaged" | "unknown-type" | "truncated";

/**
 * Thrown by the reader. "incomplete" means that the header goes on beyond the bytes that were given, "truncated" that
 * tensors lie past the file's end.
 */
export class GgufError extends Error {
  constructor(
    readonly problem: GgufProblem,
    message: string,
  ) {
    super(message);
    this.name = "GgufError";
  }
}

const MAX_KEYS = 65_536;
const MAX_TENSORS = 65_536;
const MAX_KEY_LENGTH = 65_535;
/** Chat templates and licences are the longest texts; a megabyte of either is an attack. */
const MAX_TEXT_LENGTH = 1 << 20;
/** GGML_MAX_NAME, less the zero at the end. */
const MAX_TENSOR_NAME = 63;
const MAX_DIMENSIONS = 4;
/** Of all texts together, bytes: they stay in memory. */
const MAX_ALL_TEXT = 8 << 20;
/** Numbers of an array that are kept: one for each layer or so. A vocabulary's are not. */
const MAX_KEPT_NUMBERS = 4096;
/** Of all arrays together. */
const MAX_ALL_KEPT_NUMBERS = 65_536;
/** Items that are kept to be shown, and the bytes of them that are, of a text. */
const SAMPLE = 8;
const SAMPLE_TEXT = 80;
/** Deeper arrays of arrays do not occur; llama.cpp itself refuses them. */
const MAX_ARRAY_DEPTH = 1;

/** GGUF value types 0 to 12: bytes each, 0 for those without a fixed size. */
const valueBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8] as const;
const STRING = 8;
const ARRAY = 9;
/** Type and length of an array's items. */
const ARRAY_HEAD = 12;
const TOKENS = "tokenizer.ggml.tokens";

/**
 * @param bytes the beginning of the file, all of the header or as much as is there.
 * @throws GgufError
 */
export function readGgufHeader(bytes: Uint8Array): GgufHeader {
  const reader = new Reader(bytes);
  if (bytes.length < 4) throw new GgufError("not-gguf", "too short for the magic number");
  if (reader.u32() !== 0x46554747) throw new GgufError("not-gguf", "no GGUF magic number");
  const version = reader.u32();
  if (version !== 2 && version !== 3) {
    if (version !== 0 && (version & 0xffff) === 0) throw new GgufError("big-endian", "the file is big-endian");
    throw new GgufError("bad-version", `version ${version}`);
  }
  const tensorCount = reader.count("tensors", MAX_TENSORS);
  const keyCount = reader.count("metadata keys", MAX_KEYS);
  const metadata = new Map<string, GgufValue>();
  let vocabulary: VocabularyFacts | undefined;
  for (let index = 0; index < keyCount; index++) {
    const key = reader.string(MAX_KEY_LENGTH);
    if (key === "") throw new GgufError("damaged", "an empty metadata key");
    if (metadata.has(key))
      throw new GgufError("damaged", `the metadata key ${JSON.stringify(key.slice(0, 80))} stands twice`);
    const type = reader.u32();
    const start = reader.position;
    const value = reader.value(type, 0);
    metadata.set(key, value);
    if (key === TOKENS && typeof value === "object" && value.arrayOf === STRING)
      vocabulary = vocabularyFacts(bytes, start + ARRAY_HEAD, value.length);
  }
  const alignmentValue = metadata.get("general.alignment") ?? 32;
  const alignment = typeof alignmentValue === "number" ? alignmentValue : 0;
  if (alignment < 8 || alignment > 65_536 || (alignment & (alignment - 1)) !== 0)
    throw new GgufError("damaged", "an impossible alignment");

  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  let end = 0;
  for (let index = 0; index < tensorCount; index++) {
    const name = reader.string(MAX_TENSOR_NAME);
    if (names.has(name)) throw new GgufError("damaged", "two tensors have the same name");
    names.add(name);
    const tensor = readTensor(reader, name);
    if (tensor.offset !== end)
      throw new GgufError("damaged", `the tensor ${JSON.stringify(name.slice(0, 80))} lies in the wrong place`);
    end = pad(tensor.offset + tensor.bytes, alignment);
    if (!Number.isSafeInteger(end)) throw new GgufError("damaged", "tensors of impossible size");
    tensors.push(tensor);
  }
  const dataOffset = pad(reader.position, alignment);
  const last = tensors.at(-1);
  return {
    version,
    metadata,
    tensors,
    vocabulary,
    dataOffset,
    expectedSize: dataOffset + (last === undefined ? 0 : last.offset + last.bytes),
  };
}

/**
 * @param size of the whole file, bytes.
 * @throws GgufError truncated: tensors lie past its end.
 */
export function checkSize({ expectedSize }: GgufHeader, size: number): void {
  if (size >= expectedSize) return;
  const there = formatBytes(size);
  const needed = formatBytes(expectedSize);
  throw new GgufError(
    "truncated",
    there === needed
      ? `${formatCount(size)} of at least ${formatCount(expectedSize)} bytes`
      : `${there} of at least ${needed}`,
  );
}

function readTensor(reader: Reader, name: string): GgufTensor {
  const rank = reader.u32();
  if (rank > MAX_DIMENSIONS) throw new GgufError("damaged", `a tensor of ${rank} dimensions`);
  const dimensions: number[] = [];
  let values = 1;
  for (let dimension = 0; dimension < rank; dimension++) {
    const size = reader.u64("a tensor's size");
    values *= size;
    if (!Number.isSafeInteger(values)) throw new GgufError("damaged", "a tensor of impossible size");
    dimensions.push(size);
  }
  const type = reader.u32();
  const block = ggmlTypes.get(type);
  if (block === undefined) throw new GgufError("unknown-type", `tensor type ${type}`);
  if ((dimensions[0] ?? 1) % block.values !== 0)
    throw new GgufError("damaged", "a tensor row that is not whole blocks");
  const bytes = (values / block.values) * block.bytes;
  const offset = reader.u64("a tensor's offset");
  if (!Number.isSafeInteger(bytes + offset)) throw new GgufError("damaged", "a tensor of impossible size");
  return { name, dimensions, type, offset, bytes };
}

function pad(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

class Reader {
  position = 0;
  private readonly view: DataView;
  private textBytes = 0;
  private keptNumbers = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  u64(what: string): number {
    const at = this.take(8);
    // Two halves, since a vocabulary has as many of them as tokens and bigints are slow.
    const value = this.view.getUint32(at + 4, true) * 2 ** 32 + this.view.getUint32(at, true);
    if (value > Number.MAX_SAFE_INTEGER) throw new GgufError("damaged", `${what} is impossibly large`);
    return value;
  }

  count(what: string, most: number): number {
    const value = this.u64(`the number of ${what}`);
    if (value > most) throw new GgufError("damaged", `${value} ${what}`);
    return value;
  }

  string(most: number): string {
    const length = this.u64("a string's length");
    if (length > most) throw new GgufError("damaged", `a string of ${length} bytes where at most ${most} make sense`);
    return this.text(this.take(length), length);
  }

  private text(start: number, length: number): string {
    this.textBytes += length;
    if (this.textBytes > MAX_ALL_TEXT) throw new GgufError("damaged", `more than ${MAX_ALL_TEXT} bytes of texts`);
    return decodeText(this.bytes.subarray(start, start + length));
  }

  value(type: number, depth: number): GgufValue {
    switch (type) {
      case STRING:
        return this.string(MAX_TEXT_LENGTH);
      case ARRAY:
        return this.array(depth);
      default:
        return this.scalar(type);
    }
  }

  private scalar(type: number): number | bigint | boolean {
    switch (type) {
      case 0:
        return this.view.getUint8(this.take(1));
      case 1:
        return this.view.getInt8(this.take(1));
      case 2:
        return this.view.getUint16(this.take(2), true);
      case 3:
        return this.view.getInt16(this.take(2), true);
      case 4:
        return this.u32();
      case 5:
        return this.view.getInt32(this.take(4), true);
      case 6:
        return this.view.getFloat32(this.take(4), true);
      case 7: {
        const flag = this.view.getUint8(this.take(1));
        if (flag > 1) throw new GgufError("damaged", "a boolean that is neither true nor false");
        return flag === 1;
      }
      case 10:
        return this.view.getBigUint64(this.take(8), true);
      case 11:
        return this.view.getBigInt64(this.take(8), true);
      case 12:
        return this.view.getFloat64(this.take(8), true);
      default:
        throw new GgufError("damaged", `a metadata value of unknown type ${type}`);
    }
  }

  /** Arrays are walked, and only short ones of numbers kept: a vocabulary has a hundred thousand strings. */
  private array(depth: number): GgufValue {
    if (depth >= MAX_ARRAY_DEPTH) throw new GgufError("damaged", "arrays inside arrays");
    const type = this.u32();
    const length = this.u64("an array's length");
    const each = valueBytes[type];
    if (each === undefined || type === ARRAY) throw new GgufError("damaged", `an array of unknown type ${type}`);
    if (type === STRING) return { arrayOf: type, length, numbers: undefined, sample: this.texts(length) };
    const isKept = length <= MAX_KEPT_NUMBERS && this.keptNumbers + length <= MAX_ALL_KEPT_NUMBERS;
    const read = isKept ? length : Math.min(length, SAMPLE);
    const numbers: number[] = [];
    for (let index = 0; index < read; index++) numbers.push(Number(this.scalar(type)));
    this.take(each * (length - read));
    if (isKept) this.keptNumbers += length;
    return { arrayOf: type, length, numbers: isKept ? numbers : undefined, sample: numbers.slice(0, SAMPLE) };
  }

  /** Walks a list of texts. @returns the beginnings of the first. */
  private texts(length: number): string[] {
    const sample: string[] = [];
    for (let index = 0; index < length; index++) {
      const bytes = this.u64("a string's length");
      const start = this.take(bytes);
      if (index < SAMPLE) sample.push(this.text(start, Math.min(bytes, SAMPLE_TEXT)));
    }
    return sample;
  }

  private take(count: number): number {
    const start = this.position;
    if (!Number.isSafeInteger(start + count) || start + count > this.bytes.length) {
      throw new GgufError("incomplete", "the header ends in the middle");
    }
    this.position = start + count;
    return start;
  }
}

/** Code points that are made into text at once: adding them one by one takes 32 times their memory. */
const CODES_AT_ONCE = 4096;

/** UTF-8 without TextDecoder, which core code does not have; what is broken becomes U+FFFD. */
function decodeText(bytes: Uint8Array): string {
  let text = "";
  let codes: number[] = [];
  for (let index = 0; index < bytes.length;) {
    const first = bytes[index] ?? 0;
    const length =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
    let code = length === 1 ? first : length === 0 ? 0xfffd : first & (0xff >> (length + 1));
    let good = length > 0 && index + length <= bytes.length;
    for (let more = 1; good && more < length; more++) {
      const next = bytes[index + more] ?? 0;
      good = (next & 0xc0) === 0x80;
      code = (code << 6) | (next & 0x3f);
    }
    codes.push(good && code <= 0x10ffff ? code : 0xfffd);
    index += good ? length : 1;
    if (codes.length < CODES_AT_ONCE && index < bytes.length) continue;
    text += String.fromCodePoint(...codes);
    codes = [];
  }
  return text;
}
