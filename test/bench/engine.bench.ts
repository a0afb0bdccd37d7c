import { execFile } from "node:child_process";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import * as v from "valibot";
import { ensureYardstick } from "../../scripts/yardsticks.mjs";
import type { JobOptions, ModelId } from "../../src/engine/backend";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import { silentLogger } from "../../src/platform/core/logger";
import { generatedModel } from "../support/generatedModel";
import { median, medianRatio, table, thisMachine, writeReport } from "./support/report";

/** The engine through the product's path against llama-bench of the same llama.cpp, in alternating runs. */
const benchSchema = v.array(
  v.object({ n_prompt: v.number(), n_gen: v.number(), avg_ts: v.number(), n_threads: v.number(), n_batch: v.number() }),
);
const starter = path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const { values } = parseArgs({ options: { json: { type: "string" }, runs: { type: "string", default: "5" } } });
const runs = Number(values.runs);
const signal = new AbortController().signal;

async function measureModel(
  name: string,
  file: string,
  yardstick: string,
): Promise<{ tg: [number, number][]; pp: [number, number][]; ttft: number[] }> {
  const id = name as ModelId;
  const engine = new EmbeddedEngine({
    enginePath: path.resolve("dist/engine.mjs"),
    models: { resolve: () => Promise.resolve({ path: file }) },
    timings: { record: () => undefined },
    settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize: 2048, idleUnloadMinutes: 0 }),
    log: silentLogger,
  });
  try {
    const { context, engine: info } = await engine.load(id, signal);
    const options: JobOptions = { model: id, feature: "chat", priority: "measuring", signal };
    // 512 random tokens of text; each run another, so that nothing is in the KV cache.
    const prompt = async (run: number): Promise<string> => {
      const tokens = Array.from({ length: 512 }, (_, index) => 1000 + ((index * 7919 + (run + 1) * 104_729) % 40_000));
      const { text } = await engine.detokenize(tokens, { model: id, special: false, signal });
      return text;
    };
    const ours = async (run: number): Promise<{ tg: number; pp: number; ttft: number }> => {
      // llama-bench warms up before each of its tests; so do we, since it has had the caches meanwhile.
      await engine.complete({ prompt: await prompt(run + 1000), sampling: { temperature: 0 }, maxTokens: 32 }, options);
      const processed = await engine.complete(
        { prompt: await prompt(run), sampling: { temperature: 0 }, maxTokens: 1 },
        options,
      );
      // A model may end where it likes; at temperature 0 and this prompt neither does within 128 tokens, which is checked.
      const generated = await engine.complete(
        { prompt: `${run} 1, 2, 3, 4, 5, 6, 7, 8,`, sampling: { temperature: 0 }, maxTokens: 128 },
        options,
      );
      if (generated.timings.predicted_n < 64)
        throw new Error(`${name} ended after ${generated.timings.predicted_n} tokens.`);
      return {
        pp: processed.timings.prompt_per_second ?? 0,
        tg: generated.timings.predicted_per_second ?? 0,
        ttft: processed.timings.ttft_ms ?? 0,
      };
    };
    const theirs = async (): Promise<{ tg: number; pp: number }> => {
      const { stdout } = await promisify(execFile)(yardstick, [
        "-m",
        file,
        "-p",
        "512",
        "-n",
        "128",
        "-r",
        "1",
        "-t",
        String(context.threads),
        "-b",
        String(context.batchSize),
        "-ub",
        String(context.batchSize),
        "-ngl",
        "0",
        "-fa",
        "auto",
        "-o",
        "json",
      ]);
      const results = v.parse(benchSchema, JSON.parse(stdout));
      return {
        pp: results.find(({ n_prompt }) => n_prompt === 512)?.avg_ts ?? 0,
        tg: results.find(({ n_gen }) => n_gen === 128)?.avg_ts ?? 0,
      };
    };
    console.error(`${name}: ${info.backend}, ${context.threads} threads, batch ${context.batchSize}`);
    await ours(-1);
    const tg: [number, number][] = [];
    const pp: [number, number][] = [];
    const ttft: number[] = [];
    for (let run = 0; run < runs; run++) {
      // Alternating, and every other pair in the other order.
      const [a, b] =
        run % 2 === 0
          ? [await ours(run), await theirs()]
          : await theirs().then(async (other) => [await ours(run), other] as const);
      tg.push([a.tg, b.tg]);
      pp.push([a.pp, b.pp]);
      ttft.push(a.ttft);
      console.error(
        `${name} ${run + 1}/${runs}: tg ${a.tg.toFixed(1)} / ${b.tg.toFixed(1)}, pp ${a.pp.toFixed(1)} / ${b.pp.toFixed(1)} tok/s`,
      );
    }
    return { tg, pp, ttft };
  } finally {
    await engine.close();
  }
}

const yardstick = await ensureYardstick("llama-bench");
const figures: Record<string, number> = {};
const rows: string[][] = [["model", "test", "Paddock tok/s", "llama-bench tok/s", "ratio (median of pairs)"]];
for (const [name, file] of [
  ["starter", starter],
  ["generated-1b", await generatedModel(starter)],
] as const) {
  const { tg, pp, ttft } = await measureModel(name, file, yardstick);
  for (const [test, pairs] of [
    ["pp512", pp],
    ["tg128", tg],
  ] as const) {
    const ratio = medianRatio(pairs);
    const short = test.slice(0, 2);
    figures[`${short}_ratio_${name}`] = ratio;
    figures[`${short}_${name}`] = median(pairs.map(([ours]) => ours));
    figures[`${short}_llama_bench_${name}`] = median(pairs.map(([, theirs]) => theirs));
    rows.push([
      name,
      test,
      figures[`${short}_${name}`]?.toFixed(1) ?? "",
      figures[`${short}_llama_bench_${name}`]?.toFixed(1) ?? "",
      ratio.toFixed(3),
    ]);
  }
  figures[`ttft_ms_pp512_${name}`] = median(ttft);
}
for (const short of ["tg", "pp"]) {
  figures[`${short}_ratio`] = Math.min(
    figures[`${short}_ratio_starter`] ?? 0,
    figures[`${short}_ratio_generated-1b`] ?? 0,
  );
}
console.log(
  `${table(rows)}\n\ntg_ratio ${figures.tg_ratio?.toFixed(3)}   pp_ratio ${figures.pp_ratio?.toFixed(3)}   (the worse model; at least 0.90 wanted)`,
);
if (values.json !== undefined) {
  await writeReport(values.json, {
    figures,
    machine: thisMachine(),
    versions: {
      "llama.cpp": path.basename(path.dirname(yardstick)).replace("yardsticks-", ""),
      node: process.versions.node,
    },
  });
}
