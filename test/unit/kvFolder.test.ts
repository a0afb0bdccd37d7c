import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KvFolder } from "../../src/chat/node/kvFolder";

const key = "0123456789abcdef".repeat(4);
const plenty = (): Promise<number> => Promise.resolve(1024 ** 4);
let root: string;
let folder: string;
let states: KvFolder;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "paddock-kv-"));
  folder = path.join(root, "kv");
  states = new KvFolder(folder, plenty);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A file of `bytes` that was used `minutes` ago. */
async function kept(conversation: string, bytes: number, minutes: number): Promise<string> {
  const file = states.path(conversation, key);
  await states.makeRoom(0, 1e9, file);
  await writeFile(file, Buffer.alloc(bytes));
  const at = new Date(Date.now() - minutes * 60_000);
  await utimes(file, at, at);
  return file;
}
const names = async (): Promise<string[]> => (await readdir(folder)).map((name) => name.split(".")[0] ?? "").sort();

describe("the folder of KV states", () => {
  it("drops what was used longest ago, and a use by any window counts", async () => {
    const a = await kept("a", 400, 30);
    await kept("b", 400, 20);
    await kept("c", 400, 10);
    expect(await new KvFolder(folder, plenty).use(a)).toBe(true);
    expect(await states.makeRoom(400, 1200, states.path("d", key))).toBe(true);
    expect(await names()).toEqual(["a", "c"]);
  });

  it("does not count the file that is replaced", async () => {
    const a = await kept("a", 400, 30);
    await kept("b", 400, 20);
    expect(await states.makeRoom(500, 1000, a)).toBe(true);
    expect(await names()).toEqual(["a", "b"]);
  });

  it("refuses what is larger than the cap, and throws nothing away for it", async () => {
    await kept("a", 400, 30);
    expect(await states.makeRoom(1001, 1000, states.path("d", key))).toBe(false);
    expect(await names()).toEqual(["a"]);
  });

  it("leaves the disk a GiB", async () => {
    const tight = new KvFolder(folder, () => Promise.resolve(1024 ** 3 + 100));
    expect(await tight.makeRoom(100, 1000, tight.path("a", key))).toBe(true);
    expect(await tight.makeRoom(101, 1000, tight.path("a", key))).toBe(false);
  });

  it("goes to nothing when it is switched off", async () => {
    await kept("a", 1, 30);
    await states.trim(0);
    expect(await names()).toEqual([]);
  });

  it("goes with its conversation, and only that", async () => {
    const a = await kept("a", 1, 1);
    await kept("ab", 1, 1);
    await writeFile(states.path("a", "fedcba9876543210".repeat(4)), "x");
    await states.forget("a");
    expect(await names()).toEqual(["ab"]);
    expect(await states.use(a)).toBe(false);
  });

  it("is swept of unknown conversations and of what a killed engine left, not of a save under way", async () => {
    await kept("a", 1, 1);
    await kept("b", 1, 1);
    const part = `${states.path("a", key)}.1.part`;
    const old = `${states.path("a", key)}.2.part`;
    await writeFile(part, "x");
    await writeFile(old, "x");
    const hour = new Date(Date.now() - 3_600_000);
    await utimes(old, hour, hour);
    await states.sweep((conversation) => conversation === "a");
    expect((await readdir(folder)).sort()).toEqual([states.path("a", key), part].map((file) => path.basename(file)));
  });

  it("is private, and no name leads out of it", async () => {
    await kept("a", 1, 1);
    expect((await stat(folder)).mode & 0o077).toBe(0);
    expect(() => states.path("../a", key)).toThrow();
  });

  it("may be missing", async () => {
    await states.trim(0);
    await states.sweep(() => true);
    await states.forget("a");
    await states.clear();
    expect(await states.use(states.path("a", key))).toBe(false);
  });
});
