/** Where a stretch of bytes lies, `end` not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A length of 8 bytes, then the key: as GGUF writes it. */
const KEY = Buffer.concat([Buffer.from([21, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("tokenizer.ggml.tokens")]);
const ARRAY = 9;
const STRING = 8;
/** Of GGUF's value types 0 to 12. */
const fixedBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/**
 * Where a GGUF header holds its vocabulary: from the key of the tokens to behind the last of the arrays that follow
 * each other (types, scores, merges). It looks for bytes and trusts nothing: whoever uses the span checks the result.
 * @returns undefined where there is none. `end` is that of what was given, where the arrays go on beyond it.
 */
export function vocabularySpan(header: Uint8Array): Span | undefined {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const start = bytes.indexOf(KEY);
  if (start === -1) return undefined;
  let end = start;
  for (;;) {
    const next = arrayEntryEnd(bytes, end);
    if (next === undefined) return { start, end: end === start ? bytes.length : end };
    end = next;
  }
}

/** Behind a metadata entry that is an array; undefined for another entry, or one that goes on beyond the bytes. */
function arrayEntryEnd(bytes: Buffer, at: number): number | undefined {
  if (at + 8 > bytes.length) return undefined;
  const key = Number(bytes.readBigUInt64LE(at));
  const type = at + 8 + key;
  if (key > 65_535 || type + 16 > bytes.length || bytes.readUInt32LE(type) !== ARRAY) return undefined;
  const of = bytes.readUInt32LE(type + 4);
  const count = Number(bytes.readBigUInt64LE(type + 8));
  let end = type + 16;
  if (of !== STRING) {
    end += (fixedBytes[of] ?? 0) * count;
    return end <= bytes.length ? end : undefined;
  }
  for (let index = 0; index < count; index++) {
    if (end + 8 > bytes.length) return undefined;
    end += 8 + Number(bytes.readBigUInt64LE(end));
  }
  return end <= bytes.length ? end : undefined;
}
