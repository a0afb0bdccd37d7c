import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { GgufError, type GgufHeader, readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { modelShape } from "../../src/gguf/core/modelShape";
import { groupSplitFiles, splitName, splitPartNames } from "../../src/gguf/core/splitFiles";
import { ggufHeader, type HeaderTensor, type HeaderValue } from "../support/ggufHeaders";
import { tinyGguf } from "../support/tinyGguf";

const starter = new URL("../../media/models/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url);

function header(metadata: Record<string, HeaderValue>, tensors: HeaderTensor[] = []): GgufHeader {
  return readGgufHeader(ggufHeader(metadata, tensors));
}

function problem(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GgufError) return `${error.problem}: ${error.message}`;
    throw error;
  }
  return "";
}

describe("a model's shape", () => {
  test("of the starter is what its makers say", () => {
    const shape = modelShape([readGgufHeader(readFileSync(starter).subarray(0, 4 << 20))]);
    expect(shape).toMatchObject({
      name: "Smollm2 135M 8k Lc100K Mix1 Ep2",
      architecture: "llama",
      layers: 30,
      embeddingLength: 576,
      feedForwardLength: 1536,
      heads: 9,
      headsKv: 3,
      keyLength: 64,
      valueLength: 64,
      trainContextSize: 8192,
      vocabularySize: 49_152,
      experts: undefined,
      slidingWindow: undefined,
      windowedLayers: 0,
      kvCache: { whole: 30 * 3 * (64 + 64), windowed: 0 },
      parameters: 134_515_008,
      hasImportanceMatrix: false,
      fileType: "Q4_1",
    });
    expect(shape.types.map(({ name, tensors }) => [name, tensors])).toEqual([
      ["Q4_1", 210],
      ["Q8_0", 1],
      ["F32", 61],
    ]);
    expect(shape.bitsPerWeight).toBeCloseTo(5.7437, 4);
    expect(shape.tensorBytes).toBe(shape.types.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  test("of a generated model counts every value", () => {
    const shape = modelShape([readGgufHeader(tinyGguf())]);
    expect(shape).toMatchObject({ layers: 2, heads: 2, headsKv: 2, keyLength: 32, bitsPerWeight: 32 });
    expect(shape.types).toHaveLength(1);
    expect(shape.types[0]?.values).toBe(shape.parameters);
  });

  test("of an unknown architecture comes from its tensors where metadata says nothing", () => {
    const shape = modelShape([
      header({ "general.architecture": "newcomer" }, [
        { name: "token_embd.weight", dimensions: [256, 1000], type: 12 },
        { name: "blk.0.attn_norm.weight", dimensions: [256] },
        { name: "blk.6.ffn_up.weight", dimensions: [256, 512], type: 8 },
      ]),
    ]);
    expect(shape).toMatchObject({
      architecture: "newcomer",
      name: undefined,
      layers: 7,
      embeddingLength: 256,
      vocabularySize: 1000,
      heads: 0,
      headsKv: 0,
      keyLength: 0,
      trainContextSize: 0,
      feedForwardLength: undefined,
      fileType: undefined,
    });
  });

  test("takes the most of what is given for each layer, experts, the window and the importance matrix", () => {
    const shape = modelShape([
      header({
        "general.architecture": "many",
        "general.file_type": 1024 + 15,
        "many.block_count": 3,
        "many.embedding_length": 512,
        "many.attention.head_count": [8, 4, 8],
        "many.attention.head_count_kv": [0, 2, 1],
        "many.feed_forward_length": [100, 300, 200],
        "many.attention.key_length": 96,
        "many.attention.sliding_window": 1024,
        "many.expert_count": 64,
        "many.expert_used_count": 6,
        "quantize.imatrix.file": "imatrix.dat",
      }),
    ]);
    expect(shape).toMatchObject({
      heads: 8,
      headsKv: 2,
      feedForwardLength: 300,
      keyLength: 96,
      valueLength: 64,
      slidingWindow: 1024,
      windowedLayers: 0,
      experts: { total: 64, used: 6 },
      hasImportanceMatrix: true,
      fileType: "Q4_K - Medium",
      parameters: 0,
      bitsPerWeight: 0,
    });
  });

  test.each<[string, number, string, Record<string, HeaderValue>]>([
    ["each by the file's list", 2, "x", { "x.attention.sliding_window_pattern": [1, 0, 1, 0, 0, 0, 0, 0] }],
    ["all but each third by the file's number", 6, "x", { "x.attention.sliding_window_pattern": 3 }],
    ["all by a period of none", 8, "x", { "x.attention.sliding_window_pattern": 0 }],
    ["as llama.cpp knows Gemma 3", 7, "gemma3", {}],
    ["as llama.cpp knows SmallThinker, whose first layer is a whole one", 6, "smallthinker", {}],
    ["as the file says where llama.cpp knows better", 6, "gemma2", { "gemma2.attention.sliding_window_pattern": 4 }],
    ["none where llama.cpp pays no heed", 0, "phi3", {}],
  ])("tells layers with a window: %s", (_, windowed, architecture, pattern) => {
    const metadata = { "general.architecture": architecture, [`${architecture}.block_count`]: 8 };
    const window = { [`${architecture}.attention.sliding_window`]: 512 };
    expect(modelShape([header({ ...metadata, ...window, ...pattern })]).windowedLayers).toBe(windowed);
    expect(modelShape([header({ ...metadata, ...pattern })]).windowedLayers).toBe(0);
  });

  const window = { "attention.sliding_window": 512 };
  test.each<[string, number, number, Record<string, HeaderValue>]>([
    ["of all layers alike", 8 * 4 * 128, 0, {}],
    ["not of layers without attention", 3 * 4 * 128, 0, { "attention.head_count_kv": [0, 0, 4, 0, 4, 0, 0, 4] }],
    ["of layers with a window by themselves", 2 * 4 * 128, 6 * 4 * 128, window],
    ["with keys that are shorter there", 2 * 4 * 128, 6 * 4 * 96, { ...window, "attention.key_length_swa": 32 }],
    ["not of layers that use another's", 1 * 4 * 128, 3 * 4 * 128, { ...window, "attention.shared_kv_layers": 4 }],
  ])("tells what a token leaves in the KV cache: %s", (_, whole, windowed, more) => {
    const metadata = {
      ...{ block_count: 8, embedding_length: 512, "attention.head_count": 8, "attention.head_count_kv": 4 },
      ...{ "attention.sliding_window_pattern": 4, ...more },
    };
    const named = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`x.${key}`, value]));
    const shape = modelShape([header({ "general.architecture": "x", ...named })]);
    expect(shape.kvCache).toEqual({ whole, windowed });
  });

  test.each<[string, Record<string, HeaderValue>, RegExp]>([
    ["no architecture", {}, /general\.architecture/],
    ["an architecture that is no name", { "general.architecture": "a b" }, /not a name/],
    ["too many layers", { "x.block_count": 513 }, /block_count is 513/],
    ["layers in words", { "x.block_count": "many" }, /not a whole number/],
    ["half a head", { "x.attention.head_count": 1.5 }, /not a whole number/],
    ["fewer than no heads", { "x.attention.head_count": { gguf: 5, value: -1 } }, /is -1/],
    ["an absurd width", { "x.embedding_length": { gguf: 10, value: 1n << 60n } }, /which cannot be/],
    ["heads for other layers", { "x.block_count": 2, "x.attention.head_count": [1, 2, 3] }, /3 numbers for 2 layers/],
    ["a list of words for a number", { "x.block_count": ["a"] }, /not a number/],
    ["more experts used than there are", { "x.expert_count": 2, "x.expert_used_count": 3 }, /uses 3 of 2/],
  ])("is refused for %s", (_, metadata, reason) => {
    const all = Object.keys(metadata).length === 0 ? metadata : { "general.architecture": "x", ...metadata };
    expect(problem(() => modelShape([header(all)]))).toMatch(reason);
  });
});

