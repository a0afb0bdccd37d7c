import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/platform/core/logger";
import type { DownloadView } from "../../src/models/core/downloadState";
import type { HubFile } from "../../src/models/core/hub";
import { plainHub } from "../../src/models/node/hubClient";
import { HubHttp } from "../../src/models/node/hubHttp";
import { Downloads, type DownloadsOptions } from "../../src/models/node/downloads";
import { publishedGguf } from "../support/hubModels";
import { type HubRequest, HubServer, sha256 } from "../support/hubServer";
import { soon } from "../support/soon";

const forever = new AbortController().signal;
const repository = "owner/Model-GGUF";
const source = { kind: "hub", repository, revision: "main" } as const;
const pieceBytes = 256 * 1024;

let server: HubServer;
let folder: string;
let model: Buffer;
const opened: Downloads[] = [];

beforeEach(async () => {
  server = await HubServer.start();
  folder = await mkdtemp(path.join(tmpdir(), "paddock-downloads-"));
  model = publishedGguf({ tensorBytes: 4_000_000 });
  server.add({ id: repository, files: [{ path: "m-Q4_0.gguf", content: model }] });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((downloads) => downloads.close()));
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function open(options: Partial<DownloadsOptions> = {}): Downloads {
  const downloads = new Downloads({
    folder: () => folder,
    hub: plainHub(new HubHttp("paddock-test", 1000), server.endpoint),
    log: silentLogger,
    freeBytes: () => Promise.resolve(Infinity),
    ...options,
    rules: { pieceBytes, saveMs: 20, retry: { firstMs: 5, mostMs: 20, attempts: 3 }, ...options.rules },
  });
  opened.push(downloads);
  return downloads;
}

async function files(): Promise<HubFile[]> {
  const hub = plainHub(new HubHttp("paddock-test"), server.endpoint);
  return [...(await hub.repository({ repository, revision: "main" }, forever)).files];
}

const start = async (downloads: Downloads): Promise<string> =>
  downloads.start({ title: "Model", source, files: await files() });
const target = (): string => path.join(folder, "owner", "Model-GGUF", "m-Q4_0.gguf");
const half = (): Promise<string[]> =>
  readdir(path.join(folder, ".paddock-downloads")).then(
    (names) => names.filter((name) => name !== "checksums.json"),
    () => [],
  );
const only = (downloads: Downloads): DownloadView => {
  const [view, ...more] = downloads.list();
  if (view === undefined || more.length > 0) throw new Error(`There are ${downloads.list().length} downloads.`);
  return view;
};
const content = (requests: readonly HubRequest[]): HubRequest[] =>
  requests.filter(({ server: at }) => at === "content");
const change = (bytes: Buffer): void => {
  const [file] = server.repositories.get(repository)?.files ?? [];
  if (file === undefined) throw new Error("The repository is empty.");
  file.content = bytes;
};
/** Everything up to here is fast, the rest waits for `release`. */
function slowAfter(bytes: number): void {
  server.contentFault = ({ range }) =>
    Number(/=(\d+)/.exec(range ?? "")?.[1] ?? 0) >= bytes ? { kind: "silence" } : undefined;
}

describe("a download", () => {
  it("comes by several ranges at once, is verified, and only then has its name", async () => {
    const downloads = open();
    const finished: string[] = [];
    downloads.onDidFinish(({ path: at }) => finished.push(at));
    const id = await start(downloads);
    expect(await downloads.ended(id, forever)).toBe(target());
    await expectContent(target(), model);
    expect(finished).toEqual([target()]);
    expect(await downloads.checksumOf(target())).toBe(sha256(model));
    expect(await downloads.checksumOf(path.join(folder, "other.gguf"))).toBeUndefined();
    expect(downloads.list()).toEqual([]);
    expect(await half()).toEqual([]);
    const ranges = content(server.requests).map(({ range }) => range);
    expect(ranges.length).toBeGreaterThanOrEqual(model.length / pieceBytes);
    expect(new Set(ranges).size).toBe(ranges.length);
    expect(server.requests.filter(({ server: at }) => at === "hub").length).toBeLessThanOrEqual(4);
  });

  it("pauses, tells how far it is, and goes on without asking for what is there", async () => {
    slowAfter(2_000_000);
    const downloads = open();
    const id = await start(downloads);
    await soon(() => expect(only(downloads).doneBytes).toBeGreaterThan(1_900_000));
    expect(only(downloads)).toMatchObject({ status: "running", sizeBytes: model.length, target: target() });
    downloads.pause(id);
    expect(await downloads.ended(id, forever)).toBeUndefined();
    expect(only(downloads)).toMatchObject({ status: "paused", problem: undefined });
    const had = only(downloads).doneBytes;
    expect(had).toBeGreaterThan(1_900_000);
    server.contentFault = undefined;
    server.forgetRequests();
    downloads.resume(id);
    // Somebody who can't make up their mind.
    downloads.pause(id);
    downloads.resume(id);
    expect(await downloads.ended(id, forever)).toBe(target());
    await expectContent(target(), model);
    const asked = content(server.requests).reduce((sum, { range }) => {
      const [, from, to] = /=(\d+)-(\d+)/.exec(range ?? "") ?? [];
      return sum + Number(to) - Number(from) + 1;
    }, 0);
    expect(asked).toBeLessThan(model.length - had + 100);
  });

  it("goes on in the next window, and is forgotten with all its bytes when it is cancelled", async () => {
    slowAfter(2_000_000);
    const first = open();
    await start(first);
    await soon(() => expect(only(first).doneBytes).toBeGreaterThan(1_900_000));
    await first.close();
    const second = open();
    await second.refresh();
    expect(only(second).doneBytes).toBeGreaterThan(1_900_000);
    await second.cancel(only(second).id);
    expect(second.list()).toEqual([]);
    expect(await half()).toEqual([]);
    expect(await readdir(folder)).toEqual([".paddock-downloads"]);
  });

  it("finds what is there already, and never writes over another file", async () => {
    const downloads = open();
    await downloads.ended(await start(downloads), forever);
    server.forgetRequests();
    expect(await downloads.ended(await start(downloads), forever)).toBe(target());
    expect(content(server.requests)).toEqual([]);
    const mine = "something of the person's own".padEnd(model.length);
    await writeFile(target(), mine);
    const other = await downloads.ended(await start(downloads), forever);
    expect(path.relative(path.dirname(target()), other ?? "")).toMatch(/^version [0-9a-f]{8}[\\/]m-Q4_0\.gguf$/);
    expect(await readFile(target(), "utf8")).toBe(mine);
    await expectContent(other ?? "", model);
  });

  it("of several parts has its names only when all are there", async () => {
    const parts = [1, 2, 3].map((part) => ({
      path: `big/m-0000${part}-of-00003.gguf`,
      content: publishedGguf({ tensorBytes: 400_000 * part }),
    }));
    server.add({ id: repository, files: parts });
    server.contentFault = ({ path: at }) => (at.includes("00003-of") ? { kind: "status", status: 404 } : undefined);
    const downloads = open();
    const id = await start(downloads);
    await expect(downloads.ended(id, forever)).rejects.toThrow(/no big|has no/);
    expect(await readdir(folder)).toEqual([".paddock-downloads"]);
    server.contentFault = undefined;
    downloads.resume(id);
    const first = await downloads.ended(id, forever);
    expect(first).toBe(path.join(folder, "owner", "Model-GGUF", "big", "m-00001-of-00003.gguf"));
    for (const { path: at, content: bytes } of parts) {
      await expectContent(path.join(folder, "owner", "Model-GGUF", at), bytes);
    }
  });

  it("from any address is checked by its header and size, since nobody gives a checksum", async () => {
    const downloads = open();
    const url = `${server.contentOrigin}/lfs/${encodeURIComponent(`${repository}/m-Q4_0.gguf`)}`;
    const id = await downloads.start({
      title: "From an address",
      source: { kind: "url", url },
      files: [{ path: "m-Q4_0.gguf", size: model.length, sha256: undefined }],
    });
    const at = await downloads.ended(id, forever);
    await expectContent(at ?? "", model);
    expect(path.relative(folder, at ?? "")).toMatch(/^127\.0\.0\.1_\d+[\\/]m-Q4_0\.gguf$/);
  });
});

describe("a download that meets trouble", () => {
  it.each([
    ["a connection that breaks, again and again", { kind: "cut", afterBytes: 60_000 }],
    ["half of what was asked for", { kind: "short" }],
  ] as const)("goes on after %s", async (_, fault) => {
    server.contentFault = ({ range }) => (range === "bytes=0-0" ? undefined : fault);
    const downloads = open();
    expect(await downloads.ended(await start(downloads), forever)).toBe(target());
    await expectContent(target(), model);
  });

  it.each([
    ["5xx", { kind: "status", status: 503 }, /trouble of its own/],
    ["too many requests", { kind: "status", status: 429, retryAfter: "0" }, /patience/],
    ["no permission", { kind: "status", status: 403 }, /may not read/],
    ["a file that is gone", { kind: "status", status: 404 }, /has no/],
    ["a range that can't be had", { kind: "status", status: 416 }, /shorter/],
    ["a web page", { kind: "html" }, /web page/],
    ["a web page that says it is a file", { kind: "html", contentType: "application/octet-stream" }, /makes no sense/],
    ["silence", { kind: "silence" }, /does not answer|failed/],
  ] as const)("fails with a sentence on %s, and comes when that has passed", async (_, fault, message) => {
    server.contentFault = fault;
    const downloads = open({ hub: plainHub(new HubHttp("paddock-test", 150), server.endpoint) });
    const id = await start(downloads);
    await expect(downloads.ended(id, forever)).rejects.toMatchObject({
      message: expect.stringMatching(message) as string,
    });
    expect(only(downloads)).toMatchObject({
      status: "failed",
      problem: { remedy: expect.stringMatching(/\.$/) as string },
    });
    server.contentFault = undefined;
    downloads.resume(id);
    expect(await downloads.ended(id, forever)).toBe(target());
    await expectContent(target(), model);
  });

  it("waits and says why, as long as it takes, and goes on with the first byte", async () => {
    server.contentFault = ({ range }) => (range === "bytes=0-0" ? undefined : { kind: "status", status: 503 });
    const downloads = open({ rules: { retry: { firstMs: 5, mostMs: 20, attempts: 1000 } } });
    const id = await start(downloads);
    await soon(() =>
      expect(only(downloads)).toMatchObject({
        status: "retrying",
        problem: { message: expect.stringMatching(/trouble/) as string },
      }),
    );
    server.contentFault = undefined;
    expect(await downloads.ended(id, forever)).toBe(target());
  });

  it("throws away what has the wrong checksum", async () => {
    server.contentFault = ({ range }) =>
      range?.startsWith("bytes=1048576-") === true ? { kind: "wrong-bytes" } : undefined;
    const downloads = open();
    const id = await start(downloads);
    await expect(downloads.ended(id, forever)).rejects.toThrow(/arrived damaged/);
    expect(only(downloads)).toMatchObject({ status: "failed", doneBytes: 0 });
    expect(await readdir(folder)).toEqual([".paddock-downloads"]);
    server.contentFault = undefined;
    downloads.resume(id);
    expect(await downloads.ended(id, forever)).toBe(target());
  });

  it("refuses what is no model with its first bytes, before the rest has come", async () => {
    change(Buffer.concat([Buffer.from("PK\u0003\u0004"), model]));
    const downloads = open();
    const id = await start(downloads);
    await expect(downloads.ended(id, forever)).rejects.toThrow(/ZIP archive/);
    expect(only(downloads).doneBytes).toBeLessThan(model.length / 2);
    change(model.subarray(0, model.length - 100_000));
    const cut = open();
    await expect(cut.ended(await start(cut), forever)).rejects.toThrow();
  });

  it("begins anew when the file has changed, before and in the middle, and says so", async () => {
    slowAfter(2_000_000);
    const downloads = open();
    const id = await start(downloads);
    await soon(() => expect(only(downloads).doneBytes).toBeGreaterThan(1_900_000));
    const other = publishedGguf({ tensorBytes: 3_000_000, name: "another" });
    change(other);
    server.contentFault = undefined;
    downloads.pause(id);
    await downloads.ended(id, forever);
    downloads.resume(id);
    slowAfter(1_500_000);
    const news = { sizeBytes: other.length, notice: expect.stringMatching(/has changed/) as string };
    await soon(() => expect(only(downloads)).toMatchObject(news));
    await soon(() => expect(only(downloads).doneBytes).toBeGreaterThan(1_400_000));
    // The same size and other bytes, while ranges are on their way.
    const third = publishedGguf({ tensorBytes: 3_000_000, name: "a third" });
    expect(third.length).toBe(other.length);
    change(third);
    server.contentFault = undefined;
    expect(await downloads.ended(id, forever)).toBe(target());
    await expectContent(target(), third);
  });

  it("takes a server that answers no ranges, and says that it can't go on where it was", async () => {
    slowAfter(2_000_000);
    const downloads = open();
    const id = await start(downloads);
    await soon(() => expect(only(downloads).doneBytes).toBeGreaterThan(1_900_000));
    downloads.pause(id);
    await downloads.ended(id, forever);
    server.contentFault = { kind: "no-ranges" };
    server.bytesPerSecond = 20_000_000;
    downloads.resume(id);
    await soon(() => expect(only(downloads).notice).toMatch(/whole files only/));
    expect(await downloads.ended(id, forever)).toBe(target());
    await expectContent(target(), model);
  });
});

describe("a disk", () => {
  it("that has no room is noticed before the first byte", async () => {
    let free = 1_000_000;
    const downloads = open({ freeBytes: () => Promise.resolve(free) });
    const id = await start(downloads);
    await expect(downloads.ended(id, forever)).rejects.toThrow(/needs 3\.9 MiB more.*977 KiB free/);
    expect(only(downloads)).toMatchObject({
      status: "paused",
      problem: { remedy: expect.stringMatching(/resume/) as string },
    });
    expect(content(server.requests)).toEqual([]);
    free = Infinity;
    downloads.resume(id);
    expect(await downloads.ended(id, forever)).toBe(target());
  });

  it("is emptied of half downloads with all else that Paddock keeps", async () => {
    slowAfter(1_000_000);
    const downloads = open();
    await start(downloads);
    await soon(() => expect(only(downloads).doneBytes).toBeGreaterThan(900_000));
    await mkdir(path.join(folder, "mine"));
    await downloads.erase();
    expect(await readdir(folder)).toEqual(["mine"]);
    expect(downloads.list()).toEqual([]);
  });

  it("keeps the checksums of the models that stay, and of no others", async () => {
    const downloads = open();
    await downloads.ended(await start(downloads), forever);
    const kept = path.join(folder, ".paddock-downloads");
    const checksums = path.join(kept, "checksums.json");
    const known = JSON.parse(await readFile(checksums, "utf8")) as object;
    await writeFile(checksums, JSON.stringify({ ...known, "owner/gone.gguf": "0".repeat(64) }));
    await writeFile(path.join(kept, "0123456789abcdef.0.part"), "half");
    await downloads.erase();
    expect(await readdir(kept)).toEqual(["checksums.json"]);
    expect(JSON.parse(await readFile(checksums, "utf8"))).toEqual(known);
    expect(await downloads.checksumOf(target())).toBe(sha256(model));
    await rm(target());
    await downloads.erase();
    expect(await readdir(folder)).toEqual(["owner"]);
  });
});

describe("of files that a hub tells of", () => {
  it("it is known which are on their way, and which are here", async () => {
    const downloads = open();
    const wanted = { source, files: await files() };
    expect(downloads.find(wanted)).toBeUndefined();
    expect(await downloads.downloaded(wanted)).toBeUndefined();
    slowAfter(1_000_000);
    const id = await start(downloads);
    expect(downloads.find(wanted)?.id).toBe(id);
    expect(downloads.find({ ...wanted, source: { ...source, revision: "other" } })).toBeUndefined();
    server.contentFault = undefined;
    downloads.pause(id);
    downloads.resume(id);
    await downloads.ended(id, forever);
    expect(downloads.find(wanted)).toBeUndefined();
    expect(await downloads.downloaded(wanted)).toEqual([target()]);
    // Another content of the same length, which the hub has now.
    const [file] = wanted.files;
    const other = { ...wanted, files: [{ path: "m-Q4_0.gguf", size: file?.size ?? 0, sha256: "0".repeat(64) }] };
    expect(await downloads.downloaded(other)).toBeUndefined();
    expect(await downloads.downloaded({ ...wanted, files: [] })).toBeUndefined();
  });

  it("one that stands in a folder of its own is found there", async () => {
    await mkdir(path.dirname(target()), { recursive: true });
    await writeFile(target(), "something else");
    const downloads = open();
    const at = await downloads.ended(await start(downloads), forever);
    expect(at).not.toBe(target());
    expect(await downloads.downloaded({ source, files: await files() })).toEqual([at]);
  });
});

async function expectContent(file: string, bytes: Buffer): Promise<void> {
  expect((await readFile(file)).equals(bytes)).toBe(true);
}
