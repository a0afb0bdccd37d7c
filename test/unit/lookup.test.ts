import { expect, test } from "vitest";
import { Lookup } from "../../src/engine/process/lookup";

test("guesses what followed where the text's end stood before, the longest match and the latest place first", () => {
  const lookup = new Lookup<number>(4);
  expect(lookup.after([1, 2, 3], 10)).toEqual([]);
  expect(lookup.after([1, 2, 3, 4, 9, 1, 2], 10)).toEqual([3, 4]);
  // 7, 1, 2 is longer than the later 1, 2.
  expect(lookup.after([7, 1, 2, 3, 4, 1, 2, 5, 6, 7, 1, 2], 10)).toEqual([3, 4]);
  expect(lookup.after([1, 2, 3, 4, 1, 2, 5, 6, 8, 1, 2], 10)).toEqual([5, 6]);
  expect(lookup.after([1, 1, 1, 1], 1)).toEqual([1]);
  expect(lookup.after([1, 2, 3, 4, 9, 1, 2], 0)).toEqual([]);
});

test("guesses more where it was right, and rests where it was wrong", () => {
  const text = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2];
  const lookup = new Lookup<number>(5);
  lookup.learn(2, 2);
  expect(lookup.after(text, 10)).toHaveLength(4);
  lookup.learn(4, 4);
  expect(lookup.after(text, 10)).toHaveLength(5);
  lookup.learn(5, 2);
  expect(lookup.after(text, 10)).toHaveLength(5);
  for (let failures = 0; failures < 3; failures++) lookup.learn(5, 0);
  const later = Array.from({ length: 8 }, () => lookup.after(text, 10).length);
  expect(later).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
});
