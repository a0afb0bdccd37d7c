/** Repeated where more is wanted: far more than a kernel's registers and less than any cache hold at once. */
const PATTERN_BYTES = 1 << 16;

/**
 * Values of a type that take as long to compute with as a model's. Floats lie between 0.5 and 1, because tiny ones would
 * be slow; what a quantized block holds does not matter for time, and any bytes are a block.
 */
export function randomValues(type: string, bytes: number): Uint8Array {
  const pattern = new Uint8Array(PATTERN_BYTES);
  const words = new Uint32Array(pattern.buffer);
  let seed = 0x9e3779b9;
  for (let at = 0; at < words.length; at++) {
    // xorshift (Marsaglia 2003): each run has the same bytes.
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    words[at] = seed;
  }
  const half = exponents[type];
  if (half !== undefined)
    for (let at = 0; at < words.length; at++) words[at] = ((words[at] ?? 0) & half.mask) | half.exponent;
  const values = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += PATTERN_BYTES)
    values.set(pattern.subarray(0, Math.min(PATTERN_BYTES, bytes - at)), at);
  return values;
}

/** Sign and fraction kept, the exponent that of 0.5, in one float of 32 bits or two of 16. */
const exponents: Readonly<Record<string, { readonly mask: number; readonly exponent: number }>> = {
  F32: { mask: 0x807fffff, exponent: 0x3f000000 },
  F16: { mask: 0x83ff83ff, exponent: 0x38003800 },
  BF16: { mask: 0x807f807f, exponent: 0x3f003f00 },
};
