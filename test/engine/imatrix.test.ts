import { open } from "node:fs/promises";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readWholeFile } from "../../src/models/node/ggufPreflight";
import { isCancellation } from "../../src/platform/core/errors";
import type { Logger } from "../../src/platform/core/logger";
import { plainOptions } from "../../src/quantizer/core/protocol";
import { quantTypeOf, quantTypes } from "../../src/quantizer/core/quantTypes";
import { Quantizer } from "../../src/quantizer/node/quantizer";
import { quantizerBundle, starterPath } from "../support/engineBundle";
import { tinyGguf } from "../support/tinyGguf";

const forever = new AbortController().signal;
const line = (): void => undefined;
const log: Logger = { debug: line, info: line, warn: line, error: line };
/** What the fixture was computed from by llama-imatrix, with a context of 128 and a batch of 128. */
const text = Array.from({ length: 40 }, (_, index) => `Tea at noon, ${index} cups of it.\n`).join("");
const fixture = path.resolve("test/support/tinyImatrix.gguf");
const WIDTH = 256;

let bundle: Awaited<ReturnType<typeof quantizerBundle>>;
let folder: string;
let quantizer: Quantizer;
let model: string;

beforeAll(async () => {
  bundle = await quantizerBundle();
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-imatrix-"));
  quantizer = new Quantizer({ processPath: bundle.processPath, log, readModel: readWholeFile });
  model = path.join(folder, "tiny.F32.gguf");
  await writeFile(model, tinyGguf({ width: WIDTH, layers: 2 }));
});
afterAll(async () => {
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

async function compute(file: string, target: string, chunkSize: number, maxChunks: number, signal = forever) {
  const source = await quantizer.open(file, signal);
  return quantizer.computeImatrix(
    { model: source, text, dataset: "a test", target, chunkSize, maxChunks, threads: 2 },
    { signal },
  );
}

/** The tensors of an importance matrix by name, with their values. */
async function values(file: string): Promise<Map<string, Float32Array>> {
  const { header } = await readWholeFile(file, forever);
  const handle = await open(file, "r");
  try {
    const found = new Map<string, Float32Array>();
    for (const { name, bytes, offset } of header.tensors) {
      const data = new Float32Array(bytes / 4);
      await handle.read(new Uint8Array(data.buffer), 0, bytes, header.dataOffset + offset);
      found.set(name, data);
    }
    return found;
  } finally {
    await handle.close();
  }
}

describe("an importance matrix computed here", () => {
  it("has the numbers of llama-imatrix", async () => {
    const target = path.join(folder, "like.gguf");
    const { chunks, entries } = await compute(model, target, 128, 1000);
    const found = await values(target);
    const expected = await values(fixture);
    expect([...found.keys()]).toEqual([...expected.keys()]);
    expect(entries).toBe(14);
    for (const [name, sums] of expected) {
      const own = found.get(name) ?? new Float32Array();
      expect(own.length).toBe(sums.length);
      if (name.endsWith(".counts")) expect([...own]).toEqual([chunks * 128]);
      let difference = 0;
      let all = 0;
      sums.forEach((value, index) => {
        difference += Math.abs(value - (own[index] ?? 0));
        all += Math.abs(value);
      });
      expect(difference / all, name).toBeLessThan(1e-3);
    }
  });

  it("is what the first layer gets: each token's embedding, normalised", async () => {
    const target = path.join(folder, "first.gguf");
    await compute(model, target, 32, 1);
    const found = (await values(target)).get("blk.0.attn_q.weight.in_sum2");
    const embeddings = (await values(model)).get("token_embd.weight") ?? new Float32Array();
    const sums = new Float64Array(WIDTH);
    // Bytes are tokens here: byte b is token 5 + b.
    for (const byte of tokens(32)) {
      const row = embeddings.subarray(byte * WIDTH, (byte + 1) * WIDTH);
      const mean = row.reduce((sum, value) => sum + value * value, 0) / WIDTH + 1e-5;
      row.forEach((value, column) => (sums[column] = (sums[column] ?? 0) + (value * value) / mean));
    }
    sums.forEach((sum, column) => expect(found?.[column]).toBeCloseTo(sum, 2));
  });

  it("counts for each expert what was sent to it, and a mixture of experts is quantized with that", async () => {
    const mixture = path.join(folder, "mixture.F32.gguf");
    await writeFile(mixture, tinyGguf({ width: WIDTH, layers: 1, experts: 4 }));
    const target = path.join(folder, "mixture.gguf");
    await compute(mixture, target, 64, 2);
    const found = await values(target);
    const get = (name: string): Float32Array => found.get(`blk.0.${name}`) ?? new Float32Array();
    const counts = get("ffn_up_exps.weight.counts");
    expect(counts).toHaveLength(4);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * 128);
    // Each token goes to two experts, which get what the router got.
    const router = get("ffn_gate_inp.weight.in_sum2");
    const sums = get("ffn_up_exps.weight.in_sum2");
    expect(sums).toHaveLength(4 * WIDTH);
    router.forEach((value, column) => {
      const all = [0, 1, 2, 3].reduce((sum, expert) => sum + (sums[expert * WIDTH + column] ?? 0), 0);
      expect(all / (2 * value)).toBeCloseTo(1, 4);
    });
    const source = await quantizer.open(mixture, forever);
    for (const name of ["MXFP4_MOE", "IQ3_XXS"]) {
      const type = quantTypeOf(name);
      if (type === undefined) throw new Error(`${name} is a type.`);
      const result = path.join(folder, `mixture.${name}.gguf`);
      const common = { source, type, options: plainOptions, imatrix: target, threads: 2, overwrite: false };
      await quantizer.quantize({ ...common, target: result }, { signal: forever });
      const { header } = await readWholeFile(result, forever);
      const experts = header.tensors.find((tensor) => tensor.name === "blk.0.ffn_up_exps.weight");
      expect(experts?.type, name).toBe(type.tensorType);
    }
  });

  it("lets a model be quantized to the types that need one", async () => {
    const imatrix = path.join(folder, "for.gguf");
    await compute(model, imatrix, 128, 4);
    const source = await quantizer.open(model, forever);
    expect(await quantizer.checkImatrix(imatrix, source, forever)).toBe(14);
    // One for each tensor type that needs one; llama.cpp prepares tables of some seconds for each.
    const few = ["IQ1_S", "IQ2_XXS", "IQ2_M", "IQ3_XXS", "Q2_K_S"];
    for (const type of quantTypes.filter(({ name }) => few.includes(name))) {
      expect(type.needsImatrix).toBe(true);
      const target = path.join(folder, `${type.name}.gguf`);
      const common = { source, type, options: plainOptions, imatrix, threads: 2, overwrite: false };
      await quantizer.quantize({ ...common, target }, { signal: forever });
      const { header } = await readWholeFile(target, forever);
      expect(header.metadata.get("quantize.imatrix.entries_count"), type.name).toBe(14);
      expect(header.metadata.get("quantize.imatrix.file")).toBe("for.gguf");
      expect(header.metadata.get("quantize.imatrix.chunks_count")).toBe(4);
    }
  });

  it("is refused for another model, and for a text that is too short", async () => {
    const imatrix = path.join(folder, "mine.gguf");
    await compute(model, imatrix, 128, 1);
    const starter = await quantizer.open(starterPath, forever);
    await expect(quantizer.checkImatrix(imatrix, starter, forever)).rejects.toThrow(/another model/);
    await expect(quantizer.checkImatrix(model, starter, forever)).rejects.toThrow(/not an importance matrix/);
    await expect(compute(model, path.join(folder, "short.gguf"), 4096, 1)).rejects.toThrow(/too short/);
    const type = quantTypeOf("IQ2_XS");
    if (type === undefined) throw new Error("IQ2_XS is a type.");
    const common = { source: starter, type, options: { ...plainOptions, allowRequantize: true }, threads: 2 };
    await expect(
      quantizer.quantize(
        { ...common, imatrix, target: path.join(folder, "none.gguf"), overwrite: false },
        { signal: forever },
      ),
    ).rejects.toThrow(/another model/);
    expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("leaves nothing when it is cancelled while the model reads", async () => {
    const abort = new AbortController();
    const source = await quantizer.open(starterPath, forever);
    const target = path.join(folder, "cancelled.gguf");
    const running = quantizer.computeImatrix(
      { model: source, text: text.repeat(20), dataset: "a test", target, chunkSize: 512, maxChunks: 50, threads: 2 },
      { signal: abort.signal, onProgress: (chunk) => (chunk === 1 ? abort.abort() : undefined) },
    );
    await expect(running).rejects.toSatisfy(isCancellation);
    expect((await readdir(folder)).filter((name) => name.startsWith("cancelled"))).toEqual([]);
  });
});

/** Tokens of the text as the tiny model's vocabulary has them. */
function tokens(count: number): number[] {
  const special = new Map(Array.from("etaoni", (letter, index) => [letter, 5 + 256 + 1 + index]));
  const found: number[] = [];
  for (const letter of text) {
    if (found.length === count) break;
    if (letter === " ") found.push(5 + 256);
    else found.push(special.get(letter) ?? 5 + letter.charCodeAt(0));
  }
  return found;
}