describe("the parts of a split model", () => {
  const part = (index: number, count: number, tensor: string, more: Record<string, HeaderValue> = {}): GgufHeader =>
    header({ ...more, "split.no": index, "split.count": count }, [{ name: tensor, dimensions: [32], type: 8 }]);
  const first = part(0, 2, "a", { "general.architecture": "x", "x.block_count": 1 });

  test("make one shape, in whatever order they come", () => {
    const shape = modelShape([part(1, 2, "b"), first]);
    expect(shape).toMatchObject({ architecture: "x", parameters: 64, tensorBytes: 68, layers: 1 });
  });

  test.each<[string, GgufHeader[], RegExp]>([
    ["one is not there", [first], /one of 2 parts, and 1 are here/],
    ["one is there twice", [first, first], /part 2 of 2 is not among/],
    ["one is of another model", [first, part(1, 3, "b")], /one of 3 parts/],
    ["a whole file is among them", [first, header({ "general.architecture": "x" })], /one of 1 parts/],
    ["two hold the same tensor", [first, part(1, 2, "a")], /same name/],
  ])("are refused when %s", (_, headers, reason) => {
    expect(problem(() => modelShape(headers))).toMatch(reason);
  });
});

describe("short arrays in headers", () => {
  test("keep their numbers; long ones and texts do not", () => {
    const { metadata } = header({
      short: [1, -2, 3],
      long: Array.from({ length: 4097 }, (_, index) => index),
      texts: ["a", "b"],
    });
    expect(metadata.get("short")).toEqual({ arrayOf: 5, length: 3, numbers: [1, -2, 3], sample: [1, -2, 3] });
    expect(metadata.get("long")).toEqual({
      arrayOf: 5,
      length: 4097,
      numbers: undefined,
      sample: [0, 1, 2, 3, 4, 5, 6, 7],
    });
    expect(metadata.get("texts")).toEqual({ arrayOf: 8, length: 2, numbers: undefined, sample: ["a", "b"] });
  });

  test("are not kept without end", () => {
    const arrays = Array.from({ length: 40 }, (_, index) => [`a${index}`, new Array<number>(4000).fill(7)] as const);
    const { metadata } = header(Object.fromEntries(arrays));
    const kept = [...metadata.values()].filter((value) => typeof value === "object" && value.numbers !== undefined);
    expect(kept).toHaveLength(16);
  });

  test("texts are refused beyond what makes sense", () => {
    const long = "é".repeat(1 << 19);
    const texts = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, long]));
    expect(header(texts(7)).metadata.get("t6")).toBe(long);
    expect(problem(() => header(texts(9)))).toMatch(/bytes of texts/);
  });
});

