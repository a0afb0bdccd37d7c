import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/platform/core/logger";
import { FileLock, withFileLock } from "../../src/platform/node/fileLock";
import { AskStore } from "../../src/sql/node/askStore";
import { childProgram } from "../support/childProgram";

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-lock-"));
  lock = path.join(folder, "file.lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a lock for moments", () => {
  it("lets one in at a time, whatever they throw, and leaves nothing behind", async () => {
    let inside = 0;
    let most = 0;
    const work = async (at: number): Promise<number> => {
      most = Math.max(most, ++inside);
      await sleep(1);
      inside--;
      if (at % 5 === 0) throw new Error("of the work");
      return at;
    };
    const all = await Promise.allSettled(Array.from({ length: 30 }, (_, at) => withFileLock(lock, () => work(at))));
    expect(most).toBe(1);
    expect(all.filter(({ status }) => status === "rejected")).toHaveLength(6);
    expect(await readdir(folder)).toEqual([]);
  });

  it("is taken from a program that has ended, or hangs", async () => {
    const owner = { pid: 2 ** 22 + 1, host: hostname(), mark: "0123456789abcdef" };
    await writeFile(lock, JSON.stringify(owner));
    expect(await withFileLock(lock, () => readFile(lock, "utf8"))).toContain(`"pid":${process.pid},`);
    await writeFile(lock, JSON.stringify({ ...owner, pid: process.pid }));
    expect(await FileLock.take(lock)).toBeUndefined();
    const before = new Date(Date.now() - 11_000);
    await utimes(lock, before, before);
    expect(await withFileLock(lock, () => Promise.resolve("in"))).toBe("in");
  });
});

describe("windows that write one connection's history at once", () => {
  it("lose nothing of each other's", { timeout: 60_000 }, async () => {
    const program = await childProgram(new URL("../support/askWindow.ts", import.meta.url));
    try {
      const windows = ["ann", "bob", "cy"].map((name) => program.start([folder, "shop", name, "25"]));
      for (const window of windows) expect([await window.ended, window.output()]).toEqual([0, ""]);
    } finally {
      await program.remove();
    }
    const records = await new AskStore(folder, silentLogger).records("shop");
    expect(records).toHaveLength(75);
    expect(new Set(records.map(({ id }) => id)).size).toBe(75);
    expect(await readdir(folder)).toHaveLength(1);
  });
});
