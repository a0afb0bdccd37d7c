import { expect, test } from "vitest";
import { chunksFor, DivergenceSum, keep, summarize } from "../../src/engine/divergence";
import { seededRandom } from "../support/random";

function logits(seed: number, size = 2000, spread = 12): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: size }, () => (random() - 0.5) * spread);
}

/** The definition, in double precision. */
function exactKld(reference: Float32Array, candidate: Float32Array): number {
  const log = (values: Float32Array): number[] => {
    const greatest = Math.max(...values);
    const sum = values.reduce((total, value) => total + Math.exp(value - greatest), 0);
    return [...values].map((value) => value - greatest - Math.log(sum));
  };
  const p = log(reference);
  const q = log(candidate);
  return p.reduce((total, value, index) => total + Math.exp(value) * (value - (q[index] ?? 0)), 0);
}

test("the divergence is the definition's, to what 16 bits leave of it", () => {
  const sum = new DivergenceSum();
  let exact = 0;
  for (let position = 0; position < 20; position++) {
    const reference = logits(position + 1);
    const candidate = Float32Array.from(reference, (value, index) => value + (logits(position + 100)[index] ?? 0) / 20);
    exact += exactKld(reference, candidate) / 20;
    sum.add(keep(reference, 3), candidate, 3);
  }
  const result = sum.result();
  expect(result.positions).toBe(20);
  expect(Math.abs(result.meanKld - exact)).toBeLessThan(1e-4);
  expect(result.meanKldError).toBeGreaterThan(0);
});

test("a model that predicts the same diverges by nothing, and the same token is on top", () => {
  const sum = new DivergenceSum();
  for (let position = 0; position < 20; position++) sum.add(keep(logits(position), 7), logits(position), 7);
  const result = sum.result();
  expect(Math.abs(result.meanKld)).toBeLessThan(1e-5);
  expect(result.sameTop).toBe(1);
  expect(result.sameTopError).toBeGreaterThan(0.05);
  expect(result.perplexity).toBeCloseTo(result.referencePerplexity, 4);
});

test("one token that takes all, and tokens that all weigh the same", () => {
  const certain = new Float32Array(50).fill(-Infinity);
  certain[4] = 10;
  expect(summarize(certain)).toEqual({ top: 4, greatest: 10, logSum: 0 });
  const even = new Float32Array(50).fill(1);
  const kept = keep(even, 0);
  expect(kept.scale).toBe(0);
  expect(kept.least).toBeCloseTo(-Math.log(50), 5);
  const sum = new DivergenceSum();
  sum.add(kept, even, 0);
  expect(sum.result().meanKld).toBeCloseTo(0, 6);
  expect(sum.result().perplexity).toBeCloseTo(50, 3);
});

test("as many chunks as come nearest to what was asked for", () => {
  expect([1, 255, 256, 382, 383, 512].map(chunksFor)).toEqual([1, 1, 1, 1, 2, 2]);
});
