import { describe, expect, test } from "vitest";
import { GgufError, readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { checkAssertions } from "../../src/gguf/core/loadRules";
import { modelShape } from "../../src/gguf/core/modelShape";
import { vocabularyFacts } from "../../src/gguf/core/vocabulary";
import { ggufHeader, type HeaderTensor, type HeaderValue } from "../support/ggufHeaders";
import { tinyGguf } from "../support/tinyGguf";

const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const good: Readonly<Record<string, HeaderValue>> = {
  "general.architecture": "llama",
  "llama.context_length": 512,
  "llama.embedding_length": 64,
  "llama.block_count": 1,
  "llama.feed_forward_length": 128,
  "llama.attention.head_count": 2,
  "tokenizer.ggml.model": "llama",
  "tokenizer.ggml.tokens": ["<unk>", "", "", ...bytes],
};
const tensors: readonly HeaderTensor[] = [
  { name: "token_embd.weight", dimensions: [64, 259] },
  { name: "blk.0.attn_q.weight", dimensions: [64, 64] },
  { name: "blk.0.attn_k.weight", dimensions: [64, 64] },
  { name: "blk.0.ffn_up.weight", dimensions: [64, 128] },
];

function problem(over: Readonly<Record<string, HeaderValue | undefined>>, of = tensors): string | undefined {
  const metadata: Record<string, HeaderValue> = {};
  for (const [key, value] of Object.entries({ ...good, ...over })) if (value !== undefined) metadata[key] = value;
  const headers = [readGgufHeader(ggufHeader(metadata, of))];
  try {
    checkAssertions(headers, modelShape(headers));
    return undefined;
  } catch (error) {
    if (error instanceof GgufError && error.problem === "damaged") return error.message;
    throw error;
  }
}

describe("what llama.cpp would end its process at is refused", () => {
  test("and a sound model is not, nor what no model is loaded from", () => {
    expect(problem({})).toBeUndefined();
    const headers = [readGgufHeader(tinyGguf())];
    expect(() => checkAssertions(headers, modelShape(headers))).not.toThrow();
    expect(problem({ "llama.feed_forward_length": 0 }, [])).toBeUndefined();
    expect(problem({ "llama.feed_forward_length": 0, "general.type": "adapter" })).toBeUndefined();
    expect(problem({ "general.architecture": "newcomer" })).toBeUndefined();
  });

  test.each<[Record<string, HeaderValue | undefined>, string]>([
    [{ "llama.block_count": 0 }, "llama.block_count is 0, which cannot be"],
    [{ "llama.embedding_length": 0 }, "llama.embedding_length is 0, which cannot be"],
    [{ "llama.nextn_predict_layers": 2 }, "llama.nextn_predict_layers is more than it has layers"],
    [{ "llama.feed_forward_length": undefined }, "llama.feed_forward_length does not say how wide its feed-forward is"],
    [
      { "llama.attention.head_count": undefined },
      "llama.attention.head_count does not say how many heads its attention has",
    ],
    [{ "llama.attention.head_count_kv": 0 }, "llama.attention.head_count_kv is 0, which cannot be"],
    [{ "llama.attention.head_count": 65 }, "65 heads do not fit a width of 64"],
    [{ "llama.attention.value_length": 0 }, "2 heads do not fit a width of 64"],
    [{ "llama.expert_count": 4 }, "llama.expert_used_count is 0, which cannot be"],
    [{ "llama.expert_group_count": 2 }, "llama.expert_group_count does not fit 0 experts"],
    [
      { "llama.expert_count": 4, "llama.expert_used_count": 2, "llama.expert_group_count": 3 },
      "llama.expert_group_count does not fit 4 experts",
    ],
    [{ "llama.rope.scaling.type": "yar" }, "llama.rope.scaling.type is none that there is"],
    [{ "tokenizer.ggml.tokens": [], "llama.vocab_size": 0, "tokenizer.ggml.model": "none" }, "its vocabulary is empty"],
    [
      { "tokenizer.ggml.tokens": ["a", "<unk>", ...bytes, "a"] },
      "the text of token 258 stands twice in its vocabulary",
    ],
    [
      { "tokenizer.ggml.tokens": ["<unk>", ...bytes.filter((token) => token !== "<0x73>")] },
      "its vocabulary has no token for the byte 0x73",
    ],
  ])("%j", (over, expected) => {
    expect(problem(over)).toBe(expected);
  });

  test("experts in groups that fit are no problem, nor are layers without attention", () => {
    const experts = { "llama.expert_count": 4, "llama.expert_used_count": 2 };
    expect(problem(experts)).toBeUndefined();
    const groups = { ...experts, "llama.expert_group_count": 2, "llama.expert_group_used_count": 1 };
    expect(problem(groups)).toBeUndefined();
    const others = tensors.filter(({ name }) => !name.includes("attn"));
    expect(problem({ "llama.attention.head_count": undefined }, others)).toBeUndefined();
  });

  test("a byte may be its own token, and a vocabulary may have no bytes at all", () => {
    const bare = ["<unk>", "s", ...bytes.filter((token) => token !== "<0x73>")];
    expect(problem({ "tokenizer.ggml.tokens": bare })).toBeUndefined();
    expect(problem({ "tokenizer.ggml.tokens": ["<unk>", "s", "t"] })).toBeUndefined();
    const pairs = { "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": ["<0x41>", "s"] };
    expect(problem(pairs)).toBeUndefined();
  });
});

describe("a vocabulary", () => {
  const list = (texts: readonly string[]): Buffer =>
    Buffer.concat([
      Buffer.alloc(4),
      ...texts.map((text) => {
        const of = Buffer.from(text);
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(of.length));
        return Buffer.concat([length, of]);
      }),
    ]);

  test("of a quarter of a million texts is looked through in no time", () => {
    const texts = Array.from({ length: 250_000 }, (_, token) => `token ${token}`);
    const whole = list(texts);
    const since = performance.now();
    expect(vocabularyFacts(whole, 4, texts.length).repeated).toBeUndefined();
    expect(performance.now() - since).toBeLessThan(1000);
    expect(vocabularyFacts(list([...texts, "token 77"]), 4, texts.length + 1).repeated).toBe(250_000);
  });

  test("of more texts than any model has is not searched for what stands twice", () => {
    const texts = Array.from({ length: (1 << 20) + 1 }, () => "x");
    expect(vocabularyFacts(list(texts), 4, texts.length)).toEqual({
      repeated: undefined,
      byteTokens: 0,
      missingByte: 0,
    });
  });
});
