import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SpeedOptions, SpeedResult } from "../../src/engine/measuring";
import { PaddockError } from "../../src/platform/core/errors";
import { readHeader } from "../../src/gguf/core/readHeader";
import { modelShape } from "../../src/gguf/core/modelShape";
import { calibrate } from "../../src/picker/node/calibration";
import { type CalibrationKey, CalibrationStore } from "../../src/picker/node/calibrationStore";
import { modelWork } from "../../src/gguf/core/modelWork";
import { predictSpeed } from "../../src/picker/core/speedModel";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-calibration-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const key: CalibrationKey = {
  ...{ cpu: "a", cores: 2, memoryGiB: 8, backend: "cpu", devices: [], threads: 2 },
  ...{ llamaCppVersion: "v1", bindingVersion: "1" },
};
const machine = {
  types: { Q8_0: { near: 1e-11, far: undefined, pp: 1e-11 } },
  reach: [{ bytes: 1, share: 0 }],
  ...{ perToken: 0, perLayer: 0, perVocabularyEntry: 0, attentionTg: 0, attentionPp: 0 },
};

test("a calibration is found again, by its own key alone", async () => {
  const store = new CalibrationStore(folder);
  expect(await store.load(key)).toBeUndefined();
  await store.save(key, machine);
  expect((await store.load(key))?.machine).toEqual(machine);
  for (const other of [{ threads: 4 }, { llamaCppVersion: "v2" }, { backend: "vulkan" }, { memoryGiB: 16 }])
    expect(await store.load({ ...key, ...other })).toBeUndefined();
});

test("a damaged, renamed or nonsensical file is none", async () => {
  const store = new CalibrationStore(folder);
  await store.save(key, machine);
  const [name = ""] = await readdir(folder);
  const file = path.join(folder, name);
  const text = await readFile(file, "utf8");
  for (const bad of [
    text.slice(0, -20),
    "[]",
    text.replace('"version": 1', '"version": 99'),
    text.replace('"threads": 2', '"threads": 3'),
    text.replace('"near": 1e-11', '"near": -1'),
    text.replace(/"types": \{[^}]*\}\s*\}/, '"types": {}'),
  ]) {
    expect(bad).not.toBe(text);
    await writeFile(file, bad);
    expect(await store.load(key)).toBeUndefined();
  }
});

/** A machine of which all is known: seconds a value by type, and a fixed cost of a token and a layer. */
const truth: Readonly<Record<string, number>> = {
  Q8_0: 30e-12,
  Q4_0: 22e-12,
  Q4_K: 21e-12,
  Q6_K: 33e-12,
  Q5_K: 35e-12,
};
async function simulated(file: string, options: SpeedOptions): Promise<SpeedResult> {
  const { open } = await import("node:fs/promises");
  const { fileSource } = await import("../../src/gguf/node/fileSource");
  const handle = await open(file, "r");
  try {
    const header = await readHeader(await fileSource(handle), options.signal);
    const { tg, pp, layers, vocabulary } = modelWork(header.tensors, modelShape([header]));
    const of = (values: Readonly<Record<string, number>>): number =>
      Object.entries(values).reduce((sum, [type, count]) => sum + count * (truth[type] ?? 40e-12), 0);
    const { promptTokens, generatedTokens, depth } = options;
    return {
      tg: [1 / (of(tg) + 1e-4 + layers * 1e-5 + vocabulary * 2e-9)],
      pp: promptTokens === 0 ? [] : [2 / of(pp)],
      ...{ promptTokens, generatedTokens, depth },
    };
  } finally {
    await handle.close();
  }
}

test("calibrating finds what a machine is made of, and leaves nothing behind", async () => {
  const fractions: number[] = [];
  const found = await calibrate({
    measuring: { measureSpeeds: (work) => work(simulated) },
    folder,
    signal: new AbortController().signal,
    onProgress: (fraction) => fractions.push(fraction),
  });
  for (const [type, seconds] of Object.entries(truth))
    expect((found.types[type]?.near ?? 0) / seconds).toBeCloseTo(1, 1);
  expect(found.perLayer).toBeCloseTo(1e-5, 6);
  expect(found.perVocabularyEntry).toBeCloseTo(2e-9, 10);
  // Its memory is as fast as its caches.
  expect(found.reach).toEqual([]);
  expect(fractions.at(-1)).toBe(1);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(await readdir(folder)).toEqual([]);
  const work = { tg: { Q6_K: 1e9 }, pp: { Q6_K: 1e9 }, bytes: 8e8, layers: 20, vocabulary: 50_000, attention: 0 };
  const { tg } = predictSpeed(found, work, { depth: 0, promptTokens: 512 });
  expect(1 / tg.value).toBeCloseTo(33e-3 + 1e-4 + 2e-4 + 1e-4, 3);
}, 60_000);

test("a calibration that fails or is cancelled leaves nothing behind either", async () => {
  const failing = calibrate({
    measuring: { measureSpeeds: (work) => work(() => Promise.reject(new PaddockError("engine/crashed", "gone"))) },
    folder,
    signal: new AbortController().signal,
  });
  await expect(failing).rejects.toMatchObject({ code: "engine/crashed" });
  const abort = new AbortController();
  abort.abort();
  await expect(
    calibrate({ measuring: { measureSpeeds: (work) => work(simulated) }, folder, signal: abort.signal }),
  ).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
  expect((await stat(folder)).isDirectory()).toBe(true);
});
