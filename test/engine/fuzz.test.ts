import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PaddockError } from "../../src/platform/core/errors";
import { preflight } from "../../src/models/node/ggufPreflight";
import { engineBundle } from "../support/engineBundle";
import { startEngine, type TestEngine } from "../support/engineHarness";
import { seededRandom } from "../support/random";
import { tinyGguf } from "../support/tinyGguf";

const MUTANTS = 1000;
/** Each needs an engine of its own, which takes a second or more; the first this many that pass the reader get one. */
const REAL_LOADS = 40;
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

/** One to four changes: bytes, runs, cuts, insertions, extreme numbers; mostly in the header, where the danger is. */
function mutate(original: Buffer, headerSize: number, random: () => number): Buffer {
  let bytes = Buffer.from(original);
  const changes = 1 + Math.floor(random() * 4);
  for (let change = 0; change < changes; change++) {
    const at = Math.floor(random() * (random() < 0.9 ? Math.min(headerSize, bytes.length) : bytes.length));
    const kind = Math.floor(random() * 6);
    if (kind === 0) bytes[at] = Math.floor(random() * 256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    else if (kind === 2 && at + 8 <= bytes.length)
      bytes.writeBigUInt64LE(
        [0n, 1n, 0xffffffffn, 0x7fffffffffffffffn, 0xffffffffffffffffn][Math.floor(random() * 5)] ?? 0n,
        at,
      );
    else if (kind === 3) bytes = bytes.subarray(0, Math.max(1, at));
    else if (kind === 4)
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(1 + Math.floor(random() * 64), Math.floor(random() * 256)),
        bytes.subarray(at),
      ]);
    else bytes.fill(Math.floor(random() * 256), at, Math.min(bytes.length, at + Math.floor(random() * 128)));
  }
  return bytes;
}

it(
  `answers ${MUTANTS} damaged model files with a clear error or a working model, never with a hang`,
  { timeout: 600_000 },
  async () => {
    const original = tinyGguf();
    const headerSize = original.indexOf("blk.0") + 4000;
    const random = seededRandom(42);
    const outcomes = { refused: 0, "refused by the engine": 0, loaded: 0, crashed: 0, "not loaded": 0 };
    let engine: TestEngine | undefined;
    const file = path.join(folder, "mutant.gguf");
    for (let index = 0; index < MUTANTS; index++) {
      await writeFile(file, mutate(original, headerSize, random));
      try {
        await preflight(file, AbortSignal.timeout(10_000));
      } catch (error) {
        expect(error, `mutant ${index}`).toBeInstanceOf(PaddockError);
        expect((error as PaddockError).code, `mutant ${index}`).toMatch(/^model\//);
        outcomes.refused++;
        continue;
      }
      if (outcomes.loaded + outcomes.crashed + outcomes["refused by the engine"] >= REAL_LOADS) {
        outcomes["not loaded"]++;
        continue;
      }
      // What the reader lets through goes to llama.cpp, in a process that may fall.
      if (engine === undefined) {
        engine = await startEngine(bundle.enginePath);
        await engine.peer.request("hello", { protocolVersion: 1, gpu: "cpu" });
      }
      const load = engine.peer.request("loadModel", { path: file }).then(
        () => "loaded" as const,
        (error: unknown) => {
          expect(error, `mutant ${index}`).toBeInstanceOf(PaddockError);
          return (error as PaddockError).code === "disconnected"
            ? ("crashed" as const)
            : ("refused by the engine" as const);
        },
      );
      const late = new Promise<never>((_, reject) =>
        setTimeout(() => reject(new Error(`mutant ${index} hangs`)), 20_000).unref(),
      );
      const outcome = await Promise.race([load, late]);
      outcomes[outcome]++;
      // An engine has one model, or is gone: the next mutant gets a new one.
      if (outcome !== "refused by the engine") {
        await engine.stop();
        engine = undefined;
      }
    }
    await engine?.stop();
    console.log(`of ${MUTANTS}: ${JSON.stringify(outcomes)}`);
    expect(outcomes.refused).toBeGreaterThan(0);
  },
);
