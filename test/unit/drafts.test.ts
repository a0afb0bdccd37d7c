import { describe, expect, it } from "vitest";
import { Drafts } from "../../src/engine/process/drafts";

/** Tokens below 100 go on a name, as letters do. */
const drafts = (prompt: number[]): Drafts<number> => new Drafts(prompt, (token) => token < 100);

describe("what may follow", () => {
  it("is the rest of a name of the prompt, no further than the name", () => {
    const guess = drafts([200, 1, 2, 3, 4, 201, 1, 2, 5, 202, 9]);
    expect(guess.after([300, 1, 2])).toEqual([5]);
    expect(guess.after([2, 3])).toEqual([4]);
    expect(guess.after([3, 4])).toEqual([]);
    expect(drafts([1, 2, 3, 4, 5, 6, 7, 8]).after([1, 2])).toEqual([3, 4, 5, 6]);
  });

  it("is what followed in the last answer that has the same tokens, before what stands in the prompt", () => {
    const guess = drafts([1, 2, 3]);
    guess.remember([1, 2, 150, 151, 152, 153, 154, 155, 156]);
    expect(guess.after([7, 1, 2])).toEqual([150, 151, 152, 153, 154, 155]);
    guess.remember([1, 2, 8]);
    expect(guess.after([7, 1, 2])).toEqual([8]);
  });

  it("is nothing where nothing suggests itself", () => {
    const guess = drafts([1, 2, 3]);
    expect(guess.after([])).toEqual([]);
    expect(guess.after([1])).toEqual([]);
    expect(guess.after([2, 1])).toEqual([]);
    expect(guess.after([2, 3])).toEqual([]);
  });
});
