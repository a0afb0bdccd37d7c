import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { ensureLinked } from "../../scripts/yardsticks.mjs";
import type { ModelId } from "../../src/engine/backend";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { ProcessMeasuring } from "../../src/engine/client/measuring";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import { modelShape } from "../../src/gguf/core/modelShape";
import { preflight, readWholeFile } from "../../src/models/node/ggufPreflight";
import { silentLogger } from "../../src/platform/core/logger";
import { byteTokenizer, type GeneratedShape, type GeneratedTokenizer } from "../../src/gguf/core/generatedPlan";
import { mergesOf, residentMemory } from "../../src/picker/core/memory";
import { totalMemory } from "../../src/picker/core/memoryNeed";
import { generateModel } from "../../src/gguf/node/generateModel";
import { plainOptions } from "../../src/quantizer/core/protocol";
import { quantTypeOf } from "../../src/quantizer/core/quantTypes";
import { Quantizer } from "../../src/quantizer/node/quantizer";
import { speed } from "./picker/speed";
import { VERDICT_FILES, verdictSeconds } from "./picker/verdict";
import { median, table, thisMachine, writeReport } from "./support/report";

/** What the picker says beforehand against what is so: memory, speed, and divergence against llama-perplexity. */
const { values } = parseArgs({
  options: {
    ...{ json: { type: "string" }, models: { type: "string" }, only: { type: "string" } },
    rounds: { type: "string", default: "6" },
  },
});
const starter = path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const { signal } = new AbortController();
const figures: Record<string, number> = {};
const rows: string[][] = [["figure", "share", "at most", "of"]];
const folder = await mkdtemp(path.join(os.tmpdir(), "paddock-bench-picker-"));
const wants = (part: string): boolean => values.only === undefined || values.only.split(",").includes(part);

interface Model {
  readonly name: string;
  readonly file: string;
  readonly contextSize: number;
}
const files = new Map<string, string>();
let contextSize = 2048;
const engine = new EmbeddedEngine({
  enginePath: path.resolve("dist/engine.mjs"),
  models: { resolve: (id) => Promise.resolve({ path: files.get(id) ?? "" }) },
  timings: { record: () => undefined },
  settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize, idleUnloadMinutes: 0 }),
  log: silentLogger,
});
const measuring: ProcessMeasuring = engine.measuring({
  check: (file, stop) => preflight(file, stop, Infinity),
  folder: path.join(folder, "scratch"),
});

function typeNumber(name: string): number {
  for (const [number, type] of ggmlTypes) if (type.name === name) return number;
  throw new Error(`no type ${name}`);
}

async function make(
  name: string,
  shape: GeneratedShape,
  tokenizer: GeneratedTokenizer,
  typeOf: (tensor: string) => string,
): Promise<string> {
  const file = path.join(folder, `${name}.gguf`);
  await generateModel(file, { name, shape, tokenizer, typeOf: (tensor) => typeNumber(typeOf(tensor)) }, signal);
  return file;
}

function note(name: string, value: number, limit: number, of: string): void {
  figures[name] = value;
  rows.push([name, value.toFixed(4), String(limit), of]);
}

async function extraModels(): Promise<string[]> {
  if (values.models === undefined) return [];
  const names = (await readdir(values.models)).filter((name) => name.endsWith(".gguf")).sort();
  return names.map((name) => path.join(values.models ?? "", name));
}

// --- memory -------------------------------------------------------------------------------------------------------

