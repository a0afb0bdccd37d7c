import { expect, test } from "vitest";
import { randomValues } from "../../src/engine/process/kernels/randomValues";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";

/** Half precision, by IEEE 754. */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? Infinity : NaN;
  const size = exponent === 0 ? (fraction / 1024) * 2 ** -14 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return (bits & 0x8000) === 0 ? size : -size;
}

const typeOf = (name: string) => [...ggmlTypes.values()].find((type) => type.name === name) ?? { bytes: 1, values: 1 };

test("floats are numbers of usual size and of both signs", () => {
  const floats = [...new Float32Array(randomValues("F32", 4096, 4).buffer)];
  const halves = [...new Uint16Array(randomValues("F16", 4096, 2).buffer)].map(half);
  const brains = [...new Uint16Array(randomValues("BF16", 4096, 2).buffer)].map(
    (bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0,
  );
  for (const values of [floats, halves, brains]) {
    for (const value of values) {
      expect(Math.abs(value)).toBeGreaterThanOrEqual(0.5);
      expect(Math.abs(value)).toBeLessThan(1);
    }
    expect(new Set(values.map(Math.sign))).toEqual(new Set([1, -1]));
  }
});

test.each([
  ["Q4_0", [0]],
  ["Q4_1", [0, 2]],
  ["Q8_0", [0]],
  ["Q2_K", [80, 82]],
  ["Q3_K", [108]],
  ["Q4_K", [0, 2]],
  ["Q6_K", [208]],
  ["IQ2_XXS", [0]],
  ["TQ2_0", [64]],
] as const)("every block of %s has scales that are usual numbers, and any bits beside", (name, places) => {
  const { bytes } = typeOf(name);
  const blocks = Math.ceil(200_000 / bytes);
  const values = randomValues(name, blocks * bytes, bytes);
  const view = new DataView(values.buffer);
  for (let block = 0; block < blocks; block++) {
    for (const place of places) {
      const scale = half(view.getUint16(block * bytes + place, true));
      expect(scale).toBeGreaterThan(0.003);
      expect(scale).toBeLessThan(0.008);
    }
  }
  expect(new Set(values).size).toBe(256);
});

test("every type has its values, whatever size is asked for", () => {
  for (const { name, bytes } of ggmlTypes.values()) {
    expect(randomValues(name, 3 * bytes, bytes)).toHaveLength(3 * bytes);
    expect(randomValues(name, 70_000 * bytes, bytes)).toHaveLength(70_000 * bytes);
  }
});
