import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConversationHandle } from "../../src/chat/node/conversationHandle";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { nodeStoreFiles, type StoreFiles } from "../../src/chat/node/storeFiles";
import { silentLogger } from "../../src/platform/core/logger";

let folder: string;
const opened: ConversationStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-forget-"));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

async function openStore(files: StoreFiles = nodeStoreFiles): Promise<ConversationStore> {
  const store = new ConversationStore({ folder, log: silentLogger, files });
  opened.push(store);
  await store.start();
  return store;
}

async function begin(store: ConversationStore, title: string): Promise<ConversationHandle> {
  const handle = store.create();
  const parts = [{ type: "text" as const, text: `${title}?` }];
  await handle.append([
    { t: "created" },
    { t: "title", title },
    { t: "message", id: "q1", parent: null, role: "user", parts },
  ]);
  return handle;
}

describe("deleting everything", () => {
  const filesBelow = async (root: string): Promise<string[]> =>
    (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));

  it("leaves nothing, in two windows: neither shows or writes it again, and both go on at once", async () => {
    const here = await openStore();
    const there = await openStore();
    const ours = await begin(here, "MARKER title");
    const gone = await begin(here, "MARKER removed");
    await gone.append([{ t: "removed" }]);
    const theirs = await there.open(ours.id);
    await theirs.append([
      { t: "message", id: "a1", parent: "q1", role: "assistant", parts: [] },
      { t: "text", x: "MARKER" },
    ]);
    const unwritten = there.create();
    const forgotten: string[] = [];
    here.onDidForget(() => forgotten.push("here"));
    there.onDidForget(() => forgotten.push("there"));
    await here.deleteEverything();
    // What was under way goes on, and must come to nothing.
    await theirs.append(
      [
        { t: "text", x: " MARKER" },
        { t: "end", status: "complete" },
      ],
      { durable: true },
    );
    await ours.append([{ t: "title", title: "MARKER" }], { durable: true });
    await expect.poll(() => forgotten.sort()).toEqual(["here", "there"]);
    await unwritten.append([{ t: "created" }, { t: "title", title: "MARKER" }], { durable: true });
    for (const handle of [ours, theirs, unwritten]) {
      expect(handle.removed()).toBe(true);
      expect(handle.conversation().messages.size).toBe(0);
    }
    for (const store of [here, there]) expect(store.list()).toEqual([]);
    await begin(there, "Afterwards");
    await expect.poll(() => here.list().map(({ title }) => title)).toEqual(["Afterwards"]);
    await here.close();
    await there.close();
    const files = await filesBelow(folder);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(await readFile(file, "utf8"), file).not.toContain("MARKER");
    expect((await openStore()).list()).toMatchObject([{ title: "Afterwards" }]);
  });

  it("is told from a folder that vanished by accident, which is written anew", async () => {
    const store = await openStore();
    await store.deleteEverything();
    const handle = await begin(store, "Kept");
    await rm(path.join(folder, "conversations"), { recursive: true });
    await handle.append([{ t: "title", title: "Still here" }], { durable: true });
    await store.close();
    expect((await openStore()).list()).toMatchObject([{ title: "Still here" }]);
  });

  it("says so when something stays, and leaves the rest deleted", async () => {
    const faulty = {
      ...nodeStoreFiles,
      remove: () => Promise.reject(Object.assign(new Error("busy"), { code: "EBUSY" })),
    };
    const store = await openStore(faulty);
    await begin(store, "Stays");
    await expect(store.deleteEverything()).rejects.toMatchObject({ code: "storage/failed" });
    expect(store.list()).toEqual([]);
  });
});
