/**
 * Finds the values in the text of a JSON file without parsing them, so that a large file can be parsed value by value.
 * What lies inside a value is only skipped: whoever parses it finds out whether it is JSON.
 */
export interface JsonRange {
  /** First byte, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** Nested deeper or of more values than anything of ours: recursive code would not survive it, or it would take long. */
  readonly tooComplex: boolean;
}

export interface JsonMember extends JsonRange {
  /** Where the member's name stands, quotes included; absent in an array. */
  readonly name?: JsonRange;
}

/** A bracket, comma or name is missing. */
export class JsonRangeError extends Error {}

/** Bytes after which the scan asks for a breath: well below a millisecond. */
const breathBytes = 64 * 1024;
const maxDepth = 100;
/** A message with its figures is some fifty values; what a tool was called with may be more. */
const maxValues = 20_000;
const maxWord = 1_000;
const maxSpace = 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Where the file's one value is. @throws JsonRangeError there is none, or more than that. */
export function* wholeValue(bytes: Uint8Array): Generator<undefined, JsonRange> {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const range = yield* skipValue(bytes, skipSpace(bytes, hasMark ? 3 : 0));
  if (skipSpace(bytes, range.end) !== bytes.length) throw new JsonRangeError("There is more than one value.");
  return range;
}

/**
 * The members of an object or the items of an array, one after the other; undefined in between, where it is a good
 * moment to let others run. @throws JsonRangeError
 */
export function* membersOf(bytes: Uint8Array, { start }: JsonRange): Generator<JsonMember | undefined, void> {
  const named = bytes[start] === openBrace;
  if (!named && bytes[start] !== openBracket) throw new JsonRangeError("Neither an object nor an array.");
  const close = named ? closeBrace : closeBracket;
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === close) return;
  for (;;) {
    let name: JsonRange | undefined;
    if (named) {
      if (bytes[at] !== quote) throw new JsonRangeError("A name is missing.");
      name = yield* skipValue(bytes, at);
      at = skipSpace(bytes, name.end);
      if (bytes[at] !== colon) throw new JsonRangeError("A colon is missing.");
      at = skipSpace(bytes, at + 1);
    }
    const value = yield* skipValue(bytes, at);
    yield name === undefined ? value : { ...value, name };
    at = skipSpace(bytes, value.end);
    if (bytes[at] === close) return;
    if (bytes[at] !== comma) throw new JsonRangeError("A comma is missing.");
    at = skipSpace(bytes, at + 1);
  }
}

export function isArray(bytes: Uint8Array, { start }: JsonRange): boolean {
  return bytes[start] === openBracket;
}

export function isObject(bytes: Uint8Array, { start }: JsonRange): boolean {
  return bytes[start] === openBrace;
}

function* skipValue(bytes: Uint8Array, start: number): Generator<undefined, JsonRange> {
  let at = start;
  let depth = 0;
  let deepest = 0;
  let values = 1;
  let inString = false;
  let breathAt = start + breathBytes;
  do {
    const byte = bytes[at];
    if (byte === undefined) throw new JsonRangeError("The text ends in the middle of a value.");
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
      at++;
    } else if (byte === quote) {
      inString = true;
      at++;
    } else if (byte === openBrace || byte === openBracket) {
      deepest = Math.max(deepest, ++depth);
      values++;
      at++;
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) throw new JsonRangeError("A value is missing.");
      depth--;
      at++;
    } else if (depth === 0) at = skipWord(bytes, at);
    else {
      if (byte === comma) values++;
      at++;
    }
    if (at > breathAt) {
      breathAt = at + breathBytes;
      yield undefined;
    }
  } while (depth > 0 || inString);
  return { start, end: at, tooComplex: deepest > maxDepth || values > maxValues };
}

/** A number, true, false or null, or what stands in its place. */
function skipWord(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === comma || byte === closeBrace || byte === closeBracket || byte === colon || isSpace(byte)) break;
    if (at - start > maxWord) throw new JsonRangeError("No number is that long.");
  }
  if (at === start) throw new JsonRangeError("A value is missing.");
  return at;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at])) at++;
  if (at - start > maxSpace) throw new JsonRangeError("Nobody indents that far.");
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
