/** Repeated where more is wanted: far more than a kernel's registers and less than any cache hold at once. */
const PATTERN_BYTES = 1 << 16;

/**
 * Values of a type that take as long to compute with as a model's. What is quantized may be any bits, but scales have to
 * be numbers of a usual size: with infinities and the tiniest numbers among them products take up to a tenth longer.
 * @param blockBytes of a block of the type.
 */
export function randomValues(type: string, bytes: number, blockBytes: number): Uint8Array {
  const length = Math.max(1, Math.floor(PATTERN_BYTES / blockBytes)) * blockBytes;
  const pattern = randomBytes(length);
  const put = setters.get(type) ?? halfAt(0);
  for (let block = 0; block < length; block += blockBytes) put(pattern, block);
  const values = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += length) values.set(pattern.subarray(0, Math.min(length, bytes - at)), at);
  return values;
}

function randomBytes(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let seed = 0x9e3779b9;
  for (let at = 0; at < words.length; at++) {
    // xorshift (Marsaglia 2003): each run has the same bytes.
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    words[at] = seed;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Makes a block's numbers usual ones. */
type Setter = (pattern: Uint8Array, block: number) => void;

/** Of the byte at a place, some bits. */
function bitsAt(place: number, mask: number, bits: number): Setter {
  return (pattern, block) => {
    pattern[block + place] = ((pattern[block + place] ?? 0) & ~mask & 0xff) | bits;
  };
}

/** Scales in half precision, which become 0.004 to 0.008. */
function halfAt(...places: readonly number[]): Setter {
  return all(...places.map((place) => bitsAt(place + 1, 0xfc, 0x1c)));
}

function all(...setters: readonly Setter[]): Setter {
  return (pattern, block) => {
    for (const set of setters) set(pattern, block);
  };
}

/** Where scales stand in a block (ggml-common.h); where nothing is said, one in half precision is the first of it. */
const setters: ReadonlyMap<string, Setter> = new Map([
  // Themselves, with any sign: 0.5 to 1.
  ["F32", all(bitsAt(3, 0x7f, 0x3f), bitsAt(2, 0x80, 0))],
  ["F16", bitsAt(1, 0x7c, 0x38)],
  ["BF16", all(bitsAt(1, 0x7f, 0x3f), bitsAt(0, 0x80, 0))],
  ["Q4_1", halfAt(0, 2)],
  ["Q5_1", halfAt(0, 2)],
  ["Q2_K", halfAt(80, 82)],
  ["Q3_K", halfAt(108)],
  ["Q4_K", halfAt(0, 2)],
  ["Q5_K", halfAt(0, 2)],
  ["Q6_K", halfAt(208)],
  ["TQ1_0", halfAt(52)],
  ["TQ2_0", halfAt(64)],
  // Its scale is spread over the first bits of four words.
  ["IQ1_M", bitsAt(55, 0xf0, 0x20)],
  // Exponents alone: 2^-7 to 1.
  ["MXFP4", bitsAt(0, 0xf8, 0x78)],
  // Four of eight bits: 0.25 to 0.47.
  ["NVFP4", all(...[0, 1, 2, 3].map((place) => bitsAt(place, 0xf8, 0x28)))],
]);
