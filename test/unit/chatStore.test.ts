import { execFileSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { plainText } from "../../src/chat/core/conversation";
import type { ConversationHandle } from "../../src/chat/node/conversationHandle";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { nodeStoreFiles, type StoreFiles } from "../../src/chat/node/storeFiles";
import { silentLogger } from "../../src/platform/core/logger";
import { type ChildProgram, childProgram } from "../support/childProgram";
import { soon } from "../support/soon";

let folder: string;
const opened: ConversationStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-chat-"));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

async function openStore(files: StoreFiles = nodeStoreFiles, at = folder): Promise<ConversationStore> {
  const store = new ConversationStore({ folder: at, log: silentLogger, files });
  opened.push(store);
  await store.start();
  return store;
}

const journal = (id: string): string => path.join(folder, "conversations", `${id}.jsonl`);
const ask = (handle: ConversationHandle, id: string, text = id, parent: string | null = null): Promise<void> =>
  handle.append([{ t: "message", id, parent, role: "user", parts: [{ type: "text", text }] }]);
const ids = (handle: ConversationHandle): string[] => [...handle.conversation().messages.keys()].sort();

async function begin(store: ConversationStore, title = "T"): Promise<ConversationHandle> {
  const handle = store.create();
  await handle.append([{ t: "created" }, { t: "title", title }]);
  await ask(handle, "q1", "Hello");
  return handle;
}

/** The real files, with faults where a test wants them. */
function faultyFiles(): StoreFiles & {
  fault: ((operation: string, data?: Uint8Array) => Error | number | undefined) | undefined;
} {
  const faulty = {
    ...nodeStoreFiles,
    fault: undefined as ((operation: string, data?: Uint8Array) => Error | number | undefined) | undefined,
    async append(file: string, data: Uint8Array, options: { create: boolean; durable: boolean }) {
      const fault = faulty.fault?.("append", data);
      if (typeof fault === "number") {
        // A disk that fills up in the middle of a write takes a part of it.
        await nodeStoreFiles.append(file, data.subarray(0, fault), options);
        throw errno("ENOSPC");
      }
      if (fault !== undefined) throw fault;
      await nodeStoreFiles.append(file, data, options);
    },
    async makeFolder(at: string) {
      const fault = faulty.fault?.("makeFolder");
      if (fault instanceof Error) throw fault;
      await nodeStoreFiles.makeFolder(at);
    },
    async replace(file: string, data: string) {
      const fault = faulty.fault?.("replace");
      if (fault instanceof Error) throw fault;
      await nodeStoreFiles.replace(file, data);
    },
  };
  return faulty;
}

const errno = (code: string): Error => Object.assign(new Error(code), { code });

describe("the store", () => {
  it("gives back after a restart what was appended", async () => {
    const before = await openStore();
    const handle = await begin(before, "First words");
    await handle.append([{ t: "message", id: "a1", parent: "q1", role: "assistant", parts: [], model: "starter" }]);
    await handle.append([{ t: "text", x: "Hi " }]);
    await handle.append(
      [
        { t: "text", x: "there" },
        { t: "end", status: "complete", stopReason: "end" },
      ],
      { durable: true },
    );
    const expected = handle.conversation();
    await before.close();

    const after = await openStore();
    expect(after.list()).toMatchObject([{ id: handle.id, title: "First words", answering: false }]);
    const again = await after.open(handle.id);
    expect(again.conversation()).toEqual(expected);
    expect(plainText(again.conversation().messages.get("a1")?.parts ?? [])).toBe("Hi there");
  });

  it("never rewrites: a long answer costs about its own size", async () => {
    const store = await openStore();
    const handle = await begin(store);
    await handle.append([{ t: "message", id: "a1", parent: "q1", role: "assistant", parts: [] }]);
    let text = 0;
    for (let n = 0; n < 400; n++) {
      const x = "some more words of an answer that is long, ";
      text += x.length;
      await handle.append([{ t: "text", x }]);
    }
    const { size } = await stat(journal(handle.id));
    expect(size).toBeLessThan(3 * text);
  });

  it("lists a removed conversation no more, brings it back, and deletes its file a day later", async () => {
    const store = await openStore();
    const handle = await begin(store);
    await handle.append([{ t: "removed" }]);
    expect(store.list()).toEqual([]);
    await handle.append([{ t: "restored" }]);
    expect(store.list()).toHaveLength(1);
    await handle.append([{ t: "removed" }]);
    await store.close();
    await (await openStore()).close();
    expect(await readdir(path.join(folder, "conversations"))).toHaveLength(1);
    const old = Date.now() - 25 * 60 * 60 * 1000;
    const text = await readFile(journal(handle.id), "utf8");
    await writeFile(journal(handle.id), text.replace(/"at":\d+/g, `"at":${old}`));
    await openStore();
    expect(await readdir(path.join(folder, "conversations"))).toEqual([]);
  });

  it("takes no file for a conversation whose name is not an id", async () => {
    const conversations = path.join(folder, "conversations");
    await mkdir(path.join(conversations, "folder.jsonl"), { recursive: true });
    for (const name of ["Über.jsonl", "a b.jsonl", "x.txt", ".jsonl", `${"a".repeat(65)}.jsonl`]) {
      await writeFile(path.join(conversations, name), '\n{"v":1,"w":"aaaa","n":0,"t":"created","at":5}\n');
    }
    await writeFile(path.join(conversations, "good.jsonl"), '\n{"v":1,"w":"aaaa","n":0,"t":"created","at":5}\n');
    const store = await openStore();
    expect(store.list().map(({ id }) => id)).toEqual(["good"]);
    await expect(store.open("../../etc/passwd")).rejects.toMatchObject({ code: "storage/failed" });
    await expect(store.open("missing")).rejects.toMatchObject({ code: "storage/failed" });
  });

  it("skips lines it can't read and leaves a newer version's untouched", async () => {
    const store = await openStore();
    const handle = await begin(store);
    await store.close();
    const foreign =
      '\u0000\u0001garbage\n{"v":9,"t":"hologram","secret":"kept"}\n{"v":1,"w":"aaaa","n":1,"t":"leaf"}\n';
    await appendFile(journal(handle.id), foreign);
    const again = await openStore();
    const reopened = await again.open(handle.id);
    await ask(reopened, "q2", "More", "q1");
    expect(ids(reopened)).toEqual(["q1", "q2"]);
    expect(reopened.hasNewerEntries()).toBe(true);
    expect(again.list()).toMatchObject([{ newer: 1, unreadable: 2 }]);
    expect(await readFile(journal(handle.id), "utf8")).toContain(foreign);
  });

  it("reads no bodies again to list a thousand conversations", async () => {
    const conversations = path.join(folder, "conversations");
    await mkdir(conversations, { recursive: true });
    const entry = (n: number, t: string, rest: string): string =>
      `\n{"v":1,"w":"aaaa","n":${n},"t":"${t}","at":${n + 1},${rest}}\n`;
    const body = JSON.stringify([{ type: "text", text: "word ".repeat(2000) }]);
    for (let n = 0; n < 1000; n++) {
      const message = entry(1, "message", `"id":"q","parent":null,"role":"user","parts":${body}`);
      await writeFile(path.join(conversations, `c-${n}.jsonl`), entry(0, "title", `"title":"Number ${n}"`) + message);
    }
    const first = await openStore();
    expect(first.list()).toHaveLength(1000);
    await first.close();
    const read = vi.fn<StoreFiles["read"]>((...args) => nodeStoreFiles.read(...args));
    const started = performance.now();
    const second = await openStore({ ...nodeStoreFiles, read });
    const ms = performance.now() - started;
    expect(second.list()).toHaveLength(1000);
    expect(second.list().map(({ title }) => title)).toContain("Number 999");
    expect(read.mock.calls.filter(([file]) => file.endsWith(".jsonl"))).toEqual([]);
    expect(ms).toBeLessThan(2000);
    // A row counts only while its file is as it was.
    await appendFile(path.join(conversations, "c-7.jsonl"), entry(2, "title", '"title":"Renamed"'));
    await second.refresh();
    expect(second.list().find(({ id }) => id === "c-7")?.title).toBe("Renamed");
  });

  it("makes a damaged index anew", async () => {
    const store = await openStore();
    const handle = await begin(store, "Kept");
    await store.close();
    const index = path.join(folder, "index.json");
    for (const damage of [
      "",
      "{",
      '{"version":1,"rows":[{"id":"../x"},null]}',
      '{"version":1,"rows":[]}',
      '{"version":9,"rows":[]}',
    ]) {
      await writeFile(index, damage);
      const again = await openStore();
      expect(again.list(), damage).toMatchObject([{ id: handle.id, title: "Kept" }]);
      await again.close();
    }
  });
});

describe("a crash", () => {
  it("at any byte of the file costs at most the entry being written, and what comes after it is whole", async () => {
    const store = await openStore();
    const handle = await begin(store, "Zeichen: äöü €");
    await handle.append([{ t: "message", id: "a1", parent: "q1", role: "assistant", parts: [] }]);
    await handle.append([
      { t: "text", x: "Grüße 🦙" },
      { t: "end", status: "complete" },
    ]);
    await store.close();
    const whole = await readFile(journal(handle.id));
    const cutFolder = path.join(folder, "cut");
    const writer = await openStore(nodeStoreFiles, cutFolder);
    for (let length = 0; length <= whole.byteLength; length++) {
      const cut = whole.subarray(0, length);
      const id = `cut-${length}`;
      const target = path.join(cutFolder, "conversations", `${id}.jsonl`);
      await writeFile(target, cut);
      const goingOn = await writer.open(id);
      await ask(goingOn, "after", "written after the crash");
      goingOn.dispose();
      const kept = cut.toString("utf8").split("\n").slice(0, -1).join("\n");
      const expected = ["q1", "a1"].filter((message) => kept.includes(`"id":"${message}"`));
      // Read by another window, from the file alone.
      const reader = new ConversationStore({ folder: cutFolder, log: silentLogger });
      expect(ids(await reader.open(id)), `cut at ${length}`).toEqual(expect.arrayContaining(["after", ...expected]));
      await reader.close();
      await rm(target);
    }
  }, 60_000);

  it("of the window in the middle of an answer leaves it interrupted, with all that was written", async () => {
    const children = await childProgram(new URL("../support/chatWriter.ts", import.meta.url));
    try {
      const store = await openStore();
      const handle = await begin(store);
      const child = children.start(["stream", folder, handle.id, "child"]);
      await child.printed("streaming");
      await handle.refresh();
      const during = handle.conversation().messages.get("child-answer");
      expect(during?.status).toBe("streaming");
      expect(handle.answering()).toMatchObject({ message: "child-answer" });
      child.process.kill("SIGKILL");
      expect(await child.ended).toBe("SIGKILL");
      await store.refresh();
      const after = handle.conversation().messages.get("child-answer");
      expect(after?.status).toBe("interrupted");
      const text = plainText(after?.parts ?? []);
      expect(text.length).toBeGreaterThanOrEqual(plainText(during?.parts ?? []).length);
      expect(text.startsWith("word0 word1 word2 ")).toBe(true);
      expect(handle.answering()).toBeUndefined();
    } finally {
      await children.remove();
    }
  }, 30_000);
});

describe("two windows", () => {
  it("see each other's changes without asking", async () => {
    const [a, b] = [await openStore(), await openStore()];
    const inA = await begin(a);
    await soon(() => expect(b.list()).toHaveLength(1));
    const inB = await b.open(inA.id);
    await ask(inA, "q2", "from A", "q1");
    await soon(() => expect(ids(inB)).toEqual(["q1", "q2"]));
    await ask(inB, "q3", "from B", "q2");
    await soon(() => expect(ids(inA)).toEqual(["q1", "q2", "q3"]));
    expect(inA.conversation()).toEqual(inB.conversation());
    await inB.append([{ t: "message", id: "a3", parent: "q3", role: "assistant", parts: [] }]);
    await soon(() => expect(a.list()).toMatchObject([{ answering: true }]));
    expect(inA.conversation().messages.get("a3")?.status).toBe("streaming");
    await b.close();
    await a.refresh();
    expect(inA.conversation().messages.get("a3")?.status).toBe("interrupted");
  });

  it("hold a silent writer for dead after half a minute, even if its process id is in use", async () => {
    const [a, b] = [await openStore(), await openStore()];
    const inA = await begin(a);
    await inA.append([{ t: "message", id: "a1", parent: "q1", role: "assistant", parts: [] }]);
    const inB = await b.open(inA.id);
    await b.refresh();
    expect(inB.conversation().messages.get("a1")?.status).toBe("streaming");
    const past = new Date(Date.now() - 60_000);
    for (const name of await readdir(path.join(folder, "writers")))
      await utimes(path.join(folder, "writers", name), past, past);
    await b.refresh();
    expect(inB.conversation().messages.get("a1")?.status).toBe("interrupted");
  });

  it("append at once from two processes and lose nothing", async () => {
    const children = await childProgram(new URL("../support/chatWriter.ts", import.meta.url));
    try {
      const store = await openStore();
      const handle = await begin(store);
      const writers = ["a", "b"].map((name) => children.start(["messages", folder, handle.id, "300", name]));
      await Promise.all(writers.map((child) => child.printed("ready")));
      for (const child of writers) child.process.stdin?.write("go\n");
      for (let n = 0; n < 100; n++) await ask(handle, `p-${n}`);
      for (const child of writers) expect(await child.ended, child.output()).toBe(0);
      const reader = await openStore();
      const all = await reader.open(handle.id);
      expect(all.conversation().messages.size).toBe(1 + 100 + 2 * 300);
      expect(reader.list()).toMatchObject([{ unreadable: 0, newer: 0 }]);
      // They did write at the same time: the entries of the three are mixed.
      const authors = (await readFile(journal(handle.id), "utf8")).match(/"w":"\w+"/g) ?? [];
      const turns = authors.filter((writer, index) => writer !== authors[index - 1]).length;
      expect(turns).toBeGreaterThan(5);
      await handle.refresh();
      expect(handle.conversation()).toEqual(all.conversation());
    } finally {
      await children.remove();
    }
  }, 60_000);
});

describe("storage that fails", () => {
  it("in the middle of a write is reported once, harms nothing, and gets everything when it works again", async () => {
    const files = faultyFiles();
    const store = await openStore(files);
    const handle = await begin(store);
    await handle.append([{ t: "message", id: "a1", parent: "q1", role: "assistant", parts: [] }]);
    const problems: (string | undefined)[] = [];
    store.onDidChangeProblem((problem) => problems.push(problem?.error.code));
    const whole = await readFile(journal(handle.id));
    // Torn after some bytes, then so that the entries are in the file but not the last newline, then nothing gets through.
    const takes = [() => 10, (data: Uint8Array) => data.byteLength - 1];
    files.fault = (operation, data) =>
      operation === "append" && data !== undefined ? (takes.shift()?.(data) ?? 0) : undefined;
    for (const x of ["one ", "two ", "three"]) await handle.append([{ t: "text", x }], { durable: true });
    expect(problems).toEqual(["storage/full"]);
    expect(store.problem()).toMatchObject({ held: 3 });
    expect(store.problem()?.error.remedy).toContain("space");
    expect((await readFile(journal(handle.id))).subarray(0, whole.byteLength)).toEqual(whole);
    // The window goes on with what is in memory.
    const answer = (from: ConversationHandle): string => plainText(from.conversation().messages.get("a1")?.parts ?? []);
    expect(answer(handle)).toBe("one two three");
    files.fault = undefined;
    await soon(() => expect(store.problem()).toBeUndefined());
    expect(problems).toEqual(["storage/full", undefined]);
    const reader = await openStore();
    expect(answer(await reader.open(handle.id))).toBe("one two three");
  }, 20_000);

  it("tells apart full, read-only and failed", async () => {
    const files = faultyFiles();
    const store = await openStore(files);
    for (const [code, expected] of [
      ["ENOSPC", "storage/full"],
      ["EDQUOT", "storage/full"],
      ["EROFS", "storage/read-only"],
      ["EACCES", "storage/read-only"],
      ["EIO", "storage/failed"],
    ] as const) {
      files.fault = () => errno(code);
      const handle = store.create();
      await handle.append([{ t: "created" }], { durable: true });
      expect(store.problem()?.error.code).toBe(expected);
      files.fault = undefined;
      await store.refresh();
      await handle.append([{ t: "title", title: "x" }], { durable: true });
      expect(store.problem()).toBeUndefined();
    }
  });

  it("from the start still chats, and saves when it can", async () => {
    const files = faultyFiles();
    files.fault = () => errno("EROFS");
    const store = await openStore(files);
    expect(store.problem()?.error.code).toBe("storage/read-only");
    const handle = await begin(store);
    expect(store.list()).toMatchObject([{ id: handle.id }]);
    files.fault = undefined;
    await soon(() => expect(store.problem()).toBeUndefined());
    expect(ids(await (await openStore()).open(handle.id))).toEqual(["q1"]);
  }, 20_000);

  it("that vanishes under the window is made again with all of the conversation", async () => {
    const store = await openStore();
    const handle = await begin(store, "Here");
    await handle.append([{ t: "message", id: "a1", parent: "q1", role: "assistant", parts: [] }]);
    await handle.append([{ t: "text", x: "Half" }]);
    await rm(folder, { recursive: true });
    await handle.append(
      [
        { t: "text", x: " and half" },
        { t: "end", status: "complete" },
      ],
      { durable: true },
    );
    expect(store.problem()).toBeUndefined();
    const again = await (await openStore()).open(handle.id);
    expect(again.conversation()).toEqual(handle.conversation());
    expect(again.conversation()).toMatchObject({ title: "Here", leaf: "a1" });
    expect(plainText(again.conversation().messages.get("a1")?.parts ?? [])).toBe("Half and half");
  });

  it("reads on when its file was cut shorter by somebody", async () => {
    const store = await openStore();
    const handle = await begin(store);
    await ask(handle, "q2");
    await truncate(journal(handle.id), 3);
    await handle.refresh();
    await ask(handle, "q3");
    expect(ids(handle)).toEqual(["q1", "q2", "q3"]);
    expect(ids(await (await openStore()).open(handle.id))).toContain("q3");
  });

  describe("for real", () => {
    let children: ChildProgram;
    beforeAll(async () => {
      children = await childProgram(new URL("../support/chatWriter.ts", import.meta.url));
    });
    afterAll(() => children.remove());

    async function filled(at: string, wrap: readonly string[]) {
      const child = children.start(["fill", at], wrap);
      expect(await child.ended, child.output()).toBe(0);
      return JSON.parse(child.output()) as { id: string; stored: number; held: number; code: string; inMemory: number };
    }

    it.skipIf(process.platform === "win32")("keeps what was written below a file-size limit", async () => {
      const result = await filled(folder, ["bash", "-c", 'ulimit -f 16; exec "$@"', "bash"]);
      expect(result).toMatchObject({ code: "storage/full", held: 1, inMemory: result.stored + 1 });
      expect(result.stored).toBeGreaterThan(3);
      const again = await (await openStore()).open(result.id);
      expect(again.conversation().messages.size).toBe(result.stored);
    });

    /** Only where this user may mount; elsewhere the limit above and the faults stand for it. */
    const mountable = canMount();
    it.runIf(mountable)("keeps what was written on a full disk, and on one that became read-only", async () => {
      const disk = path.join(folder, "disk");
      await mkdir(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", disk]);
      try {
        const result = await filled(disk, []);
        expect(result).toMatchObject({ code: "storage/full", held: 1, inMemory: result.stored + 1 });
        const full = await openStore(nodeStoreFiles, disk);
        const handle = await full.open(result.id);
        expect(handle.conversation().messages.size).toBe(result.stored);
        await full.close();
        // Root may write where the mode forbids it, so the file system itself is made read-only.
        execFileSync("mount", ["-o", "remount,ro", disk]);
        const readOnly = await openStore(nodeStoreFiles, disk);
        const again = await readOnly.open(result.id);
        await ask(again, "refused");
        expect(readOnly.problem()).toMatchObject({ error: { code: "storage/read-only" }, held: 1 });
        expect(again.conversation().messages.size).toBe(result.stored + 1);
        again.dispose();
        await readOnly.close();
        execFileSync("mount", ["-o", "remount,rw", disk]);
      } finally {
        execFileSync("umount", [disk]);
      }
    });
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
