import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PaddockError } from "../../src/platform/core/errors";
import { preflight } from "../../src/models/node/ggufPreflight";
import { engineBundle } from "../support/engineBundle";
import { startEngine, type TestEngine } from "../support/engineHarness";
import { mutate } from "../support/mutate";
import { seededRandom } from "../support/random";
import { tinyGguf } from "../support/tinyGguf";

const MUTANTS = 1000;
/** Side by side, since most of a load is the start of its process. */
const LANES = 2;
/** A mutant is 300 KB; an engine that has not said anything by now hangs. */
const HANG_MS = 30_000;
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(tmpdir(), "paddock-fuzz-"));
});
afterAll(async () => {
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

it(
  `answers ${MUTANTS} damaged model files with a clear error or a working model, never with a hang`,
  { timeout: 900_000 },
  async () => {
    const original = tinyGguf();
    const headerSize = original.indexOf("blk.0") + 4000;
    const random = seededRandom(42);
    const outcomes = { refused: 0, "refused by the engine": 0, loaded: 0, crashed: 0 };
    const passed: string[] = [];
    for (let index = 0; index < MUTANTS; index++) {
      const file = path.join(folder, `mutant-${index}.gguf`);
      await writeFile(file, mutate(original, headerSize, random));
      try {
        await preflight(file, AbortSignal.timeout(10_000));
        passed.push(file);
      } catch (error) {
        expect(error, file).toBeInstanceOf(PaddockError);
        expect((error as PaddockError).code, file).toMatch(/^model\//);
        outcomes.refused++;
        await rm(file);
      }
    }
    // What the reader lets through goes to llama.cpp, in a process that may fall.
    const lane = async (): Promise<void> => {
      let engine: TestEngine | undefined;
      for (let file = passed.shift(); file !== undefined; file = passed.shift()) {
        if (engine === undefined) {
          engine = await startEngine(bundle.enginePath);
          await engine.peer.request("hello", { protocolVersion: 1, gpu: "cpu" });
        }
        const outcome = await load(engine, file);
        outcomes[outcome]++;
        // An engine has one model, or is gone: the next mutant gets a new one.
        if (outcome === "refused by the engine") continue;
        await engine.stop();
        engine = undefined;
      }
      await engine?.stop();
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    console.log(`of ${MUTANTS}: ${JSON.stringify(outcomes)}`);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(MUTANTS);
    expect(outcomes.refused).toBeGreaterThan(0);
    // What llama.cpp would fall over is refused before (src/gguf/core/loadRules.ts).
    expect(outcomes.crashed).toBe(0);
    expect(outcomes.loaded).toBeGreaterThan(0);
  },
);

async function load(engine: TestEngine, path: string): Promise<"loaded" | "crashed" | "refused by the engine"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${path} hangs`)), HANG_MS);
  });
  try {
    await Promise.race([engine.peer.request("loadModel", { path }), late]);
    return "loaded";
  } catch (error) {
    expect(error, path).toBeInstanceOf(PaddockError);
    const { code } = error as PaddockError;
    if (code === "disconnected") return "crashed";
    expect(code, path).toMatch(/^model\//);
    return "refused by the engine";
  } finally {
    clearTimeout(timer);
  }
}
