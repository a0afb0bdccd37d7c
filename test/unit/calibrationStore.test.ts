import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CalibrationKey, CalibrationStore } from "../../src/picker/node/calibrationStore";

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
  ...{ perToken: 0, perLayer: 0, perVocabularyEntry: 0, attentionTg: 0, attentionPp: 0, besidePp: 0 },
  ...{ amx: false, noise: 0.03 },
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
    text.replace('"version": 3', '"version": 99'),
    text.replace('"threads": 2', '"threads": 3'),
    text.replace('"near": 1e-11', '"near": -1'),
    text.replace(/"types": \{[^}]*\}\s*\}/, '"types": {}'),
  ]) {
    expect(bad).not.toBe(text);
    await writeFile(file, bad);
    expect(await store.load(key)).toBeUndefined();
  }
});
