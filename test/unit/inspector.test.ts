import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as v from "valibot";
import { readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { openModel } from "../../src/gguf/node/modelFiles";
import { inspect, type InspectedModel, tensorRows } from "../../src/inspector/core/inspection";
import {
  type Architecture,
  inspectionSchema,
  metadataRowSchema,
  tensorRowSchema,
  typeMapSchema,
} from "../../src/inspector/core/inspectorContract";
import { metadataRows, valuePiece } from "../../src/inspector/core/metadataRows";
import { ggufHeader, type HeaderTensor, type HeaderValue } from "../support/ggufHeaders";

const starter = path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const signal = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-inspector-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function modelOf(file: string): Promise<InspectedModel> {
  const { files, missing } = await openModel(file, signal);
  return { files: files.map(({ path: at, size, header }) => ({ name: path.basename(at), size, header })), missing };
}

function generated(metadata: Record<string, HeaderValue>, tensors: HeaderTensor[] = [], size = 1e12): InspectedModel {
  return { files: [{ name: "a.gguf", size, header: readGgufHeader(ggufHeader(metadata, tensors)) }], missing: [] };
}

function details(metadata: Record<string, HeaderValue>, tensors: HeaderTensor[] = []): Architecture {
  const { shape, warnings } = inspect("a.gguf", generated({ "general.architecture": "llama", ...metadata }, tensors));
  if (shape === null) throw new Error(JSON.stringify(warnings));
  return shape.details;
}

describe("what the inspector shows", () => {
  test("of the starter is what it is, and fits the contract", async () => {
    const model = await modelOf(starter);
    const view = inspect("starter.gguf", model);
    expect(v.parse(inspectionSchema, view)).toEqual(view);
    expect(view).toMatchObject({ version: 3, tensorCount: 272, warnings: [] });
    expect(view.shape).toMatchObject({ architecture: "llama", isKnown: true, layers: 30, fileType: "Q4_1" });
    expect(view.shape?.details).toMatchObject({
      attention: "grouped-query",
      heads: 9,
      headsKv: 3,
      feedForward: { least: 1536, most: 1536, gated: true },
      rope: { dimensions: 64, base: 100_000, scaling: null },
      norm: { kind: "RMSNorm" },
      experts: null,
      postNorms: false,
      tiedOutput: true,
    });
    expect(view.shape?.details.layerKinds).toEqual(new Array(30).fill("full"));
    expect(view.shape?.vocabulary).toMatchObject({
      size: 49_152,
      model: "gpt2",
      pre: "smollm",
      merges: 48_900,
      hasChatTemplate: true,
    });
    expect(view.shape?.vocabulary.special).toContainEqual({ name: "eos", id: 2 });

    const { tensors, map } = tensorRows(model);
    for (const tensor of tensors) v.parse(tensorRowSchema, tensor);
    expect(v.parse(typeMapSchema, map)).toEqual(map);
    expect(map.layers.map(({ layer }) => layer)).toEqual(Array.from({ length: 30 }, (_, layer) => layer));
    expect(map.roles).toContain("attn_q.weight");
    expect(map.layers[7]?.types[map.roles.indexOf("ffn_down.weight")]).toBe("Q4_1");
    expect(map.others).toContainEqual({ name: "token_embd.weight", type: "Q8_0" });
  });

  test("of a 40 GB file comes in less than a second", async () => {
    const file = path.join(folder, "huge.gguf");
    const source = await open(starter);
    const header = Buffer.alloc(2 << 20);
    await source.read(header);
    await source.close();
    const target = await open(file, "w");
    await target.write(header);
    await target.truncate(40e9);
    await target.close();
    const started = performance.now();
    const model = await modelOf(file);
    const view = inspect("huge.gguf", model);
    const rows = tensorRows(model).tensors.length + metadataRows(model.files[0]?.header ?? never()).length;
    const ms = performance.now() - started;
    console.log(`a file of 40 GB: ${ms.toFixed(0)} ms`);
    expect(view.size).toBe(40e9);
    expect(rows).toBeGreaterThan(272);
    expect(ms).toBeLessThan(1000);
  });

  test.each<[Architecture["attention"], Record<string, HeaderValue>]>([
    ["multi-head", { "llama.attention.head_count": 8 }],
    ["multi-query", { "llama.attention.head_count": 8, "llama.attention.head_count_kv": 1 }],
    ["grouped-query", { "llama.attention.head_count": 8, "llama.attention.head_count_kv": 2 }],
    ["latent", { "llama.attention.head_count": 8, "llama.attention.kv_lora_rank": 512 }],
    ["varied", { "llama.attention.head_count": 8, "llama.attention.head_count_kv": [1, 2], "llama.block_count": 2 }],
    ["none", { "llama.attention.head_count": 0 }],
  ])("tells %s attention", (kind, metadata) => expect(details(metadata).attention).toBe(kind));

  test("tells layers with a window, without, and recurrent ones", () => {
    const tensors = [0, 1, 2, 3].flatMap((layer): HeaderTensor[] =>
      layer === 3
        ? [{ name: "blk.3.ssm_in.weight", dimensions: [8, 8] }]
        : [{ name: `blk.${layer}.attn_q.weight`, dimensions: [8, 8] }],
    );
    const metadata = { "llama.block_count": 4, "llama.attention.head_count": 4, "llama.embedding_length": 8 };
    const window = { ...metadata, "llama.attention.sliding_window": 512 };
    expect(details(metadata, tensors).layerKinds).toEqual(["full", "full", "full", "recurrent"]);
    expect(details(window, tensors).layerKinds).toEqual(["attention", "attention", "attention", "recurrent"]);
    const each = { ...window, "llama.attention.sliding_window_pattern": [1, 0, 1, 1] };
    expect(details(each, tensors).layerKinds).toEqual(["sliding", "full", "sliding", "recurrent"]);
    const every = { ...window, "llama.attention.sliding_window_pattern": 2 };
    expect(details(every, tensors).layerKinds).toEqual(["sliding", "full", "sliding", "recurrent"]);
  });

  test("tells experts, norms behind, long RoPE and an output of its own", () => {
    const shown = details(
      {
        ...{ "llama.block_count": 2, "llama.expert_count": 16, "llama.expert_used_count": 4 },
        ...{ "llama.expert_shared_count": 1, "llama.expert_feed_forward_length": 768 },
        ...{ "llama.feed_forward_length": [100, 200], "llama.attention.layer_norm_epsilon": 1e-6 },
        ...{ "llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": 4 },
        "llama.rope.scaling.original_context_length": 32_768,
      },
      [
        { name: "token_embd.weight", dimensions: [8, 8] },
        { name: "output.weight", dimensions: [8, 8] },
        { name: "blk.0.ffn_up.weight", dimensions: [8, 8] },
        { name: "blk.1.ffn_gate_exps.weight", dimensions: [8, 8] },
        { name: "blk.1.post_ffw_norm.weight", dimensions: [8] },
        { name: "blk.1.attn_q_norm.weight", dimensions: [8] },
      ],
    );
    expect(shown).toMatchObject({
      experts: { total: 16, used: 4, shared: 1, feedForwardLength: 768 },
      expertLayers: 1,
      feedForward: { least: 100, most: 200, gated: true },
      norm: { kind: "LayerNorm" },
      postNorms: true,
      qkNorm: true,
      tiedOutput: false,
      rope: { scaling: "yarn", factor: 4, originalContext: 32_768, base: null },
    });
  });

  test("warns of what llama.cpp would refuse, and shows the rest", () => {
    const what = (model: InspectedModel): string[] => inspect("a", model).warnings.map((warning) => warning.what);
    const tensors = [{ name: "blk.0.x", dimensions: [32] }];
    expect(what(generated({ "general.architecture": "new" }, tensors))).toEqual(["unknown-architecture"]);
    expect(what(generated({ "general.architecture": "llama" }, tensors, 10))).toEqual(["truncated"]);
    expect(what(generated({ "general.architecture": "llama", "llama.block_count": 9999 }))).toEqual(["no-shape"]);
    expect(what(generated({ "general.type": "imatrix" }, tensors))).toEqual(["not-a-model"]);
    expect(what(generated({}, tensors))).toEqual(["no-shape"]);
    const up = [{ name: "blk.0.ffn_up.weight", dimensions: [32, 64] }];
    expect(what(generated({ "general.architecture": "llama", "llama.block_count": 1 }, up))).toEqual(["would-crash"]);
    const part = generated({ "general.architecture": "llama", "split.count": 2, "split.no": 0 }, tensors);
    expect(what({ ...part, missing: ["a-00002-of-00002.gguf"] })).toEqual(["missing-parts"]);
    expect(inspect("a", part).types).toHaveLength(1);
  });
});

describe("metadata", () => {
  const long = "𝄞x".repeat(20_000);
  const { header } =
    generated({
      text: "short",
      long,
      truth: true,
      float: 0.1,
      numbers: Array.from({ length: 2000 }, (_, index) => index),
      words: ["a", 'say "b"', "c", "d", "e", "f", "g", "h", "i"],
      big: { gguf: 10, value: 2n ** 63n },
    }).files[0] ?? never();
  const rows = new Map(metadataRows(header).map((row) => [row.key, row]));

  test("is shortened for the table", () => {
    for (const row of rows.values()) v.parse(metadataRowSchema, row);
    expect(rows.get("text")).toEqual({ key: "text", type: "str", value: "short", length: 5, more: false });
    expect(rows.get("truth")?.value).toBe("true");
    expect(rows.get("float")?.value).toBe("0.1");
    expect(rows.get("big")?.value).toBe("9223372036854775808");
    expect(rows.get("long")).toMatchObject({ length: 60_000, more: true });
    expect(rows.get("long")?.value.length).toBe(300);
    expect(rows.get("numbers")).toMatchObject({ type: "arr[i32]", length: 2000, more: true });
    expect(rows.get("words")).toMatchObject({ type: "arr[str]", length: 9, more: false });
    expect(rows.get("words")?.value).toBe('["a", "say \\"b\\"", "c", "d", "e", "f", "g", "h", …]');
  });

  test("of any length is had in pieces that are whole characters", () => {
    let text = "";
    for (let pieces = 0; pieces < 10; pieces++) {
      const piece = valuePiece(header, "long", text.length);
      if (piece === undefined || piece.text === "") break;
      expect(piece.text).not.toMatch(/[\ud800-\udbff]$/);
      expect(piece.total).toBe(60_000);
      text += piece.text;
    }
    expect(text).toBe(long);
    expect(valuePiece(header, "numbers", 0)?.text).toMatch(/^\[0, 1, 2, .*, 1999\]$/);
    expect(valuePiece(header, "absent", 0)).toBeUndefined();
  });
});

function never(): never {
  throw new Error("There is a file.");
}
