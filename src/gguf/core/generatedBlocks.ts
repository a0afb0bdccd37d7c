import { ggmlTypes } from "./ggmlTypes";

/**
 * Valid tensor data of any type without a quantizer: random bytes, but for the scales, which are put where the type has
 * them (ggml-common.h) and kept small, so that nothing overflows. All bytes are valid indices into the i-quants' grids.
 * What a model of such weights says is nonsense; what it costs to compute is what a real one's does.
 */
interface Scales {
  /** Where 16-bit floats stand in a block, bytes. */
  readonly halves: readonly number[];
  /** Their upper byte: 0x04 is 2^-14, for scales that multiply other scales; 0x10 is 2^-11. */
  readonly high: number;
}
const INNER = 0x10;
const OUTER = 0x04;

const scales: ReadonlyMap<string, Scales> = new Map(
  (
    [
      ["Q4_0", [0], INNER],
      ["Q4_1", [0, 2], INNER],
      ["Q5_0", [0], INNER],
      ["Q5_1", [0, 2], INNER],
      ["Q8_0", [0], INNER],
      ["IQ4_NL", [0], INNER],
      ["Q1_0", [0], INNER],
      ["Q2_0", [0], INNER],
      ["TQ1_0", [52], INNER],
      ["TQ2_0", [64], INNER],
      ["Q2_K", [80, 82], OUTER],
      ["Q3_K", [108], OUTER],
      ["Q4_K", [0, 2], OUTER],
      ["Q5_K", [0, 2], OUTER],
      ["Q6_K", [208], OUTER],
      ["IQ4_XS", [0], OUTER],
      ["IQ3_S", [0], OUTER],
      ["IQ3_XXS", [0], OUTER],
      ["IQ2_S", [0], OUTER],
      ["IQ2_XS", [0], OUTER],
      ["IQ2_XXS", [0], OUTER],
      ["IQ1_S", [0], OUTER],
    ] as const
  ).map(([name, halves, high]) => [name, { halves, high }]),
);

/** @returns whether blocks of this type can be made here. */
export function canGenerate(type: number): boolean {
  const name = ggmlTypes.get(type)?.name ?? "";
  return scales.has(name) || name in special;
}

/**
 * @param type ggml's number.
 * @param random 0 to 1, 1 excluded.
 * @throws RangeError for a type that cannot be generated.
 */
export function generateBlocks(type: number, count: number, random: () => number): Uint8Array {
  const known = ggmlTypes.get(type);
  if (known === undefined || !canGenerate(type)) throw new RangeError(`no blocks of type ${type}`);
  const bytes = Uint8Array.from({ length: count * known.bytes }, () => Math.floor(random() * 256));
  for (let start = 0; start < bytes.length; start += known.bytes) {
    const { halves, high } = scales.get(known.name) ?? { halves: [], high: 0 };
    for (const half of halves) bytes[start + half + 1] = high;
    special[known.name]?.(bytes, start);
  }
  return bytes;
}

/** Types whose scales are not 16-bit floats. */
const special: Readonly<Record<string, ((bytes: Uint8Array, start: number) => void) | undefined>> = {
  // 2^-9 to 2^-8, either sign.
  F32: (bytes, start) => {
    bytes[start + 3] = 0x3b | ((bytes[start + 3] ?? 0) & 0x80);
    bytes[start + 2] = (bytes[start + 2] ?? 0) & 0x7f;
  },
  BF16: (bytes, start) => {
    bytes[start + 1] = 0x3b | ((bytes[start + 1] ?? 0) & 0x80);
    bytes[start] = (bytes[start] ?? 0) & 0x7f;
  },
  F16: (bytes, start) => {
    bytes[start + 1] = 0x1c | ((bytes[start + 1] ?? 0) & 0x80);
  },
  // An exponent of two, biased by 127.
  MXFP4: (bytes, start) => {
    bytes[start] = 118;
  },
  // Four scales with exponents of 4 bits: 2^-6 and 2^-5.
  NVFP4: (bytes, start) => {
    for (let scale = 0; scale < 4; scale++) bytes[start + scale] = 0x08 | ((bytes[start + scale] ?? 0) & 0x0f);
  },
  // The scale's four nibbles are the upper ones of the last four 16-bit numbers.
  IQ1_M: (bytes, start) => {
    bytes[start + 53] = ((bytes[start + 53] ?? 0) & 0x0f) | (OUTER << 4);
    bytes[start + 55] = (bytes[start + 55] ?? 0) & 0x0f;
  },
};
