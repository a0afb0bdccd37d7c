import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { foldText, marksIn, queryTerms, snippetOf } from "../../src/chat/core/foldText";
import { ConversationSearch } from "../../src/chat/node/conversationSearch";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { TextIndex } from "../../src/chat/node/textIndex";
import { silentLogger } from "../../src/platform/core/logger";
import { Breath } from "../../src/platform/node/breath";
import { seededRandom } from "../support/random";

const { signal } = new AbortController();

describe("folded text", () => {
  it.each([
    ["Ünïcödé", "unicode"],
    ["ÅNGSTRÖM", "angstrom"],
    ["Straße", "straße"],
    ["ΑΘΉΝΑ", "αθηνα"],
    ["İstanbul", "istanbul"],
    ["👩‍💻 A", "👩‍💻 a"],
  ])("of %j is %j", (text, folded) => {
    expect(foldText(text.normalize("NFC"))).toBe(folded);
  });

  it("is as long as the text, whatever is in it, and folding again changes nothing", () => {
    const random = seededRandom(3);
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 60 }, () => String.fromCodePoint(Math.floor(random() * 0x2ffff)))
        .join("")
        .normalize("NFC");
      const folded = foldText(text);
      expect(folded.length).toBe(text.length);
      expect(foldText(folded)).toBe(folded);
    }
  });

  it("marks the words, and a snippet stands around the first of them", () => {
    expect(marksIn("Ein Café, ein CAFE", ["cafe", "afe,"])).toEqual([
      [4, 5],
      [14, 4],
    ]);
    const text = `${"before ".repeat(100)}the Llama${" after".repeat(100)}`;
    const { text: shown, marks } = snippetOf(text, queryTerms("llama"), 60);
    expect(shown).toMatch(/^….*the Llama after.*…$/u);
    expect(marks.map(([at, length]) => shown.slice(at, at + length))).toEqual(["Llama"]);
  });
});

describe("the index of one conversation", () => {
  it("finds just what looking through the texts finds", async () => {
    const random = seededRandom(5);
    const letters = ["a", "b", "ab", " ", "é", "Ω"];
    const word = (length: number): string =>
      Array.from({ length }, () => letters[Math.floor(random() * (random() < 0.9 ? 5 : 6))])
        .join("")
        .trim();
    for (let round = 0; round < 400; round++) {
      const messages = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, n) => ({
        id: `m-${n}`,
        text: word(12),
      }));
      const terms = queryTerms(`${word(2)} ${word(2)}`);
      if (terms.length === 0) continue;
      const index = await TextIndex.make(messages, new Breath());
      const wanted = messages.filter(({ text }) => terms.every((term) => foldText(text).includes(term)));
      expect(index.find(terms, 100), JSON.stringify({ messages, terms })).toEqual(wanted.map(({ id }) => id));
    }
  });
});

describe("searching all conversations", () => {
  let folder: string;
  const stores: ConversationStore[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-search-"));
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await rm(folder, { recursive: true, force: true });
  });
  const open = async (): Promise<ConversationStore> => {
    const store = new ConversationStore({ folder, log: silentLogger });
    stores.push(store);
    await store.start();
    return store;
  };
  const write = async (store: ConversationStore, title: string, ...texts: string[]): Promise<string> => {
    const handle = store.create();
    await handle.append([
      { t: "created" },
      { t: "title", title },
      ...texts.map((text, n) => ({
        t: "message" as const,
        id: `m-${n}`,
        parent: n === 0 ? null : `m-${n - 1}`,
        role: "user" as const,
        parts: [{ type: "text" as const, text }],
      })),
    ]);
    handle.dispose();
    return handle.id;
  };

  it("finds titles first, then messages, by every word, without case and accents", async () => {
    const store = await open();
    const inText = await write(store, "About food", "nothing", "A Café in München has llamas");
    const inTitle = await write(store, "The cafe", "who");
    const both = await write(store, "Travel", "MUNCHEN");
    const search = new ConversationSearch(store);
    const found = await search.search("café", 5_000, signal);
    expect(found.hits.map(({ conversation, message }) => [conversation, message])).toEqual([
      [inTitle, null],
      [inText, "m-1"],
    ]);
    expect(found.hits[1]?.snippet?.text).toBe("A Café in München has llamas");
    expect((await search.search("travel munchen", 5_000, signal)).hits).toMatchObject([
      { conversation: both, message: "m-0" },
    ]);
    expect((await search.search("llamas nothing", 5_000, signal)).hits).toEqual([]);
    expect((await search.search("  ", 5_000, signal)).hits).toEqual([]);
    search.dispose();
  });

  it("finds what another window wrote, and no longer what was deleted", async () => {
    const here = await open();
    const there = await open();
    const search = new ConversationSearch(here);
    expect((await search.search("quagga", 5_000, signal)).hits).toEqual([]);
    const id = await write(there, "Animals", "The quagga is gone");
    await expect.poll(async () => (await search.search("quagga", 5_000, signal)).hits.length).toBe(1);
    const handle = await there.open(id);
    await handle.append([
      { t: "message", id: "later", parent: "m-0", role: "user", parts: [{ type: "text", text: "and the okapi" }] },
    ]);
    await expect.poll(async () => (await search.search("okapi", 5_000, signal)).hits[0]?.message).toBe("later");
    await handle.append([{ t: "removed" }]);
    handle.dispose();
    await expect.poll(async () => (await search.search("quagga", 5_000, signal)).hits.length).toBe(0);
    search.dispose();
  });

  it("says what it looked through by title only when the text is too large to hold, and stops when asked to", async () => {
    const store = await open();
    await write(store, "Old", "hidden words");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await write(store, "New", "x".repeat(1000));
    const search = new ConversationSearch(store, 500);
    const found = await search.search("hidden", 5_000, signal);
    expect(found).toMatchObject({ hits: [], titlesOnly: true, searched: 2, total: 2 });
    const abort = new AbortController();
    const asked = search.search("words", 5_000, abort.signal);
    abort.abort();
    await expect(asked).rejects.toThrow();
    search.dispose();
  });

  it("holds the event loop for no longer than a frame while it reads", async () => {
    const store = await open();
    const text = "The quick brown fox jumps over the lazy dog. ".repeat(250);
    for (let n = 0; n < 60; n++) await write(store, `Number ${n}`, text, text, `needle-${n}`);
    await store.close();
    const again = await open();
    const search = new ConversationSearch(again);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    expect((await search.search("needle-42", 20_000, signal)).hits).toHaveLength(1);
    delay.disable();
    // Measured with 1,000 conversations: see bench:search. Here a machine that runs other tests must not fail it.
    expect(delay.percentile(50) / 1e6).toBeLessThan(16);
    search.dispose();
  });
});