describe("names of split files", () => {
  test("are told from others", () => {
    expect(splitName("q4/model-00002-of-00003.gguf")).toEqual({ base: "q4/model", part: 2, count: 3 });
    for (const name of ["model.gguf", "m-00000-of-00003.gguf", "m-00004-of-00003.gguf", "m-00001-of-99999.gguf"])
      expect(splitName(name)).toBeUndefined();
    expect(splitPartNames({ base: "m", part: 2, count: 2 })).toEqual([
      "m-00001-of-00002.gguf",
      "m-00002-of-00002.gguf",
    ]);
  });

  test("group into models, and say which parts are missing", () => {
    const files = ["b-00002-of-00002.gguf", "a.gguf", "b-00001-of-00002.gguf", "b-00003-of-00003.gguf", "b.gguf"];
    expect(groupSplitFiles(files, (file) => file)).toEqual([
      { name: "b.gguf", files: ["b-00001-of-00002.gguf", "b-00002-of-00002.gguf"], missing: [] },
      { name: "a.gguf", files: ["a.gguf"], missing: [] },
      {
        name: "b.gguf",
        files: ["b-00003-of-00003.gguf"],
        missing: ["b-00001-of-00003.gguf", "b-00002-of-00003.gguf"],
      },
      { name: "b.gguf", files: ["b.gguf"], missing: [] },
    ]);
  });
});
