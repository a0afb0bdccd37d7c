import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { ProcessMeasuring } from "../../src/engine/client/measuring";
import { preflight } from "../../src/models/node/ggufPreflight";
import { lookupPrompts, withKvCache } from "../../src/speed/core/tuneOffers";
import { measureRoofline } from "../../src/speed/node/rooflineRun";
import { tune, type TunerNeeds } from "../../src/speed/node/tuner";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { tinyGguf } from "../support/tinyGguf";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let tiny: string;
let engine: EmbeddedEngine;
let measuring: ProcessMeasuring;
let needs: TunerNeeds;

beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-tuning-"));
  tiny = path.join(folder, "tiny.gguf");
  await writeFile(tiny, tinyGguf({ contextSize: 2048 }));
  ({ engine } = embeddedEngine(bundle.enginePath, { starter: starterPath }, { contextSize: 2048 }));
  const check = (file: string, signal: AbortSignal): Promise<unknown> => preflight(file, signal);
  measuring = engine.measuring({ check, folder: path.join(folder, "scratch") });
  needs = {
    openSession: (file, options, work) => measuring.openSession(file, options, work),
    divergence: (request, options) => measuring.divergence(request, options),
    generate: (file, request) => measuring.generate(file, request),
    now: () => performance.now(),
    cores: os.availableParallelism(),
  };
});
afterAll(async () => {
  await engine.close();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

test("a real model is tuned within the time given, and claims only what its pairs say", async () => {
  const budgetMs = 15_000;
  const found = await tune({ file: tiny, budgetMs, offers: [], text: "", signal: forever }, needs);
  expect(found.tried.length).toBeGreaterThan(0);
  for (const { times, verdict } of found.tried) expect(times.length > 0 || verdict === "failed").toBe(true);
  if (Object.keys(found.tuning).length > 0) expect(found.gain?.request.low).toBeGreaterThan(1);
  else expect(found.gain === undefined || found.gain.request.low <= 1.01 || found.gain.request.pairs < 3).toBe(true);
});

test("lookup writes the same text, on a text that repeats itself and on one that does not", async () => {
  const prompts = lookupPrompts.map(({ prompt }) => prompt);
  const written = async (lookupTokens: number) =>
    measuring.generate(starterPath, { tuning: { lookupTokens }, prompts, maxTokens: 48, signal: forever });
  const [usual, guessed] = [await written(0), await written(6)];
  expect(usual.map(({ text }) => text)).toEqual(guessed.map(({ text }) => text));
  for (const { tokens, seconds } of [...usual, ...guessed]) {
    expect(tokens).toBeGreaterThan(1);
    expect(seconds).toBeGreaterThan(0);
  }
});

test("a smaller KV cache diverges from the usual one, and says by how much", async () => {
  const four = await measuring.divergence(
    {
      ...{ reference: starterPath, candidate: starterPath, candidateTuning: withKvCache({}, "Q4_0") },
      ...{ text: await readFile("README.md", "utf8"), positions: 255 },
    },
    { signal: forever },
  );
  expect(four.meanKld).toBeGreaterThan(1e-3);
  expect(four.sameTop).toBeGreaterThan(0.3);
});

test("where a model's time goes is timed part by part by llama.cpp's own functions", async () => {
  const report = await measureRoofline(
    {
      ...{ file: tiny, tuning: {}, rounds: { least: 2, most: 2, seconds: 1 }, signal: forever },
      tests: [
        { promptTokens: 128, generatedTokens: 0, depth: 0 },
        { promptTokens: 0, generatedTokens: 16, depth: 256 },
      ],
    },
    {
      openSession: (file, options, work) => measuring.openSession(file, options, work),
      probe: (signal) => measuring.probe(signal),
    },
  );
  const [pp, tg] = report.explanations;
  expect(pp?.parts.map(({ part }) => part)).toEqual(["weights", "kvCache", "layers", "turns", "threads", "dispatch"]);
  expect(tg?.parts.map(({ part }) => part)).toEqual([
    ...["weights", "kvCache", "layers", "turns", "threads", "sampling", "dispatch"],
  ]);
  for (const { parts, sumSeconds, ceiling, ofCeiling } of report.explanations) {
    for (const { part, seconds, known } of parts) {
      expect(seconds, part).toBeGreaterThanOrEqual(0);
      expect(known, part).toBe("timed");
    }
    expect(sumSeconds).toBeGreaterThan(0);
    expect(ceiling?.tokensPerSecond).toBeGreaterThan(0);
    expect(ofCeiling).toBeGreaterThan(0);
  }
});
