import type { Token } from "node-llama-cpp";
import { describe, expect, it } from "vitest";
import { TokenizedTexts } from "../../src/engine/process/tokenizedTexts";

describe("tokens of texts", () => {
  const asked: string[] = [];
  const tokenize = (text: string, leading: string | undefined): Token[] => {
    asked.push(text);
    return Array.from(text, (letter) => ((letter.codePointAt(0) ?? 0) + (leading === undefined ? 1000 : 0)) as Token);
  };

  it("are made once, and apart for a text that begins a prompt", () => {
    asked.length = 0;
    const texts = new TokenizedTexts(tokenize);
    expect(texts.of("ab", "trimLeadingSpace")).toEqual([97, 98]);
    expect(texts.of("ab", "trimLeadingSpace")).toEqual([97, 98]);
    expect(texts.of("ab", undefined)).toEqual([1097, 1098]);
    expect(asked).toEqual(["ab", "ab"]);
  });

  it("of what was not asked for longest go first when there are too many", () => {
    asked.length = 0;
    const texts = new TokenizedTexts(tokenize, 20);
    texts.of("aaaaaaaa", "trimLeadingSpace");
    texts.of("bbbbbbbb", "trimLeadingSpace");
    texts.of("aaaaaaaa", "trimLeadingSpace");
    texts.of("cccccccc", "trimLeadingSpace");
    texts.of("aaaaaaaa", "trimLeadingSpace");
    expect(asked).toEqual(["aaaaaaaa", "bbbbbbbb", "cccccccc"]);
    texts.of("bbbbbbbb", "trimLeadingSpace");
    expect(asked).toHaveLength(4);
    // One that is larger than all there is room for is still answered.
    expect(texts.of("d".repeat(100), "trimLeadingSpace")).toHaveLength(100);
  });
});
