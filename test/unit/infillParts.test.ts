import type { LlamaModel, Token } from "node-llama-cpp";
import { describe, expect, it } from "vitest";
import { gaps } from "../../src/engine/process/leftShift";
import { PieceStream } from "../../src/engine/process/pieceStream";
import { holdBack, Vocabulary } from "../../src/engine/process/vocabulary";
import { seededRandom } from "../support/random";

const tokens = (from: number, to: number): Token[] =>
  Array.from({ length: to - from }, (_, index) => (from + index) as Token);

describe("what to take out of a KV cache", () => {
  const without = (cached: readonly Token[], ranges: readonly { start: number; end: number }[]): Token[] =>
    cached.filter((_, index) => !ranges.some(({ start, end }) => index >= start && index < end));

  it("is what lies before a run of 64 tokens that the prompt goes on with", () => {
    const cached = tokens(0, 500);
    const prompt = [...tokens(0, 20), ...tokens(120, 600)];
    expect(gaps(cached, prompt)).toEqual({ ranges: [{ start: 20, end: 120 }], prefix: 400 });
    expect(gaps(cached, [...tokens(0, 20), ...tokens(120, 183)]).ranges).toEqual([]);
    expect(gaps(cached, [...tokens(0, 20), ...tokens(120, 184)]).ranges).toHaveLength(1);
  });

  it("is nothing where the beginning goes, or all of the cache is wanted", () => {
    expect(gaps(tokens(0, 500), tokens(100, 500))).toEqual({ ranges: [], prefix: 0 });
    expect(gaps(tokens(0, 500), tokens(0, 800))).toEqual({ ranges: [], prefix: 500 });
    expect(gaps([], tokens(0, 100))).toEqual({ ranges: [], prefix: 0 });
  });

  it("always leaves a prefix of the prompt, whatever was cut", () => {
    const random = seededRandom(5);
    const below = (limit: number): number => Math.floor(random() * limit);
    for (let round = 0; round < 300; round++) {
      // Few different tokens, so that runs repeat.
      const cached = Array.from({ length: 100 + below(900) }, () => below(1 + below(6)) as Token);
      const prompt = [...cached];
      for (let cut = below(6); cut > 0; cut--) prompt.splice(below(prompt.length), below(150));
      const { ranges, prefix } = gaps(cached, prompt);
      expect(without(cached, ranges).slice(0, prefix)).toEqual(prompt.slice(0, prefix));
      for (const [index, { start, end }] of ranges.entries()) {
        expect(end).toBeGreaterThan(start);
        expect(start).toBeGreaterThan(ranges[index - 1]?.end ?? 0);
      }
    }
  });

  it("is found in a few milliseconds in the worst of caches", () => {
    const same = (count: number): Token[] => Array.from({ length: count }, () => 7 as Token);
    const cached = [...tokens(0, 2), ...Array.from({ length: 68 }, () => [...same(63), 8 as Token]).flat()];
    const since = performance.now();
    expect(gaps(cached, [...tokens(0, 1), ...same(4000)]).ranges).toEqual([]);
    expect(performance.now() - since).toBeLessThan(50);
  });
});

describe("pieces", () => {
  it("come at once, each with the least probability of its tokens", () => {
    const stream = new PieceStream([]);
    expect(stream.push("a", 0.5)).toEqual([{ text: "a", probability: 0.5 }]);
    expect(stream.push("", 0.2)).toEqual([]);
    expect(stream.push("é", 0.9)).toEqual([{ text: "é", probability: 0.2 }]);
    expect(stream.push("b", 0.9)).toEqual([{ text: "b", probability: 0.9 }]);
  });

  it("end at a mark, of which nothing is shown", () => {
    const stream = new PieceStream(["<END>"]);
    expect(stream.push("a<", 0.5)).toEqual([{ text: "a", probability: 0.5 }]);
    expect(stream.push("E", 0.6)).toEqual([]);
    expect(stream.push("ND> more", 0.7)).toEqual([]);
    expect(stream.stopped).toBe(true);
    expect(stream.push("more", 1)).toEqual([]);
    expect(stream.end()).toEqual([]);
  });

  it("that only began as a mark does come, at the end at the latest", () => {
    const stream = new PieceStream(["<END>"]);
    expect(stream.push("<", 0.5)).toEqual([]);
    expect(stream.push("b>", 0.6)).toEqual([
      { text: "<", probability: 0.5 },
      { text: "b>", probability: 0.6 },
    ]);
    expect(stream.push("x<E", 0.4)).toEqual([{ text: "x", probability: 0.4 }]);
    expect(stream.end()).toEqual([{ text: "<E", probability: 0.4 }]);
  });
});

describe("the vocabulary", () => {
  /** Only what it is read from. */
  const modelOf = (model: string, texts: readonly string[], types?: readonly number[]): LlamaModel =>
    ({
      fileInfo: {
        metadata: { tokenizer: { ggml: { model, tokens: texts, token_type: types ?? texts.map(() => 1) } } },
      },
    }) as unknown as LlamaModel;
  const read = async (...model: Parameters<typeof modelOf>): Promise<Vocabulary> => {
    const vocabulary = await Vocabulary.read(modelOf(...model));
    if (vocabulary === undefined) throw new Error("unread");
    return vocabulary;
  };

  it("is read in the byte alphabets of BPE and of SentencePiece", async () => {
    const bpe = await read("gpt2", ["Ġif", "Ã©", "<end>", "  x"], [1, 1, 3, 4]);
    expect([0, 1, 2, 3].map((token) => bpe.text(token as Token))).toEqual([" if", "\u00c3\u00a9", undefined, "  x"]);
    const pieces = await read("llama", ["▁if", "<0xC3>", "<s>"], [1, 6, 3]);
    expect([0, 1, 2].map((token) => pieces.text(token as Token))).toEqual([" if", "\u00c3", undefined]);
    expect(await Vocabulary.read(modelOf("bert", ["x"]))).toBeUndefined();
  });

  it("finds tokens by their beginnings", async () => {
    const vocabulary = await read("gpt2", ["r", "re", "ret", "return", "returns", "s"]);
    expect(vocabulary.beginningWith("retu")).toEqual([3, 4]);
    expect(vocabulary.beginningWith("r")).toEqual([0, 1, 2, 3, 4]);
    expect(vocabulary.shorterThan("retu")).toEqual([0, 1, 2]);
    expect(vocabulary.goesBeyond("returns")).toBe(false);
  });

  it("holds back the most that a longer token begins with, and never from within a character", async () => {
    const vocabulary = await read("gpt2", ["ret", "u", "return", "Ã", "©", "(", "Ã©s", "©x"]);
    const held = (...typed: number[]): string => holdBack(vocabulary, typed as Token[]).bytes;
    expect(held(5, 0, 1)).toBe("retu");
    expect(held(5, 0)).toBe("ret");
    expect(held(5)).toBe("");
    expect(held()).toBe("");
    expect(held(5, 3, 4)).toBe("\u00c3\u00a9");
    expect(held(5, 4)).toBe("");
    expect(holdBack(undefined, [0 as Token]).tokens).toEqual([]);
  });
});
