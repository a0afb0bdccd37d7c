import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import { GgufError, readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { PaddockError } from "../../src/platform/core/errors";
import { readDryRun } from "../../src/quantizer/core/dryRun";
import { imatrixWeights, indexImatrix, matchImatrix } from "../../src/quantizer/core/imatrixFile";
import { contextLayout, defaultBytes, firstDifference, quantizeLayout } from "../../src/quantizer/core/nativeLayouts";
import { parseOverrides, tensorTypeOf } from "../../src/quantizer/core/overrides";
import { plannedType, quantizedShare } from "../../src/quantizer/core/plannedType";
import { isQuantized, quantTypeOf, quantTypes, targetName } from "../../src/quantizer/core/quantTypes";
import { mutate } from "../support/mutate";
import { seededRandom } from "../support/random";
import { tinyGguf, writeGguf } from "../support/tinyGguf";

describe("the types", () => {
  it("have names and numbers of their own, and tensor types that are known", () => {
    expect(new Set(quantTypes.map(({ name }) => name)).size).toBe(quantTypes.length);
    expect(new Set(quantTypes.map(({ fileType }) => fileType)).size).toBe(quantTypes.length);
    for (const { tensorType } of quantTypes) expect(ggmlTypes.has(tensorType)).toBe(true);
    expect(quantTypeOf("q4_k_m")?.fileType).toBe(15);
    expect(quantTypeOf("COPY")).toBeUndefined();
  });

  it("are ordered by the bits of their tensor type, as far as mixtures allow", () => {
    const bits = quantTypes.map(({ tensorType }) => {
      const block = ggmlTypes.get(tensorType);
      return block === undefined ? 0 : (block.bytes * 8) / block.values;
    });
    bits.forEach((here, index) => expect(here).toBeGreaterThan((bits[index - 1] ?? 0) * 0.8));
  });

  it.each([
    ["model.F16.gguf", "model.Q4_K_M.gguf"],
    ["SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct.Q4_K_M.gguf"],
    ["Qwen3-8B-UD-Q4_K_XL.gguf", "Qwen3-8B.Q4_K_M.gguf"],
    ["Llama-3.2-1B-Instruct-IQ3_XXS.gguf", "Llama-3.2-1B-Instruct.Q4_K_M.gguf"],
    ["big-F16-00001-of-00003.gguf", "big.Q4_K_M.gguf"],
    ["gpt-oss-20b-MXFP4.gguf", "gpt-oss-20b.Q4_K_M.gguf"],
    ["plain.gguf", "plain.Q4_K_M.gguf"],
    [".gguf", "model.Q4_K_M.gguf"],
  ])("name the result of %s", (source, target) => {
    const type = quantTypeOf("Q4_K_M");
    expect(type === undefined ? "" : targetName(source, type)).toBe(target);
  });

  it("tell what is quantized from what is not", () => {
    expect([0, 1, 30].map(isQuantized)).toEqual([false, false, false]);
    expect([2, 8, 12, 16].map(isQuantized)).toEqual([true, true, true, true]);
    expect(quantizedShare(readGgufHeader(tinyGguf()).tensors)).toBe(0);
  });
});

describe("overrides", () => {
  it("are read as llama-quantize reads them", () => {
    expect(parseOverrides("ffn_down=q6_k, blk\\.[01]\\.ATTN_V=Q8_0\n output=f16")).toEqual([
      { pattern: "ffn_down", type: 14 },
      { pattern: "blk\\.[01]\\.attn_v", type: 8 },
      { pattern: "output", type: 1 },
    ]);
    expect(parseOverrides("  ")).toEqual([]);
    expect(tensorTypeOf("iq4_xs")).toBe(23);
  });

  it.each([
    "ffn_down",
    "=q4_k",
    "ffn_down=",
    "ffn_down=q9_k",
    "ffn_down=i32",
    "ffn_down=q8_k",
    "(=q4_k",
    "(?<a>x)=q4_k",
    "(?<=x)y=q4_k",
    "\\p{L}=q4_k",
    `${"x".repeat(201)}=q4_k`,
    Array.from({ length: 257 }, () => "a=q4_k").join(" "),
  ])("refuse %s", (text) => {
    expect(() => parseOverrides(text)).toThrow(/The list of tensor types is wrong/);
  });
});

describe("the layouts of llama.cpp's structures", () => {
  it("are laid out as C does, with nothing to compare between fields", () => {
    const { bytes, counts } = defaultBytes(quantizeLayout);
    expect(bytes.length).toBe(64);
    expect([...bytes.subarray(0, 24)]).toEqual([
      ...[0, 0, 0, 0, 7, 0, 0, 0, 43, 0, 0, 0, 43, 0, 0, 0],
      ...[0, 1, 0, 0, 0, 0, 0, 0],
    ]);
    expect(counts.flatMap((counted, at) => (counted ? [] : [at]))).toEqual([22, 23]);
    expect(defaultBytes(contextLayout).bytes.length).toBe(160);
  });

  it("name the first field that is another, and look past what lies between", () => {
    const { bytes } = defaultBytes(quantizeLayout);
    expect(firstDifference(quantizeLayout, bytes)).toBeUndefined();
    const between = Uint8Array.from(bytes);
    between[22] = 99;
    expect(firstDifference(quantizeLayout, between)).toBeUndefined();
    const other = Uint8Array.from(bytes);
    other[17] = 0;
    expect(firstDifference(quantizeLayout, other)).toBe("quantize_output_tensor");
    expect(firstDifference(quantizeLayout, bytes.subarray(0, 60))).toBe("max_buf_size");
  });
});

describe("a dry run", () => {
  const names = new Set(["output.weight", "blk.0.attn_q.weight", "norm - [1], type = x"]);
  const log = [
    "llama_model_loader: loaded meta data\n",
    "[   1/   3] output.weight                        - [   256,   268,      1,      1], type =    f16, ",
    "size =     0.13 MiB ->     0.05 MiB (q6_K)\n",
    "[   2/   3] norm - [1], type = x                 - [   256,      1,      1,      1], type =    f32, ",
    "size =    0.001 MiB\n",
    "[   3/   3] blk.0.attn_q.weight                  - [   256,   256,      1,      1], type =    f16, ",
    "size =     0.13 MiB ->     0.03 MiB (q4_K)\n",
    "llama_model_quantize_impl: quant size  =     0.08 MiB (5.00 BPW)\n",
  ];

  it("tells every tensor's type", () => {
    expect(readDryRun(log, names)).toEqual({
      tensors: [
        { name: "output.weight", type: 14 },
        { name: "norm - [1], type = x", type: 0 },
        { name: "blk.0.attn_q.weight", type: 12 },
      ],
      needsImatrix: false,
    });
    expect(readDryRun([...log, "WARNING: … will require an imatrix!\n"], names)?.needsImatrix).toBe(true);
  });

  it("is nothing when a tensor is missing, is another or has a type that is not known", () => {
    expect(readDryRun(log.slice(0, -3), names)).toBeUndefined();
    expect(readDryRun(log, new Set([...names, "another"]))).toBeUndefined();
    expect(readDryRun(log, new Set(["output.weight"]))).toBeUndefined();
    expect(readDryRun([...log.slice(0, 2), "size = 1 MiB -> 1 MiB (q99)\n", ...log.slice(3)], names)).toBeUndefined();
  });

  it("becomes a size and bits per weight", () => {
    const header = readGgufHeader(tinyGguf({ width: 256, layers: 1 }));
    const q8 = quantTypeOf("Q8_0");
    if (q8 === undefined) throw new Error("Q8_0 is a type.");
    const tensors = header.tensors.map(({ name, dimensions, type }) => ({
      name,
      type: dimensions.length > 1 ? 8 : type,
    }));
    const planned = plannedType(q8, { tensors, needsImatrix: false, warnings: [] }, [header]);
    expect(planned.bitsPerWeight).toBeCloseTo(8.5, 0);
    expect(planned.fileBytes).toBe(planned.tensorBytes + header.dataOffset);
    expect(planned.tensorTypes.get("token_embd.weight")).toBe(8);
  });
});

describe("an importance matrix", () => {
  const floats = (...values: number[]): Float32Array => Float32Array.from(values);
  const metadata = {
    "general.type": { type: "string", value: "imatrix" },
    "imatrix.chunk_count": { type: "u32", value: 7 },
    "imatrix.chunk_size": { type: "u32", value: 512 },
  } as const;
  const pair = (name: string, rows: number, length: number) => [
    { name: `${name}.in_sum2`, dimensions: [length, rows], data: new Float32Array(rows * length).fill(8) },
    { name: `${name}.counts`, dimensions: [1, rows], data: new Float32Array(rows).fill(2) },
  ];
  const header = (tensors: Parameters<typeof writeGguf>[1], meta: Parameters<typeof writeGguf>[0] = metadata) =>
    readGgufHeader(writeGguf(meta, tensors));
  const model = readGgufHeader(tinyGguf({ width: 64 })).tensors;

  it("is found, matched and turned into mean squares", () => {
    const index = indexImatrix(header(pair("blk.0.attn_q.weight", 1, 64)), "x.gguf");
    expect(index.chunks).toBe(7);
    expect(index.entries.map(({ name, rows, rowLength }) => ({ name, rows, rowLength }))).toEqual([
      { name: "blk.0.attn_q.weight", rows: 1, rowLength: 64 },
    ]);
    expect(matchImatrix(index, model, "x.gguf")).toBe(1);
    const [experts] = indexImatrix(header(pair("e", 3, 2)), "x.gguf").entries;
    if (experts === undefined) throw new Error("There is an entry.");
    const weights = imatrixWeights(experts, floats(8, 4, 9, 9, 6, 3), floats(2, 0, 3), "x.gguf");
    expect([...weights]).toEqual([4, 2, 1, 1, 2, 1]);
  });

  it.each<[string, () => unknown]>([
    ["a model", () => indexImatrix(readGgufHeader(tinyGguf()), "x.gguf")],
    ["no numbers", () => indexImatrix(header(pair("a", 1, 4), { "general.type": metadata["general.type"] }), "x.gguf")],
    ["no entry", () => indexImatrix(header([]), "x.gguf")],
    ["sums alone", () => indexImatrix(header(pair("a", 1, 4).slice(0, 1)), "x.gguf")],
    ["counts alone", () => indexImatrix(header(pair("a", 1, 4).slice(1)), "x.gguf")],
    [
      "a foreign tensor",
      () =>
        indexImatrix(
          header(
            pair("a", 1, 4)
              .map((t) => ({ ...t, name: "b" }))
              .slice(1),
          ),
          "x.gguf",
        ),
    ],
    ["another model's names", () => matchImatrix(indexImatrix(header(pair("a", 1, 4)), "x.gguf"), model, "x.gguf")],
    [
      "another model's sizes",
      () => matchImatrix(indexImatrix(header(pair("blk.0.attn_q.weight", 1, 32)), "x.gguf"), model, "x.gguf"),
    ],
  ])("is refused: %s", (_, read) => {
    expect(read).toThrow(/importance matrix/);
  });

  it("is read or refused, whatever was changed in its file", async () => {
    const whole = await readFile("test/support/tinyImatrix.gguf");
    const size = readGgufHeader(whole).dataOffset;
    const random = seededRandom(6);
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      try {
        const index = indexImatrix(readGgufHeader(mutate(whole, size, random)), "x.gguf");
        matchImatrix(index, model, "x.gguf");
      } catch (error) {
        expect(error instanceof PaddockError || error instanceof GgufError, String(error)).toBe(true);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it.each([
    [floats(-1, 1), floats(1)],
    [floats(Number.NaN, 1), floats(1)],
    [floats(1, 1), floats(Number.POSITIVE_INFINITY)],
    [floats(1, 1), floats(-1)],
  ])("with sums that cannot be is damaged", (sums, counts) => {
    const [entry] = indexImatrix(header(pair("a", 1, 2)), "x.gguf").entries;
    if (entry === undefined) throw new Error("There is an entry.");
    expect(() => imatrixWeights(entry, sums, counts, "x.gguf")).toThrow(/damaged/);
  });
});
