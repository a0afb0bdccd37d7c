import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineEnvironment } from "../../src/engine/client/engineProcess";
import type { GgufHeader } from "../../src/gguf/core/ggufHeader";
import { readWholeFile } from "../../src/models/node/ggufPreflight";
import { isCancellation } from "../../src/platform/core/errors";
import type { Logger } from "../../src/platform/core/logger";
import { streamPeer } from "../../src/platform/node/streamRpc";
import { parseOverrides } from "../../src/quantizer/core/overrides";
import {
  plainOptions,
  QUANTIZER_PROTOCOL_VERSION,
  type QuantizeOptions,
  quantizerContract,
  quantizerEventsContract,
} from "../../src/quantizer/core/protocol";
import { type QuantType, quantTypeOf, quantTypes } from "../../src/quantizer/core/quantTypes";
import { type QuantizeRequest, Quantizer } from "../../src/quantizer/node/quantizer";
import { engineBundle, quantizerBundle, starterPath } from "../support/engineBundle";
import { alive, ready, startEngine } from "../support/engineHarness";
import { splitTinyGguf, tinyGguf } from "../support/tinyGguf";

const forever = new AbortController().signal;
const lines: string[] = [];
const line = (text: string): void => void lines.push(text);
const log: Logger = { debug: line, info: line, warn: line, error: line };
let engine: Awaited<ReturnType<typeof engineBundle>>;
let bundle: Awaited<ReturnType<typeof quantizerBundle>>;
let folder: string;
let quantizer: Quantizer;
let full: string;
let half: string;
let jobs = 0;

const type = (name: string): QuantType => {
  const found = quantTypeOf(name);
  if (found === undefined) throw new Error(`${name} is no type.`);
  return found;
};
const make = (libraryFolder?: string): Quantizer =>
  new Quantizer({
    processPath: bundle.processPath,
    log,
    readModel: readWholeFile,
    ...(libraryFolder === undefined ? {} : { libraryFolder }),
  });

