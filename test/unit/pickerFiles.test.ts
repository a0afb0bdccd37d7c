import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/platform/core/logger";
import type { Candidate } from "../../src/picker/core/candidate";
import { type LocalModel, modelsInFolder, readLocalModels } from "../../src/picker/node/localCandidates";
import { MeasurementStore } from "../../src/picker/node/measurementStore";
import { tinyGguf } from "../support/tinyGguf";

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-picker-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function candidates(models?: readonly LocalModel[]): Promise<Candidate[]> {
  const found: Candidate[] = [];
  await readLocalModels(
    models ?? (await modelsInFolder(folder)),
    (one) => found.push(one),
    new AbortController().signal,
  );
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

describe("files of a folder", () => {
  it("become candidates by what is in them, each with the reason where it is none", async () => {
    const model = tinyGguf();
    await writeFile(at("good.gguf"), model);
    await writeFile(at("empty.gguf"), "");
    await writeFile(at("page.gguf"), "<!doctype html>");
    await writeFile(at("short.gguf"), model);
    await truncate(at("short.gguf"), model.length - 1000);
    await writeFile(at("mmproj-F16.gguf"), model);
    await writeFile(at("notes.txt"), "x");
    await mkdir(at("Q8_0"));
    await writeFile(at("Q8_0", "split-00001-of-00002.gguf"), model);
    const found = await candidates();
    expect(found.map(({ name, problem }) => [name, problem])).toEqual([
      ["empty.gguf", "This is no model file that llama.cpp can use: too short for the magic number."],
      ["good.gguf", undefined],
      ["page.gguf", "This is no model file that llama.cpp can use: no GGUF magic number."],
      ["short.gguf", "The file is cut short. Download it again."],
      ["split.gguf", "Parts are missing: split-00002-of-00002.gguf."],
    ]);
    const good = found.find(({ name }) => name === "good.gguf");
    expect(good).toMatchObject({ id: at("good.gguf"), sizeBytes: model.length });
    expect(good?.contents?.shape).toMatchObject({ architecture: "llama", layers: 2, bitsPerWeight: 32 });
    expect(found.filter(({ contents }) => contents !== undefined)).toHaveLength(1);
  });

  it("that are gone say so, and a folder that is none rejects", async () => {
    const [gone] = await candidates([{ name: "gone", files: [at("gone.gguf")] }]);
    expect(gone?.problem).toBe("The file cannot be read (ENOENT).");
    await expect(modelsInFolder(at("nowhere"))).rejects.toThrow("ENOENT");
  });

  it("are no longer read once nobody waits", async () => {
    await writeFile(at("good.gguf"), tinyGguf());
    const found: Candidate[] = [];
    const abort = AbortSignal.abort();
    await expect(readLocalModels(await modelsInFolder(folder), (one) => found.push(one), abort)).rejects.toThrow();
    expect(found).toEqual([]);
  });

  it("get their verdicts within a second, twenty of them", async () => {
    for (let index = 0; index < 20; index++) await writeFile(at(`model-${index}.gguf`), tinyGguf({ seed: index }));
    const since = performance.now();
    expect(await candidates()).toHaveLength(20);
    expect(performance.now() - since).toBeLessThan(1000);
  });
});

describe("what was measured", () => {
  const speed = { pp: { value: 100, error: 2 }, tg: { value: 10, error: 0.5 } };
  const quality = {
    kld: { value: 0.01, error: 0.001 },
    sameTop: { value: 0.95, error: 0.01 },
    reference: "F16.gguf",
  };
  let machine = "one";
  const store = (): MeasurementStore => new MeasurementStore(at("kept", "measured.json"), () => machine, silentLogger);
  const model = tinyGguf();
  beforeEach(async () => {
    machine = "one";
    await writeFile(at("model.gguf"), model);
  });

  it("is kept by what is in the file and by machine: moved it stays, replaced it is gone", async () => {
    await store().add(at("model.gguf"), model.length, { speed });
    await store().add(at("model.gguf"), model.length, { quality });
    const known = await store().get(at("model.gguf"), model.length);
    expect(known.speed?.tg).toEqual({ value: 10, how: "measured", error: 0.5 });
    expect(known.quality?.kld).toEqual({ value: 0.01, how: "measured", error: 0.001 });
    expect(known.reference).toBe("F16.gguf");

    await writeFile(at("moved.gguf"), model);
    expect((await store().get(at("moved.gguf"), model.length)).speed).toBeDefined();
    machine = "another";
    expect(await store().get(at("model.gguf"), model.length)).toEqual({});
    machine = "one";
    const replaced = store();
    expect((await replaced.get(at("model.gguf"), model.length)).speed).toBeDefined();
    await writeFile(at("model.gguf"), tinyGguf({ seed: 9 }));
    expect(await replaced.get(at("model.gguf"), model.length)).toEqual({});
  });

  it("is added to by two windows without loss, and written whole", async () => {
    await writeFile(at("other.gguf"), tinyGguf({ seed: 2 }));
    const [one, other] = [store(), store()];
    await one.get(at("model.gguf"), model.length);
    await other.get(at("model.gguf"), model.length);
    // Each would write what it has read over what the other one wrote.
    await Promise.all([
      one.add(at("model.gguf"), model.length, { speed }),
      other.add(at("other.gguf"), model.length, { speed }),
    ]);
    expect((await store().get(at("model.gguf"), model.length)).speed).toBeDefined();
    expect((await store().get(at("other.gguf"), model.length)).speed).toBeDefined();
    expect(await readdir(at("kept"))).toEqual(["measured.json"]);
  });

  it("survives a damaged file, and what of it is no row", async () => {
    await mkdir(at("kept"));
    await writeFile(at("kept", "measured.json"), "{");
    expect(await store().get(at("model.gguf"), model.length)).toEqual({});
    await store().add(at("model.gguf"), model.length, { speed });
    const written = JSON.parse(await readFile(at("kept", "measured.json"), "utf8")) as { rows: unknown[] };
    written.rows.push({ file: 7 }, null, { ...(written.rows[0] as object), speed: { pp: { value: "fast" } } });
    await writeFile(at("kept", "measured.json"), JSON.stringify(written));
    expect((await store().get(at("model.gguf"), model.length)).speed?.tg.value).toBe(10);
  });
});
