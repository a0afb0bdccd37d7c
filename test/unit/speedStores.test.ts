import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Logger, silentLogger } from "../../src/platform/core/logger";
import { ResultStore } from "../../src/speed/node/resultStore";
import { RequestStore } from "../../src/speed/node/requestStore";
import { benchResult } from "../support/benchResults";
import { timingRecord } from "../support/requestRecords";

let folder: string;
let warnings: string[];
const log: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-speed-"));
  warnings = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("results", () => {
  const store = (): ResultStore => new ResultStore(path.join(folder, "benchmarks"), log);
  const other = benchResult({ id: "two", at: 2, machine: { ...benchResult().machine, backend: "Vulkan" } });

  test("are found again by another window, of all machines, the oldest first", async () => {
    const one = store();
    expect(await one.load()).toEqual([]);
    await one.append([benchResult(), other]);
    expect(await one.load()).toEqual([other, benchResult()]);
    expect(await store().load()).toEqual([other, benchResult()]);
    // Each machine and backend has a file of its own.
    expect(await readdir(path.join(folder, "benchmarks"))).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  test("one that was gone on with takes the place of its beginning", async () => {
    const doubts = [{ kind: "incomplete", made: 1 }] as const;
    const stated = benchResult({ id: "three", at: 1, samplesNs: [], stated: { mean: 3, deviation: 1 } });
    await store().append([benchResult({ samplesNs: [5e9], doubts }), stated]);
    await store().append([benchResult()]);
    expect(await store().load()).toEqual([stated, benchResult()]);
  });

  test("of two windows that append at once, none is lost", async () => {
    const windows = [store(), store(), store()] as const;
    const all = Array.from({ length: 60 }, (_, index) => benchResult({ id: `r${index}`, at: index }));
    await Promise.all(all.map((result, index) => windows[(index % 3) as 0 | 1 | 2].append([result])));
    expect(await store().load()).toEqual(all);
  });

  test("a line that a crash cut off costs itself and nothing behind it", async () => {
    await store().append([benchResult()]);
    const [name = ""] = await readdir(path.join(folder, "benchmarks"));
    await appendFile(path.join(folder, "benchmarks", name), '{"id":"cut","at":1');
    await store().append([benchResult({ id: "next", at: 9e12 })]);
    expect((await store().load()).map(({ id }) => id)).toEqual(["one", "next"]);
    expect(warnings).toHaveLength(1);
  });

  test("what makes no sense is passed over", async () => {
    const bad = [
      ...[
        { samplesNs: [-1] },
        { at: "now" },
        { from: "there" },
        { doubts: [{ kind: "moon" }] },
        { stated: { mean: -1 } },
      ],
      ...[{ parameters: { ...benchResult().parameters, besides: { a: 1 } } }, { id: "" }],
    ].map((over) => JSON.stringify({ ...benchResult(), ...over }));
    await store().append([benchResult()]);
    const [name = ""] = await readdir(path.join(folder, "benchmarks"));
    await appendFile(path.join(folder, "benchmarks", name), `${[...bad, "null", "[]", "hello"].join("\n")}\n`);
    expect(await store().load()).toEqual([benchResult()]);
    await mkdir(path.join(folder, "benchmarks", "results-0000000000000000.jsonl"));
    await writeFile(path.join(folder, "benchmarks", "another.json"), "{}");
    expect(await store().load()).toEqual([benchResult()]);
  });

  test("clearing leaves nothing, and what comes after is kept", async () => {
    const one = store();
    await one.append([benchResult(), other]);
    await store().clear();
    expect(await one.load()).toEqual([]);
    expect(await readdir(path.join(folder, "benchmarks"))).toEqual([]);
    await one.append([other]);
    expect(await store().load()).toEqual([other]);
  });
});

describe("requests", () => {
  const file = (): string => path.join(folder, "requests.jsonl");
  const store = (): RequestStore => new RequestStore(file(), log);

  test("each is kept with its timings and nothing else, for all windows", async () => {
    const one = store();
    let changes = 0;
    one.onDidChange(() => changes++);
    one.record(timingRecord({ at: 1 }));
    one.record(timingRecord({ at: 2, feature: "completion" }));
    one.record(timingRecord({ at: 3, feature: "benchmark" }));
    await one.flush();
    const records = await store().records();
    expect(records.map(({ at, feature }) => [at, feature])).toEqual([
      [1, "chat"],
      [2, "completion"],
    ]);
    expect(records[0]?.timings).toEqual(timingRecord().timings);
    expect(Object.keys(records[0]?.machine ?? {})).not.toContain("identityKey");
    expect(changes).toBe(2);
    if (process.platform !== "win32") expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  test("is a ring: the oldest go, and it never takes more than its two files", async () => {
    const one = store();
    const line = `${JSON.stringify({ ...timingRecord({ at: 1 }), padding: "x".repeat(5000) })}\n`;
    await writeFile(file(), line.repeat(1100));
    one.record(timingRecord({ at: 2 }));
    await one.flush();
    expect((await readdir(folder)).sort()).toEqual(["requests.jsonl", "requests.older.jsonl"]);
    expect((await one.records()).map(({ at }) => at).slice(-2)).toEqual([1, 2]);
    expect(await one.records()).toHaveLength(1101);
    await writeFile(file(), line.repeat(1100).replaceAll('"at":1', '"at":5'));
    one.record(timingRecord({ at: 6 }));
    expect(new Set((await one.records()).map(({ at }) => at))).toEqual(new Set([5, 6]));
  });

  test("two windows that find it full at once keep the half that was there", async () => {
    const line = `${JSON.stringify({ ...timingRecord({ at: 1 }), padding: "x".repeat(5000) })}\n`;
    for (let round = 0; round < 5; round++) {
      await writeFile(file(), line.repeat(1100));
      const windows = [2, 3, 4, 5].map((at) => ({ at, window: store() }));
      for (const { at, window } of windows) window.record(timingRecord({ at }));
      await Promise.all(windows.map(({ window }) => window.flush()));
      const ats = (await store().records()).map(({ at }) => at);
      expect(ats.filter((at) => at === 1)).toHaveLength(1100);
      expect(ats.filter((at) => at > 1).sort()).toEqual([2, 3, 4, 5]);
      await rm(path.join(folder, "requests.older.jsonl"));
    }
    expect((await readdir(folder)).sort()).toEqual(["requests.jsonl"]);
  });

  test("clearing takes those that are on their way, too", async () => {
    const one = store();
    for (let at = 0; at < 50; at++) one.record(timingRecord({ at }));
    await one.clear();
    expect(await one.records()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
    one.record(timingRecord({ at: 60 }));
    expect(
      (
        await store()
          .records()
          .then(() => one.records())
      ).map(({ at }) => at),
    ).toEqual([60]);
  });

  test("a disk that takes none is told of once, and what waits is written later", async () => {
    const blocked = path.join(folder, "blocked");
    await writeFile(blocked, "a file where a folder should be");
    const one = new RequestStore(path.join(blocked, "requests.jsonl"), log);
    one.record(timingRecord({ at: 1 }));
    await one.flush();
    one.record(timingRecord({ at: 2 }));
    expect((await one.records()).map(({ at }) => at)).toEqual([1, 2]);
    expect(warnings.filter((warning) => warning.includes("could not be written"))).toHaveLength(1);
    await rm(blocked);
    one.record(timingRecord({ at: 3 }));
    await one.flush();
    const text = await readFile(path.join(blocked, "requests.jsonl"), "utf8");
    expect(text.trim().split("\n")).toHaveLength(3);
  });
});