beforeAll(async () => {
  engine = await engineBundle();
  bundle = await quantizerBundle();
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-quantizer-"));
  quantizer = make();
  full = path.join(folder, "tiny.F32.gguf");
  await writeFile(full, tinyGguf({ width: 256, layers: 3, ownOutput: true }));
  half = path.join(folder, "tiny.F16.gguf");
  await quantize("F16", { source: full, target: half });
});
afterAll(async () => {
  await engine.remove();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Wanted {
  readonly source?: string;
  readonly target?: string;
  readonly options?: Partial<QuantizeOptions>;
  readonly imatrix?: string;
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
  readonly by?: Quantizer;
  readonly onProgress?: (written: number, expected: number) => void;
}

async function quantize(name: string, wanted: Wanted = {}) {
  const by = wanted.by ?? quantizer;
  const signal = wanted.signal ?? forever;
  const source = await by.open(wanted.source ?? half, signal);
  const request: QuantizeRequest = {
    source,
    target: wanted.target ?? path.join(folder, `${name}-${jobs++}.gguf`),
    type: type(name),
    options: { ...plainOptions, ...wanted.options },
    imatrix: wanted.imatrix,
    threads: 0,
    overwrite: wanted.overwrite ?? false,
  };
  const result = await by.quantize(request, {
    signal,
    onProgress: ({ writtenBytes, expectedBytes }) => wanted.onProgress?.(writtenBytes, expectedBytes),
  });
  const { header, size } = await readWholeFile(request.target, signal);
  return { result, header, size, source };
}

const typesOf = ({ tensors }: GgufHeader): Map<string, number> =>
  new Map(tensors.map((tensor) => [tensor.name, tensor.type]));
const leftovers = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.endsWith(".part"));

/** The engine loads it and writes some tokens. */
async function generates(file: string): Promise<number> {
  const started = await ready(await startEngine(engine.enginePath), file, 256, 1);
  try {
    const { timings } = await started.peer.request("complete", {
      ...{ job: "one", context: "main", prompt: "tea at noon", sampling: { temperature: 0 }, maxTokens: 4 },
    });
    return timings.predicted_n;
  } finally {
    await started.stop();
  }
}

describe("quantizing", () => {
  it.each(["Q8_0", "Q4_K_M", "Q5_K_S", "Q3_K_L", "Q2_K", "IQ4_XS", "Q4_0", "BF16"])(
    "to %s gives what was planned, which our reader takes and the engine runs",
    async (name) => {
      const source = await quantizer.open(half, forever);
      const [plan] = await quantizer.plan(source, [type(name)], plainOptions, false, forever);
      const { result, header, size } = await quantize(name);
      expect(typesOf(header)).toEqual(plan?.tensorTypes);
      expect(Math.abs(size - (plan?.fileBytes ?? 0))).toBeLessThan(512);
      expect(result.bitsPerWeight).toBe(plan?.bitsPerWeight);
      expect(header.metadata.get("general.file_type")).toBe(type(name).fileType);
      expect(header.tensors.some((tensor) => tensor.type === type(name).tensorType)).toBe(true);
      expect(await generates(result.file)).toBeGreaterThan(0);
      expect(await leftovers()).toEqual([]);
    },
  );

  it("plans every type without reading weights, and knows which need an importance matrix", async () => {
    const source = await quantizer.open(half, forever);
    const plans = await quantizer.plan(source, quantTypes, plainOptions, false, forever);
    const wrong = plans.filter(({ type: of, needsImatrix }) => needsImatrix !== of.needsImatrix);
    expect(wrong.map(({ type: of }) => of.name)).toEqual([]);
    const withOne = await quantizer.plan(source, quantTypes, plainOptions, true, forever);
    expect(withOne.filter(({ needsImatrix }) => needsImatrix)).toEqual([]);
    expect(plans.find(({ type: of }) => of.name === "F16")?.bitsPerWeight).toBeCloseTo(16, 1);
  });

  it("refuses a type that needs an importance matrix without one, and quantizing again unless it is allowed", async () => {
    await expect(quantize("IQ2_XXS")).rejects.toThrow(/needs an importance matrix/);
    const source = await quantizer.open(starterPath, forever);
    expect(source.quantizedShare).toBeGreaterThan(0.99);
    await expect(quantize("Q8_0", { source: starterPath })).rejects.toThrow(/requantizing from type q4_1 is disabled/);
    expect(await leftovers()).toEqual([]);
  });

  it("quantizes the starter again where that is allowed, with llama.cpp's warnings of rows that do not fit", async () => {
    const { result, size } = await quantize("Q4_K_M", { source: starterPath, options: { allowRequantize: true } });
    expect(result.warnings.some((line) => line.includes("falling back"))).toBe(true);
    expect(size).toBeGreaterThan(80e6);
    expect(await generates(result.file)).toBe(4);
  });

  it("follows overrides, the types of output and embeddings, and pure", async () => {
    const { header } = await quantize("Q4_K_M", {
      options: { overrides: parseOverrides("ffn_down=q6_k attn_v=q8_0"), outputType: 8, tokenEmbeddingType: 14 },
    });
    const types = typesOf(header);
    expect(types.get("blk.1.ffn_down.weight")).toBe(14);
    expect(types.get("blk.2.attn_v.weight")).toBe(8);
    expect(types.get("output.weight")).toBe(8);
    expect(types.get("token_embd.weight")).toBe(14);
    expect(types.get("blk.0.attn_q.weight")).toBe(12);
    const pure = typesOf((await quantize("Q4_K_M", { options: { pure: true } })).header);
    expect(new Set([...pure].filter(([name]) => !name.includes("norm")).map(([, found]) => found))).toEqual(
      new Set([12]),
    );
    const kept = typesOf((await quantize("Q4_K_M", { options: { keepOutput: true } })).header);
    expect(kept.get("output.weight")).toBe(1);
  });

  it("makes one file of a split model, and refuses one whose parts are not all there", async () => {
    const parts = splitTinyGguf({ width: 256, layers: 3, ownOutput: true });
    const [first = "", second = ""] = [1, 2].map((part) => path.join(folder, `split-0000${part}-of-00002.gguf`));
    await writeFile(first, parts[0]);
    await expect(quantize("Q4_K_M", { source: first })).rejects.toMatchObject({ code: "model/missing" });
    await writeFile(second, parts[1]);
    const { header } = await quantize("Q4_K_M", { source: first });
    const whole = await quantize("Q4_K_M", { source: full });
    expect(typesOf(header)).toEqual(typesOf(whole.header));
    expect([...header.metadata.keys()].filter((key) => key.startsWith("split."))).toEqual([]);
  });

  it("makes one after the other, and tells how far it is", async () => {
    const order: string[] = [];
    const steps: number[] = [];
    await Promise.all(
      ["Q8_0", "Q6_K"].map((name) =>
        quantize(name, {
          onProgress: (written, expected) => {
            steps.push(written / expected);
            if (order.at(-1) !== name) order.push(name);
          },
        }),
      ),
    );
    expect(order).toHaveLength(2);
    expect(steps.every((share) => share >= 0 && share <= 1)).toBe(true);
    expect(steps.length).toBeGreaterThan(1);
  });
});

describe("what can go wrong", () => {
  it("keeps a file that is there, and its own source", async () => {
    const target = path.join(folder, "there.gguf");
    await writeFile(target, "mine");
    await expect(quantize("Q8_0", { target })).rejects.toThrow(/exists already/);
    expect((await stat(target)).size).toBe(4);
    await quantize("Q8_0", { target, overwrite: true });
    const named = (await quantize("Q8_0", { target: path.join(folder, "Löwe 模型.gguf") })).result.file;
    expect(existsSync(named)).toBe(true);
    await expect(quantize("Q8_0", { target: half, overwrite: true })).rejects.toThrow(/its own file/);
  });

  it("refuses what is no model, is cut short, or is a later part", async () => {
    const text = path.join(folder, "text.gguf");
    await writeFile(text, "hello");
    await expect(quantize("Q8_0", { source: text })).rejects.toMatchObject({ code: "model/not-gguf" });
    const short = path.join(folder, "short.gguf");
    await writeFile(short, tinyGguf({ width: 256 }).subarray(0, 200_000));
    await expect(quantize("Q8_0", { source: short })).rejects.toMatchObject({ code: "model/truncated" });
    const unknown = path.join(folder, "unknown.gguf");
    await writeFile(unknown, tinyGguf({ width: 256, architecture: "martian" }));
    await expect(quantize("Q8_0", { source: unknown })).rejects.toThrow(/architecture “martian”/);
    const part = path.join(folder, "big-00002-of-00003.gguf");
    await copyFile(half, part);
    await expect(quantize("Q8_0", { source: part })).rejects.toThrow(/later part/);
    await expect(quantize("Q8_0", { target: path.join(folder, "no", "such.gguf") })).rejects.toThrow(
      /cannot write into/,
    );
  });

  it("asks the disk beforehand, and knows when it was full", async () => {
    const left = [1e6, 1e12, 0];
    const by = new Quantizer({
      ...{ processPath: bundle.processPath, log, readModel: readWholeFile },
      freeBytes: () => Promise.resolve(left.shift() ?? 0),
    });
    await expect(quantize("Q8_0", { by })).rejects.toThrow(/will have .* and its disk has 977 KiB left/);
    // llama.cpp's own failure, with nothing left on the disk.
    await expect(quantize("Q8_0", { by, source: starterPath })).rejects.toThrow(/disk was full/);
    expect(await leftovers()).toEqual([]);
  });

  it("leaves nothing when it is cancelled in the middle, and ends its process", async () => {
    const abort = new AbortController();
    const target = path.join(folder, "cancelled.gguf");
    const running = quantize("Q4_K_M", {
      ...{ source: starterPath, target, options: { allowRequantize: true }, signal: abort.signal },
      onProgress: (written) => {
        if (written > 1e6) abort.abort();
      },
    });
    await expect(running).rejects.toSatisfy(isCancellation);
    expect(existsSync(target)).toBe(false);
    expect(await leftovers()).toEqual([]);
    const after = new AbortController();
    after.abort();
    await expect(quantize("Q8_0", { signal: after.signal })).rejects.toSatisfy(isCancellation);
  });

  it("removes what a killed run left, but not what another program still writes", async () => {
    const target = path.join(folder, "after.gguf");
    const dead = 4_194_300;
    expect(alive(dead)).toBe(false);
    const stale = `${target}.${dead}-0123abcd.part`;
    const written = `${target}.${process.ppid}-0123abcd.part`;
    const other = path.join(folder, "after.gguf.mine.part");
    for (const file of [stale, written, other]) await writeFile(file, "half");
    await quantize("Q8_0", { target });
    expect(await leftovers()).toEqual([path.basename(other), path.basename(written)].sort());
    for (const file of [written, other]) await rm(file);
  });

  it("ends its process in the middle of native work when nobody is connected any more", async () => {
    const child = spawn(process.execPath, [bundle.processPath], {
      env: engineEnvironment(process.env),
      stdio: ["pipe", "pipe", "ignore"],
    });
    const peer = streamPeer(child.stdout, child.stdin, quantizerEventsContract, quantizerContract, line);
    peer.listen({}, { log: ({ message }) => line(message) });
    await peer.request("hello", { protocolVersion: QUANTIZER_PROTOCOL_VERSION });
    const target = path.join(folder, "orphan.gguf");
    const running = peer.request("quantize", {
      ...{ source: starterPath, target, fileType: 15, threads: 1 },
      options: { ...plainOptions, allowRequantize: true },
    });
    running.catch(line);
    while (!existsSync(target)) await sleep(20);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    const began = performance.now();
    child.stdin.end();
    await gone;
    expect(performance.now() - began).toBeLessThan(1000);
    peer.dispose();
  });

  it("refuses a llama.cpp whose structures it does not know", async () => {
    const libraries = path.resolve("node_modules/@node-llama-cpp/linux-x64/bins/linux-x64");
    const other = path.join(folder, "libraries");
    await mkdir(other);
    for (const name of await readdir(libraries))
      if (name !== "_nlcBuildMetadata.json") await symlink(path.join(libraries, name), path.join(other, name));
    const claim = (release: string): Promise<void> =>
      writeFile(
        path.join(other, "_nlcBuildMetadata.json"),
        JSON.stringify({ buildOptions: { llamaCpp: { release } } }),
      );
    await expect(quantize("Q8_0", { by: make(other) })).rejects.toMatchObject({ code: "quantizer/refused" });
    await claim("v0.6.0");
    await expect(quantize("Q8_0", { by: make(other) })).rejects.toThrow(/version v0\.6\.0/);
    await claim("v0.4.0");
    await expect(quantize("Q8_0", { by: make(other) })).rejects.toThrow(/v0\.4\.0 that holds 0\.5\.0/);
    await claim("v0.5.0");
    await quantize("Q8_0", { by: make(other) });
  });
});
