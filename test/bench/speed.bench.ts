import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import * as v from "valibot";
import { ensureLinked } from "../../scripts/yardsticks.mjs";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { ProcessMeasuring } from "../../src/engine/client/measuring";
import { preflight } from "../../src/models/node/ggufPreflight";
import { silentLogger } from "../../src/platform/core/logger";
import { type BenchTest, testName } from "../../src/speed/core/benchmark";
import type { Explanation } from "../../src/speed/core/roofline";
import { measureRoofline } from "../../src/speed/node/rooflineRun";
import { tune } from "../../src/speed/node/tuner";
import { generatedModel } from "../support/generatedModel";
import { median, medianRatio, table, thisMachine, writeReport } from "./support/report";

/**
 * The benchmark's own figures against llama-bench over the same libraries with the same threads, in alternating runs; what
 * tuning gains here; and how much of the time is explained by parts that were each timed alone.
 */
const { values } = parseArgs({
  options: {
    json: { type: "string" },
    runs: { type: "string", default: "3" },
    depth: { type: "string", default: "4096" },
    "tune-seconds": { type: "string", default: "120" },
    model: { type: "string", multiple: true, default: ["starter", "generated-1b"] },
  },
});
const runs = Number(values.runs);
const depth = Number(values.depth);
const signal = new AbortController().signal;
const starter = path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const tests: readonly BenchTest[] = [
  { promptTokens: 512, generatedTokens: 0, depth: 0 },
  { promptTokens: 0, generatedTokens: 128, depth: 0 },
  { promptTokens: 512, generatedTokens: 0, depth },
  { promptTokens: 0, generatedTokens: 128, depth },
];
const EXPLANATIONS = 3;
/** Whose parts are added up. */
const explained: readonly BenchTest[] = tests.filter(
  ({ promptTokens, depth: behind }) => promptTokens === 0 || behind === 0,
);

const rowsSchema = v.array(
  v.object({ n_prompt: v.number(), n_gen: v.number(), n_depth: v.number(), samples_ts: v.array(v.number()) }),
);

/** As the engine chose it for the model that was measured last. */
let flashAttention = true;

/** tokens/s by test, ours and theirs, pair by pair. */
type Pairs = Map<string, [ours: number, theirs: number][]>;

const folder = await mkdtemp(path.join(os.tmpdir(), "paddock-bench-speed-"));
const engine = new EmbeddedEngine({
  enginePath: path.resolve("dist/engine.mjs"),
  models: { resolve: () => Promise.reject(new Error("Nothing is loaded here but what is measured.")) },
  timings: { record: () => undefined },
  settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize: 0, idleUnloadMinutes: 0 }),
  log: silentLogger,
});
const measuring: ProcessMeasuring = engine.measuring({ check: (file, stop) => preflight(file, stop), folder });

async function compare(name: string, file: string): Promise<Pairs> {
  const pairs: Pairs = new Map(tests.map((test) => [testName(test), []]));
  for (let run = 0; run < runs; run++) {
    for (const test of tests) {
      // Every other pair in the other order; both are given a process of their own.
      const [ours, theirs] =
        run % 2 === 0
          ? [await oursOf(file, test), await theirsOf(file, test)]
          : await theirsOf(file, test).then(async (their) => [await oursOf(file, test), their] as const);
      pairs.get(testName(test))?.push([ours, theirs]);
      console.error(`${name} ${testName(test)} ${run + 1}/${runs}: ${ours.toFixed(1)} / ${theirs.toFixed(1)} tok/s`);
    }
  }
  return pairs;
}

/** What is deep takes long to get to, and long enough itself. */
function repetitionsOf(test: BenchTest): number {
  return test.depth > 0 ? 2 : 5;
}

function oursOf(file: string, test: BenchTest): Promise<number> {
  const contextSize = test.depth + test.promptTokens + test.generatedTokens + 1;
  return measuring.openSession(file, { tuning: {}, contextSize, signal }, async (session) => {
    ({ flashAttention } = session.context);
    const { samplesNs } = await session.measure({ ...test, repetitions: repetitionsOf(test) });
    return ((test.promptTokens + test.generatedTokens) * 1e9) / median(samplesNs);
  });
}

async function theirsOf(file: string, test: BenchTest): Promise<number> {
  const { threads } = await measuring.engine(signal);
  const asked = { m: file, p: test.promptTokens, n: test.generatedTokens, d: test.depth, t: threads, b: 512 };
  const more = { r: repetitionsOf(test), ub: 512, ngl: 0, fa: flashAttention ? "on" : "off", o: "json" };
  const words = Object.entries({ ...asked, ...more }).flatMap(([option, value]) => [`-${option}`, String(value)]);
  const { stdout } = await promisify(execFile)(yardstick.program, words, { cwd: yardstick.cwd, env: yardstick.env });
  const [row] = v.parse(rowsSchema, JSON.parse(stdout));
  if (row?.n_depth !== test.depth) throw new Error(`llama-bench did not measure ${testName(test)}.`);
  // The median as of ours: one repetition that another program held up says nothing of either.
  return median(row.samples_ts);
}

