import { execFileSync } from "node:child_process";
import { mkdtemp, open as openFile, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/platform/core/logger";
import { coveredBytes } from "../../src/models/core/byteRanges";
import type { DownloadView } from "../../src/models/core/downloadState";
import { DownloadFolder } from "../../src/models/node/downloadFolder";
import { FileLock, isHeld } from "../../src/platform/node/fileLock";
import { Downloads } from "../../src/models/node/downloads";
import { plainHub } from "../../src/models/node/hubClient";
import { HubHttp } from "../../src/models/node/hubHttp";
import { type ChildProgram, childProgram, type RunningChild } from "../support/childProgram";
import { publishedGguf } from "../support/hubModels";
import { HubServer } from "../support/hubServer";
import { seededRandom } from "../support/random";
import { soon } from "../support/soon";

const forever = new AbortController().signal;
const repository = "owner/Model-GGUF";
const source = { kind: "hub", repository, revision: "main" } as const;
let window: ChildProgram;
let server: HubServer;
let folder: string;
let model: Buffer;
const opened: Downloads[] = [];
const children: RunningChild[] = [];

beforeAll(async () => {
  window = await childProgram(new URL("../support/downloadWindow.ts", import.meta.url));
});
afterAll(() => window.remove());

beforeEach(async () => {
  server = await HubServer.start();
  folder = await mkdtemp(path.join(tmpdir(), "paddock-windows-"));
  publish(8_000_000);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.process.kill("SIGKILL");
  await Promise.all(opened.splice(0).map((downloads) => downloads.close()));
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function publish(tensorBytes: number): void {
  model = publishedGguf({ tensorBytes });
  server.add({ id: repository, files: [{ path: "m-Q4_0.gguf", content: model }] });
}

function child(wrap: readonly string[] = [], at = folder): RunningChild {
  const running = window.start([server.endpoint, at, repository, "m-Q4_0.gguf"], wrap);
  running.ended.catch(() => undefined);
  children.push(running);
  return running;
}

function open(at = folder): Downloads {
  const downloads = new Downloads({
    folder: () => at,
    hub: plainHub(new HubHttp("paddock-test", 1000), server.endpoint),
    log: silentLogger,
    freeBytes: () => Promise.resolve(Infinity),
    rules: { pieceBytes: 256 * 1024, saveMs: 20, retry: { firstMs: 5, mostMs: 20, attempts: 3 } },
  });
  opened.push(downloads);
  return downloads;
}

async function start(downloads: Downloads): Promise<string> {
  const hub = plainHub(new HubHttp("paddock-test"), server.endpoint);
  const { files } = await hub.repository({ repository, revision: "main" }, forever);
  return downloads.start({ title: "Model", source, files });
}

const target = (at = folder): string => path.join(at, "owner", "Model-GGUF", "m-Q4_0.gguf");
const only = (downloads: Downloads): DownloadView => {
  const [view, ...more] = downloads.list();
  if (view === undefined || more.length > 0) throw new Error(`There are ${downloads.list().length} downloads.`);
  return view;
};
const isWhole = async (at = target()): Promise<boolean> => (await readFile(at)).equals(model);
const asked = (): number =>
  server.requests.reduce((sum, { server: at, range }) => {
    const [, from, to] = /=(\d+)-(\d+)/.exec(range ?? "") ?? [];
    return at === "content" ? sum + Number(to) - Number(from) + 1 : sum;
  }, 0);

/** What is written down is there, byte for byte. @returns how much that is. */
async function checkHalf(at = folder): Promise<number> {
  const half = new DownloadFolder(at);
  const [id] = await half.ids();
  if (id === undefined) return 0;
  const state = await half.read(id);
  const ranges = state?.files[0]?.ranges ?? [];
  if (ranges.length === 0) return 0;
  const handle = await openFile(half.part(id, 0));
  try {
    for (const [from, to] of ranges) {
      const bytes = Buffer.alloc(to - from);
      await handle.read(bytes, 0, bytes.length, from);
      if (!bytes.equals(model.subarray(from, to))) throw new Error(`The bytes ${from} to ${to} are others.`);
    }
  } finally {
    await handle.close();
  }
  return coveredBytes(ranges);
}

describe("a window that is killed while it downloads", () => {
  it("50 times in a row loses nothing that was written down, and corrupts nothing", async () => {
    publish(24_000_000);
    server.bytesPerSecond = 1_500_000;
    const random = seededRandom(50);
    let had = 0;
    let finished = 0;
    for (let kills = 0; kills < 50;) {
      const running = child();
      await Promise.race([running.printed("began").catch(() => undefined), running.ended]);
      await new Promise((resolve) => setTimeout(resolve, random() * 150));
      running.process.kill("SIGKILL");
      if ((await running.ended) === "SIGKILL") kills++;
      const has = await checkHalf();
      if (has < had) {
        // It was faster than 50 kills: the next one begins at the beginning.
        expect(await isWhole()).toBe(true);
        await rm(target());
        finished++;
      }
      had = has;
    }
    server.bytesPerSecond = undefined;
    const last = child();
    await last.printed(target());
    expect(await isWhole()).toBe(true);
    // Nothing lost: all runs together asked for little more than once the file and what was on its way at each kill.
    expect(asked()).toBeLessThan(model.length * (finished + 1) + 50 * 8 * 256 * 1024);
    expect(await readdir(path.join(folder, ".paddock-downloads"))).toEqual(["checksums.json"]);
  }, 180_000);
});

describe("two windows", () => {
  it("that download one file do it once", async () => {
    server.bytesPerSecond = 4_000_000;
    const [a, b] = [child(), child()];
    await Promise.all([a.printed(target()), b.printed(target())]);
    expect(await isWhole()).toBe(true);
    expect(asked()).toBeLessThan(model.length + 1000);
    expect(`${a.output()}${b.output()}`).toContain("elsewhere");
  }, 30_000);

  it("go on with each other's download at once when one is killed", async () => {
    server.bytesPerSecond = 1_000_000;
    const first = child();
    await soon(() => expect(first.output()).toMatch(/\n[1-9]\d* bytes running/));
    const second = open();
    await second.refresh();
    await soon(() => expect(only(second)).toMatchObject({ status: "elsewhere" }));
    await soon(() => expect(only(second).doneBytes).toBeGreaterThan(1_000_000));
    first.process.kill("SIGKILL");
    server.bytesPerSecond = undefined;
    await soon(() => expect(second.list()).toEqual([]));
    expect(await isWhole()).toBe(true);
  }, 30_000);

  it("pause, go on with and delete each other's download", async () => {
    server.bytesPerSecond = 300_000;
    const [first, second] = [open(), open()];
    const id = await start(first);
    await soon(() => expect(only(first)).toMatchObject({ status: "running" }));
    await start(second);
    await soon(() => expect(only(second)).toMatchObject({ status: "elsewhere" }));
    second.pause(id);
    await soon(() => expect(only(first)).toMatchObject({ status: "paused" }));
    await soon(() => expect(only(second)).toMatchObject({ status: "paused" }));
    second.resume(id);
    await soon(() => expect(only(second)).toMatchObject({ status: "running" }));
    await first.refresh();
    await soon(() => expect(only(first)).toMatchObject({ status: "elsewhere" }));
    await first.cancel(id);
    await soon(() => expect([...first.list(), ...second.list()]).toEqual([]));
    expect(await readdir(path.join(folder, ".paddock-downloads"))).toEqual([]);
  }, 30_000);

  it("see through a lock of a window that is gone, hangs, or was somebody else's", async () => {
    const lock = path.join(folder, "some.lock");
    const write = (pid: number, host = hostname()): Promise<void> =>
      writeFile(lock, JSON.stringify({ pid, host, mark: "0".repeat(16) }));
    await write(process.pid);
    expect(await isHeld(lock)).toBe(true);
    expect(await FileLock.take(lock)).toBeUndefined();
    const old = new Date(Date.now() - 20_000);
    await utimes(lock, old, old);
    expect(await isHeld(lock)).toBe(false);
    await write(2 ** 30);
    expect(await isHeld(lock)).toBe(false);
    await write(2 ** 30, "another machine");
    expect(await isHeld(lock)).toBe(true);
    await writeFile(lock, "");
    expect(await isHeld(lock)).toBe(true);
    await write(2 ** 30);
    const taken = await Promise.all(Array.from({ length: 20 }, () => FileLock.take(lock)));
    const mine = taken.filter((one) => one !== undefined);
    expect(mine).toHaveLength(1);
    await mine[0]?.release();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a disk that fills up half-way", () => {
  it.skipIf(process.platform === "win32")(
    "pauses the download at a file-size limit and keeps what is there",
    async () => {
      const limited = child(["bash", "-c", 'ulimit -f 3000; exec "$@"', "bash"]);
      await soon(() => expect(limited.output()).toMatch(/\d+ bytes paused/));
      limited.process.kill("SIGKILL");
      await limited.ended;
      const has = await checkHalf();
      expect(has).toBeGreaterThan(2_000_000);
      server.forgetRequests();
      const downloads = open();
      await downloads.refresh();
      expect(only(downloads)).toMatchObject({
        status: "paused",
        problem: { message: expect.stringMatching(/The disk is full; .* needs .* more\./) as string },
      });
      const { id } = only(downloads);
      downloads.resume(id);
      expect(await downloads.ended(id, forever)).toBe(target());
      expect(await isWhole()).toBe(true);
      expect(asked()).toBeLessThan(model.length - has + 1000);
    },
  );

  /** Only where this user may mount; elsewhere the limit above stands for it. */
  it.runIf(canMount())("pauses the download on a full disk, and goes on when there is room", async () => {
    const disk = path.join(folder, "disk");
    execFileSync("mkdir", [disk]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]);
    try {
      const downloads = open(disk);
      const id = await start(downloads);
      await expect(downloads.ended(id, forever)).rejects.toThrow(/disk is full/);
      expect(only(downloads)).toMatchObject({ status: "paused" });
      expect(only(downloads).doneBytes).toBeGreaterThan(1_000_000);
      execFileSync("mount", ["-o", "remount,size=64m", disk]);
      downloads.resume(id);
      expect(await downloads.ended(id, forever)).toBe(target(disk));
      expect(await isWhole(target(disk))).toBe(true);
      await downloads.close();
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

function canMount(): boolean {
  try {
    execFileSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"], { stdio: "ignore" });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}
