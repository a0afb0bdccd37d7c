import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { followKvStates } from "../../src/chat/node/followKvStates";
import { nodeStoreFiles, type StoreFiles } from "../../src/chat/node/storeFiles";
import { silentLogger } from "../../src/platform/core/logger";
import { soon } from "../support/soon";

let folder: string;
const stores: ConversationStore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-follow-"));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function openStore(files: StoreFiles = nodeStoreFiles): Promise<ConversationStore> {
  const store = new ConversationStore({ folder, log: silentLogger, files });
  stores.push(store);
  await store.start();
  return store;
}

async function begin(store: ConversationStore): Promise<string> {
  const handle = store.create();
  await handle.append([{ t: "created" }, { t: "title", title: "A title" }]);
  handle.dispose();
  return handle.id;
}

/** What the states are told. */
function told() {
  const said = { forgotten: [] as string[], cleared: 0, sweeps: [] as ((id: string) => boolean)[] };
  const states = {
    sweep: (isKnown: (id: string) => boolean) => Promise.resolve(void said.sweeps.push(isKnown)),
    forget: (id: string) => Promise.resolve(void said.forgotten.push(id)),
    clear: () => {
      said.cleared++;
      return Promise.resolve();
    },
  };
  return { said, states };
}

async function remove(store: ConversationStore, id: string): Promise<void> {
  const handle = await store.open(id);
  await handle.append([{ t: "removed" }]);
  handle.dispose();
}

it("keeps the states of what is listed and forgets those of what is removed, here or in another window", async () => {
  const here = await openStore();
  const there = await openStore();
  const [kept, ours, theirs] = [await begin(here), await begin(here), await begin(there)];
  await here.refresh();
  const { said, states } = told();
  const following = followKvStates(here, states);
  const [isKnown] = said.sweeps;
  expect([kept, ours, theirs, "gone"].map((id) => isKnown?.(id))).toEqual([true, true, true, false]);
  await remove(here, ours);
  await remove(there, theirs);
  await soon(() => expect([...new Set(said.forgotten)].sort()).toEqual([ours, theirs].sort()));
  expect(isKnown?.(ours)).toBe(false);
  const handle = await here.open(kept);
  await handle.append([{ t: "pinned", pinned: true }]);
  handle.dispose();
  expect(said.forgotten).not.toContain(kept);
  expect(said.cleared).toBe(0);
  following.dispose();
  await remove(here, kept);
  expect(said.forgotten).not.toContain(kept);
});

it("clears all states once when all data is deleted, in this window and in another", async () => {
  const here = await openStore();
  const there = await openStore();
  await begin(here);
  const [one, other] = [told(), told()];
  followKvStates(here, one.states);
  followKvStates(there, other.states);
  await here.deleteEverything();
  await soon(() => expect([one.said.cleared, other.said.cleared]).toEqual([1, 1]));
});

it("sweeps nothing where the list could not be read", async () => {
  const id = await begin(await openStore());
  const broken = await openStore({
    ...nodeStoreFiles,
    makeFolder: () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" })),
  });
  const { said, states } = told();
  followKvStates(broken, states);
  expect(said.sweeps).toEqual([]);
  expect(id).not.toBe("");
});