async function memory(): Promise<void> {
  const wide = { width: 2048, heads: 32, headsKv: 8, feedForward: 8192, context: 16_384 };
  const narrow = { width: 1024, heads: 16, headsKv: 4, feedForward: 4096, context: 16_384 };
  const models: Model[] = [
    { name: "starter", file: starter, contextSize: 2048 },
    { name: "starter", file: starter, contextSize: 8192 },
  ];
  for (const [name, type, shape, vocabulary, size] of [
    ["small", "Q8_0", { ...narrow, layers: 2 }, 20_000, 4096],
    ["repacked", "Q4_0", { ...wide, layers: 6 }, 0, 4096],
    ["repacked-tied", "Q4_K", { ...wide, layers: 6 }, 64_000, 4096],
    ["repacked-own", "Q4_K", { ...wide, layers: 4, output: true }, 64_000, 2048],
    ["vocabulary", "Q6_K", { ...narrow, layers: 8 }, 128_000, 2048],
    ["half", "F16", { ...wide, layers: 3 }, 32_000, 8192],
  ] as const) {
    models.push({ name, file: await make(name, shape, byteTokenizer(vocabulary), () => type), contextSize: size });
  }
  for (const file of await extraModels()) models.push({ name: path.basename(file), file, contextSize: 4096 });
  const contextErrors: number[] = [];
  const rssErrors: number[] = [];
  for (const model of models) {
    contextSize = model.contextSize;
    const id = `${model.name}@${model.contextSize}` as ModelId;
    files.set(id, model.file);
    const header = await preflight(model.file, signal);
    const estimate = await measuring.estimateMemory(model.file, { contextSize, gpuLayers: null, signal });
    const need = residentMemory(estimate, {
      tensors: header.tensors,
      shape: modelShape([header]),
      merges: mergesOf([header]),
    });
    const loaded = await engine.load(id, signal);
    const { machine } = await engine.complete(
      { prompt: "the quick brown fox ".repeat(40), sampling: { temperature: 0 }, maxTokens: 16 },
      { model: id, feature: "chat", priority: "chat", signal },
    );
    await engine.unload(id);
    const context = estimate.contextRamBytes / loaded.context.ramBytes - 1;
    const rss = totalMemory(need).value / machine.rssBytes - 1;
    contextErrors.push(Math.abs(context));
    rssErrors.push(Math.abs(rss));
    console.error(
      `memory ${id}: context ${mebibytes(estimate.contextRamBytes)} of ${mebibytes(loaded.context.ramBytes)} MiB, resident ${mebibytes(totalMemory(need).value)} of ${mebibytes(machine.rssBytes)} MiB (${(rss * 100).toFixed(1)}%)`,
    );
    if (model.file.startsWith(folder)) await rm(model.file);
  }
  note("context_memory_error", Math.max(...contextErrors), 0.01, `the worst of ${models.length} contexts`);
  note("rss_error", Math.max(...rssErrors), 0.05, `the worst of ${models.length} processes`);
  note("rss_error_median", median(rssErrors), 0.05, "their median");
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

// --- divergence ---------------------------------------------------------------------------------------------------

async function divergence(): Promise<void> {
  const yardstick = await ensureLinked("llama-perplexity");
  const text = (
    await Promise.all(["src/engine/client/supervisor.ts", "docs/ARCHITECTURE.md"].map((file) => readFile(file, "utf8")))
  ).join("\n");
  const textFile = path.join(folder, "text.txt");
  await writeFile(textFile, text);
  const quantizer = new Quantizer({
    processPath: path.resolve("dist/quantizer.mjs"),
    log: silentLogger,
    readModel: readWholeFile,
  });
  const header = await preflight(starter, signal);
  let worst = 0;
  for (const name of ["Q8_0", "Q5_0", "Q4_0"]) {
    const type = quantTypeOf(name);
    if (type === undefined) throw new Error(`no type ${name}`);
    const candidate = path.join(folder, `starter.${name}.gguf`);
    await quantizer.quantize(
      {
        source: { file: starter, parts: [header], size: header.expectedSize, quantizedShare: 1 },
        target: candidate,
        type,
        options: { ...plainOptions, allowRequantize: true },
        threads: 0,
        overwrite: true,
      },
      { signal },
    );
    const ours = await measuring.divergence({ reference: starter, candidate, text, positions: 510 }, { signal });
    const theirs = await perplexity(yardstick, starter, candidate, textFile);
    const difference = Math.abs(ours.meanKld - theirs.kld);
    // As a share, or in units of 1e-4 nats where that is more forgiving.
    const error = Math.min(difference / theirs.kld, (difference / 1e-4) * 0.02);
    worst = Math.max(worst, error);
    console.error(
      `divergence ${name}: ${ours.meanKld.toFixed(6)} ± ${ours.meanKldError.toFixed(6)} nats at ${ours.positions} positions, llama-perplexity ${theirs.kld.toFixed(6)}; same top ${(ours.sameTop * 100).toFixed(2)}%, ${theirs.sameTop.toFixed(2)}%; perplexity ${ours.perplexity.toFixed(3)}, ${theirs.perplexity.toFixed(3)}`,
    );
    await rm(candidate);
  }
  note("kld_error", worst, 0.02, "the worst of 3; 0.02 stands for 1e-4 nats where that is larger");
}

async function perplexity(
  { program, cwd, env }: Awaited<ReturnType<typeof ensureLinked>>,
  reference: string,
  candidate: string,
  text: string,
): Promise<{ kld: number; sameTop: number; perplexity: number }> {
  const base = path.join(folder, "base.kld");
  const common = [
    "-c",
    "512",
    "-b",
    "512",
    "-ub",
    "512",
    "--chunks",
    "2",
    "-ngl",
    "0",
    "-t",
    String(os.availableParallelism()),
  ];
  const run = async (...options: string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(program, [...options, ...common], {
      maxBuffer: 1 << 26,
      ...{ cwd, env },
    });
    return stdout + stderr;
  };
  await run("-m", reference, "-f", text, "--kl-divergence-base", base);
  const output = await run("-m", candidate, "--kl-divergence-base", base, "--kl-divergence");
  await rm(base);
  const find = (pattern: RegExp): number => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined)
      throw new Error(`llama-perplexity did not print ${pattern.source}:\n${output.slice(-2000)}`);
    return Number(found);
  };
  return {
    kld: find(/Mean\s+KLD:\s+(-?[\d.]+)/),
    sameTop: find(/Same top p:\s+([\d.]+)/),
    perplexity: find(/Mean PPL\(Q\)\s+:\s+([\d.]+)/),
  };
}

try {
  await mkdir(path.join(folder, "scratch"), { recursive: true });
  if (wants("memory")) await memory();
  if (wants("divergence")) await divergence();
  if (wants("verdict")) {
    const { remote, local } = await verdictSeconds(path.join(folder, "verdict"));
    note("verdict_s", Math.max(remote, local), 1, `seconds for ${VERDICT_FILES} files, the slower of the two below`);
    note("verdict_remote_s", remote, 1, "a repository, 20 ms of latency, by ranges");
    note("verdict_local_s", local, 1, "a folder");
  }
  if (wants("speed"))
    await speed({
      ...{ measuring, folder, signal, starter, make, note },
      extraModels: await extraModels(),
      rounds: Number(values.rounds),
    });
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}
console.log(table(rows));
if (values.json !== undefined) {
  const { tag } = JSON.parse(await readFile("node_modules/node-llama-cpp/llama/llama.cpp.info.json", "utf8")) as {
    tag: string;
  };
  await writeReport(values.json, {
    figures,
    machine: thisMachine(),
    versions: { "llama.cpp": tag, node: process.versions.node },
  });
}