/** How many times as fast a request of 512 tokens and 128 more is with what the search found; 1 where nothing is told. */
async function tunedGain(name: string, file: string): Promise<number> {
  const found = await tune(
    { file, budgetMs: Number(values["tune-seconds"]) * 1000, offers: [], text: "", signal },
    {
      openSession: (...session) => measuring.openSession(...session),
      divergence: (request, options) => measuring.divergence(request, options),
      generate: () => Promise.resolve([]),
      now: () => performance.now(),
      cores: os.availableParallelism(),
    },
  );
  const told = Object.keys(found.tuning).length > 0;
  console.error(
    `${name}: ${found.tried.length} settings tried; ${told ? JSON.stringify(found.tuning) : "no gain that can be told"}`,
  );
  return told ? (found.gain?.request.ratio ?? 1) : 1;
}

/** Shares by test: the median of several explanations, as ratios are of several pairs, because minutes differ here. */
async function explainedShares(file: string): Promise<ReadonlyMap<string, number>> {
  const shares = new Map<string, number[]>(explained.map((test) => [testName(test), []]));
  for (let run = 0; run < EXPLANATIONS; run++) {
    for (const { test, explainedShare } of await explanationsOf(file)) shares.get(testName(test))?.push(explainedShare);
  }
  return new Map([...shares].map(([name, found]) => [name, median(found)]));
}

async function explanationsOf(file: string): Promise<readonly Explanation[]> {
  const report = await measureRoofline(
    { file, tuning: {}, tests: explained, rounds: { least: 5, most: 15, seconds: 20 }, signal },
    {
      openSession: (...session) => measuring.openSession(...session),
      probe: (stop) => measuring.probe(stop),
    },
  );
  for (const { test, measuredSeconds, parts, explainedShare } of report.explanations) {
    const ms = (seconds: number): string => `${(seconds * 1000).toFixed(2)} ms`;
    const words = parts.map(
      ({ part, seconds, known }) => `${part} ${ms(seconds)}${known === "timed" ? "" : " predicted"}`,
    );
    console.error(`${testName(test)}: ${ms(measuredSeconds)} = ${words.join(" + ")} (${explainedShare.toFixed(3)})`);
  }
  return report.explanations;
}

const yardstick = await ensureLinked("llama-bench");
const files = new Map([["starter", starter]]);
if (values.model.includes("generated-1b")) {
  files.set("generated-1b", await generatedModel(starter));
}
const figures: Record<string, number> = {};
const rows: string[][] = [
  ["model", "test", "Paddock tok/s", "llama-bench tok/s", "ratio (median of pairs)", "explained"],
];
const errors: Record<"pp" | "tg", number[]> = { pp: [], tg: [] };
const gains: number[] = [];
const shares: number[] = [];
try {
  for (const name of values.model) {
    const file = files.get(name);
    if (file === undefined) throw new Error(`There is no model ${name}.`);
    const pairs = await compare(name, file);
    const explanations = await explainedShares(file);
    shares.push(...explanations.values());
    for (const test of tests) {
      const measured = pairs.get(testName(test)) ?? [];
      const ratio = medianRatio(measured);
      const phase = test.promptTokens > 0 ? "pp" : "tg";
      errors[phase].push(Math.abs(1 - ratio));
      const share = explanations.get(testName(test));
      figures[`${phase}_ratio_${name}_d${test.depth}`] = ratio;
      rows.push([
        ...[name, testName(test), median(measured.map(([ours]) => ours)).toFixed(1)],
        ...[median(measured.map(([, theirs]) => theirs)).toFixed(1), ratio.toFixed(3), share?.toFixed(3) ?? ""],
      ]);
    }
    const gain = await tunedGain(name, file);
    gains.push(gain);
    figures[`tuned_gain_${name}`] = gain;
  }
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}
// Of several models the worse.
figures.pp_error = Math.max(...errors.pp);
figures.tg_error = Math.max(...errors.tg);
figures.tuned_gain = Math.min(...gains);
figures.explained_share = Math.min(...shares);
const inWords = ["pp_error", "tg_error", "tuned_gain", "explained_share"].map(
  (figure) => `${figure} ${figures[figure]?.toFixed(3) ?? ""}`,
);
console.log(
  `${table(rows)}\n\n${inWords.join("   ")}   (errors of at most 0.10 and a share of at least 0.95 are wanted)`,
);
if (values.json !== undefined) {
  await writeReport(values.json, {
    figures,
    machine: thisMachine(),
    versions: {
      "llama.cpp": path.basename(path.dirname(yardstick.program)).replace("yardsticks-", ""),
      node: process.versions.node,
    },
  });
}
