import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GgufHeader } from "../../src/gguf/core/ggufHeader";
import { readHeader } from "../../src/gguf/core/readHeader";
import type { HubFile, Repository } from "../../src/models/core/hub";
import { HubClient } from "../../src/models/node/hubClient";
import { HubHttp } from "../../src/models/node/hubHttp";
import { readRemoteHeaders } from "../../src/models/node/remoteHeaders";
import { publishedGguf } from "../support/hubModels";
import { HubServer, sha256 } from "../support/hubServer";

const forever = new AbortController().signal;
const main = (repository: string): { repository: string; revision: string } => ({ repository, revision: "main" });
let server: HubServer;

beforeEach(async () => {
  server = await HubServer.start();
});
afterEach(async () => {
  await server.stop();
});

function client(token?: string, silenceMs = 2000): HubClient {
  return new HubClient({
    http: new HubHttp("paddock-test", silenceMs),
    endpoint: () => server.endpoint,
    token: () => Promise.resolve(token),
    retry: { firstMs: 5, mostMs: 20, attempts: 3 },
  });
}

const model = publishedGguf({ tensorBytes: 2_000_000 });

describe("the hub", () => {
  it("is searched, and its repositories listed with sizes and checksums", async () => {
    server.add({ id: "small/Coder-GGUF", files: [{ path: "m-Q4_0.gguf", content: model }], downloads: 10 });
    server.add({ id: "large/Coder-GGUF", files: [{ path: "m-Q8_0.gguf", content: model }], downloads: 99 });
    server.add({ id: "other/Thing", files: [{ path: "config.json", content: Buffer.from("{}") }] });
    const found = await client().search("coder", 20, forever);
    expect(found.map(({ id, downloads }) => [id, downloads])).toEqual([
      ["large/Coder-GGUF", 99],
      ["small/Coder-GGUF", 10],
    ]);
    const repository = await client().repository(main("small/Coder-GGUF"), forever);
    expect(repository).toMatchObject({ gated: false, license: "apache-2.0", revision: "main" });
    expect(repository.files).toEqual([{ path: "m-Q4_0.gguf", size: model.length, sha256: sha256(model) }]);
  });

  it.each([
    ["a repository that is not there", "no/where", undefined, "hub/token-needed"],
    ["a wrong token", "a/open", "hf_wrong", "hub/no-access"],
    ["a private one", "a/private", undefined, "hub/token-needed"],
    ["a private one with another's token", "a/private", "hf_stranger", "hub/not-found"],
  ])("refuses %s in words", async (_, id, token, code) => {
    server.add({ id: "a/open", files: [] }).add({ id: "a/private", isPrivate: true, files: [] });
    await expect(client(token).repository(main(id), forever)).rejects.toMatchObject({
      code,
      remedy: expect.stringMatching(/\.$/) as string,
    });
  });

  it("hands out a gated repository's files by token only, and the token goes nowhere else", async () => {
    server.add({ id: "a/gated", gated: true, files: [{ path: "m.gguf", content: model }] });
    const read = async (token?: string): Promise<GgufHeader> => {
      const hub = client(token);
      const repository = await hub.repository(main("a/gated"), forever);
      expect(repository.gated).toBe(true);
      return readHeader(hub.source(repository, first(repository)), forever);
    };
    await expect(read()).rejects.toMatchObject({
      code: "hub/token-needed",
      remedy: expect.stringContaining(`${server.endpoint}/a/gated`) as string,
    });
    await expect(read("hf_stranger")).rejects.toMatchObject({ code: "hub/no-access" });
    expect((await read("hf_good")).tensors).toHaveLength(8);
    const content = server.requests.filter((request) => request.server === "content");
    expect(content.length).toBeGreaterThan(0);
    expect(content.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it("waits for a server that asks for it, and gives up on one that asks for too much", async () => {
    server.add({ id: "a/b", files: [] });
    server.apiFault = { kind: "status", status: 503 };
    setTimeout(() => (server.apiFault = undefined), 10);
    await expect(client().search("a", 5, forever)).resolves.toEqual([]);
    server.apiFault = { kind: "status", status: 429, retryAfter: "3600" };
    await expect(client().search("a", 5, forever)).rejects.toMatchObject({
      code: "hub/busy",
      message: expect.stringMatching(/patience/) as string,
    });
    server.apiFault = { kind: "status", status: 500 };
    server.forgetRequests();
    await expect(client().search("a", 5, forever)).rejects.toMatchObject({ code: "hub/unavailable" });
    expect(server.requests).toHaveLength(3);
    server.apiFault = { kind: "html" };
    await expect(client().search("a", 5, forever)).rejects.toMatchObject({ code: "hub/bad-answer" });
  });

  it("that says nothing, or is not there, is given up; a person who stops waiting is heard at once", async () => {
    server.apiFault = { kind: "silence" };
    await expect(client(undefined, 60).search("a", 5, forever)).rejects.toMatchObject({ code: "hub/offline" });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    const started = performance.now();
    await expect(client(undefined, 5000).search("a", 5, abort.signal)).rejects.toMatchObject({ name: "AbortError" });
    expect(performance.now() - started).toBeLessThan(500);
    const { endpoint } = server;
    await server.stop();
    const gone = new HubClient({
      http: new HubHttp("paddock-test"),
      endpoint: () => endpoint,
      token: () => Promise.resolve(undefined),
      retry: { firstMs: 1, mostMs: 1, attempts: 1 },
    });
    await expect(gone.search("a", 5, forever)).rejects.toMatchObject({ code: "hub/offline" });
    server = await HubServer.start();
  });
});

describe("a file of the hub, by ranges", () => {
  it("is asked for again through the hub when the signed address has grown old", async () => {
    server.add({ id: "a/b", files: [{ path: "m.gguf", content: model }] });
    const hub = client();
    const repository = await hub.repository(main("a/b"), forever);
    const source = hub.source(repository, first(repository));
    expect(Buffer.from(await source.read(10, 50, forever))).toEqual(model.subarray(10, 60));
    server.forgetRequests();
    expect(Buffer.from(await source.read(60, 40, forever))).toEqual(model.subarray(60, 100));
    expect(server.requests.map((request) => request.server)).toEqual(["content"]);
    server.expireSignatures();
    expect(Buffer.from(await source.read(model.length - 5, 100, forever))).toEqual(model.subarray(model.length - 5));
  });

  it.each([
    [{ kind: "html" }, "hub/bad-answer"],
    [{ kind: "short" }, "hub/bad-answer"],
    [{ kind: "cut", afterBytes: 100 }, "hub/offline"],
    [{ kind: "status", status: 500 }, "hub/unavailable"],
    [{ kind: "status", status: 416 }, "download/changed"],
    [{ kind: "no-ranges" }, "download/no-ranges"],
  ] as const)("fails in words: %j", async (fault, code) => {
    server.add({ id: "a/b", files: [{ path: "m.gguf", content: model }] });
    const hub = client();
    const repository = await hub.repository(main("a/b"), forever);
    server.contentFault = fault;
    await expect(hub.source(repository, first(repository)).read(1000, 5000, forever)).rejects.toMatchObject({ code });
  });
});

describe("the headers of a repository", () => {
  const names = Array.from({ length: 20 }, (_, index) => `m-${index}.gguf`);

  it("of 20 files come within 2 s at 50 ms of latency, and hardly anything is downloaded", async () => {
    // A vocabulary of 1.5 MB in each, as real ones have 5 to 10.
    const tokens = 40_000;
    const files = names.map((path, index) => ({
      path,
      content: publishedGguf({ tensorBytes: 3_000_000, tokens, fileType: index, name: "x".repeat(index * 7) }),
    }));
    // One of them has a vocabulary of its own, of the same length.
    const odd = files[7];
    if (odd === undefined) throw new Error("There are 20.");
    odd.content.write("TOKEN", odd.content.indexOf("token number 39000"));
    const other = files[8];
    if (other === undefined) throw new Error("There are 20.");
    other.content = publishedGguf({ tensorBytes: 3_000_000, tokens: tokens + 1 });
    server.add({ id: "a/many", files });
    server.latencyMs = 50;
    const hub = client();
    const started = performance.now();
    const repository = await hub.repository(main("a/many"), forever);
    const headers = await read(hub, repository);
    const seconds = (performance.now() - started) / 1000;
    for (const { path, content } of files) {
      const header = headers.get(path);
      const own = await readHeader(
        { size: content.length, read: (at, length) => Promise.resolve(content.subarray(at, at + length)) },
        forever,
      );
      expect({ path, header }).toEqual({ path, header: own });
    }
    const asked = server.requests
      .map(({ server: at, range }) => (at === "content" ? /bytes=(\d+)-(\d+)/.exec(range ?? "") : null))
      .reduce((sum, range) => sum + (range === null ? 0 : Number(range[2]) - Number(range[1]) + 1), 0);
    const all = files.reduce((sum, { content }) => sum + content.length, 0);
    console.log(`20 headers in ${seconds.toFixed(2)} s, ${(asked / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB`);
    expect(seconds).toBeLessThan(2);
    expect(asked).toBeLessThan(all / 5);
  });

  it("come one by one where one of them is no model, and stop with whoever waits", async () => {
    server.add({
      id: "a/mixed",
      files: [
        { path: "page.gguf", content: Buffer.from("<!DOCTYPE html>".padEnd(9000)) },
        { path: "good.gguf", content: model },
      ],
    });
    const hub = client();
    const repository = await hub.repository(main("a/mixed"), forever);
    const headers = await read(hub, repository);
    expect(headers.get("page.gguf")).toMatchObject({
      code: "model/not-gguf",
      message: expect.stringMatching(/web page/) as string,
    });
    expect(headers.get("good.gguf")).toHaveProperty("tensors");
    const abort = new AbortController();
    server.contentFault = { kind: "silence" };
    setTimeout(() => abort.abort(), 20);
    await expect(read(hub, repository, abort.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});

async function read(
  hub: HubClient,
  repository: Repository,
  signal = forever,
): Promise<Map<string, GgufHeader | Error>> {
  const headers = new Map<string, GgufHeader | Error>();
  const wanted = repository.files.map((file) => ({ name: file.path, source: hub.source(repository, file) }));
  await readRemoteHeaders(wanted, signal, ({ name }, header) => headers.set(name, header));
  return headers;
}

function first(repository: Repository): HubFile {
  const [file] = repository.files;
  if (file === undefined) throw new Error("The repository is empty.");
  return file;
}
