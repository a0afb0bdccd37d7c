import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { type Conversation, plainText, shownMessages } from "../../src/chat/core/conversation";
import {
  decodeLine,
  encodeEntry,
  type Entry,
  type EntryDraft,
  entrySchema,
  type Migration,
} from "../../src/chat/core/journal";
import { JournalFold } from "../../src/chat/core/journalFold";
import { seededRandom } from "../support/random";

/** Stamps drafts as one writer would. */
function writer(w: string) {
  let n = 0;
  return (draft: EntryDraft): Entry => v.parse(entrySchema, { v: 1, w, n: n++, ...draft });
}

function fold(entries: readonly Entry[], live: readonly string[] = []): Conversation {
  const folded = new JournalFold();
  for (const entry of entries) folded.apply(entry);
  return folded.conversation("c", (w) => live.includes(w));
}

const plain = (conversation: Conversation): unknown => ({ ...conversation, messages: [...conversation.messages] });

function firstTurn(stamp: (draft: EntryDraft) => Entry): Entry[] {
  return [
    stamp({ t: "created", at: 1 }),
    stamp({ t: "title", at: 2, title: "Greeting" }),
    stamp({ t: "message", at: 3, id: "q1", parent: null, role: "user", parts: [{ type: "text", text: "Hi" }] }),
    stamp({ t: "message", at: 4, id: "a1", parent: "q1", role: "assistant", parts: [], model: "starter" }),
    stamp({ t: "text", x: "Hel" }),
    stamp({ t: "text", x: "lo" }),
  ];
}

describe("folding a conversation", () => {
  it("shows question and answer, the deltas put together", () => {
    const a = writer("aaaa");
    const conversation = fold([...firstTurn(a), a({ t: "end", at: 5, status: "complete", stopReason: "end" })]);
    expect(conversation).toMatchObject({ title: "Greeting", createdAt: 1, updatedAt: 5, leaf: "a1" });
    expect(shownMessages(conversation).map(({ role, status, parts }) => [role, status, plainText(parts)])).toEqual([
      ["user", "complete", "Hi"],
      ["assistant", "complete", "Hello"],
    ]);
  });

  it("calls an answer streaming while its writer lives, and interrupted when it is dead", () => {
    const entries = firstTurn(writer("aaaa"));
    expect(fold(entries, ["aaaa"]).messages.get("a1")?.status).toBe("streaming");
    expect(fold(entries, ["bbbb"]).messages.get("a1")).toMatchObject({
      status: "interrupted",
      parts: [{ type: "text", text: "Hello" }],
    });
  });

  it("goes on within the same message, from the character where it stopped", () => {
    const a = writer("aaaa");
    const b = writer("bbbb");
    const conversation = fold([
      ...firstTurn(a),
      b({ t: "resume", at: 10, id: "a1", kept: 5, model: "other" }),
      // The first writer was only thought dead; what it still writes no longer counts.
      a({ t: "text", x: " XXX" }),
      b({ t: "text", x: ", world" }),
      a({ t: "end", at: 12, status: "complete" }),
      b({ t: "end", at: 11, status: "stopped" }),
    ]);
    expect(conversation.messages.get("a1")).toMatchObject({
      status: "stopped",
      model: "other",
      parts: [{ type: "text", text: "Hello, world" }],
    });
    expect(conversation.messages.size).toBe(2);
  });

  it("keeps a retried answer in the tree and shows the later one", () => {
    const a = writer("aaaa");
    const conversation = fold([
      ...firstTurn(a),
      a({ t: "end", at: 5, status: "complete" }),
      a({ t: "message", at: 6, id: "a2", parent: "q1", role: "assistant", parts: [] }),
      a({ t: "text", x: "Hey" }),
      a({ t: "end", at: 7, status: "complete" }),
    ]);
    expect(shownMessages(conversation).map(({ id }) => id)).toEqual(["q1", "a2"]);
    expect(conversation.messages.get("a1")?.parts).toEqual([{ type: "text", text: "Hello" }]);
    const back = fold([...firstTurn(a), a({ t: "leaf", at: 99, id: "a1" })]);
    expect(back.leaf).toBe("a1");
  });

  it("puts the final parts in place of the streamed ones, after what was kept", () => {
    const a = writer("aaaa");
    const conversation = fold([
      ...firstTurn(a),
      a({ t: "end", at: 5, status: "stopped" }),
      a({ t: "resume", at: 6, id: "a1", kept: 3 }),
      a({ t: "text", x: "draft" }),
      a({
        t: "end",
        at: 7,
        status: "complete",
        parts: [
          { type: "text", text: "p!" },
          { type: "toolCall", id: "1", name: "look", arguments: {} },
        ],
      }),
    ]);
    expect(conversation.messages.get("a1")?.parts).toEqual([
      { type: "text", text: "Help!" },
      { type: "toolCall", id: "1", name: "look", arguments: {} },
    ]);
  });

  it("ignores an entry that stands in the file twice", () => {
    const entries = firstTurn(writer("aaaa"));
    const twice = entries.flatMap((entry) => [entry, entry]);
    expect(plain(fold(twice))).toEqual(plain(fold(entries)));
  });

  it("knows removed from restored", () => {
    const a = writer("aaaa");
    const folded = new JournalFold();
    for (const entry of firstTurn(a)) folded.apply(entry);
    folded.apply(a({ t: "removed", at: 50 }));
    expect(folded.removedAt).toBe(50);
    folded.apply(a({ t: "restored", at: 51 }));
    expect(folded.removedAt).toBeNull();
  });

  it("makes the same conversation from its drafts", () => {
    const a = writer("aaaa");
    const folded = new JournalFold();
    for (const entry of [
      ...firstTurn(a),
      a({ t: "end", at: 5, status: "stopped", stopReason: "cancelled" }),
      a({ t: "message", at: 6, id: "q2", parent: "a1", role: "user", parts: [{ type: "text", text: "More" }] }),
      a({ t: "message", at: 7, id: "a2", parent: "q2", role: "assistant", parts: [] }),
      a({ t: "reasoning", x: "hm" }),
      a({ t: "text", x: "Sure" }),
      a({ t: "leaf", at: 8, id: "a1" }),
    ])
      folded.apply(entry);
    const b = writer("bbbb");
    const again = folded.drafts((message) => message === "a2").map(b);
    const live = (w: string): boolean => w === "aaaa" || w === "bbbb";
    const copy = new JournalFold();
    for (const entry of again) copy.apply(entry);
    expect(plain(copy.conversation("c", live))).toEqual(plain(folded.conversation("c", live)));
    // The run is still open, and goes on.
    copy.apply(b({ t: "text", x: "ly" }));
    expect(plainText(copy.conversation("c", live).messages.get("a2")?.parts ?? [])).toBe("Surely");
  });
});

describe("two writers", () => {
  /** What a window does, at random, on its own and on the other's messages. */
  function act(stamp: (draft: EntryDraft) => Entry, name: string, random: () => number, clock: () => number): Entry[] {
    const entries: Entry[] = [];
    let last: string | null = null;
    for (let turn = 0; turn < 3; turn++) {
      const question = `${name}-q${turn}`;
      const answer = `${name}-a${turn}`;
      entries.push(
        stamp({
          t: "message",
          at: clock(),
          id: question,
          parent: last,
          role: "user",
          parts: [{ type: "text", text: question }],
        }),
        stamp({ t: "message", at: clock(), id: answer, parent: question, role: "assistant", parts: [] }),
      );
      for (let piece = 0; piece < 4; piece++) {
        entries.push(stamp({ t: random() < 0.2 ? "reasoning" : "text", x: `${name}${turn}${piece} ` }));
      }
      if (random() < 0.8) entries.push(stamp({ t: "end", at: clock(), status: "complete" }));
      if (random() < 0.4) entries.push(stamp({ t: "title", at: clock(), title: `${name} ${turn}` }));
      if (random() < 0.3) entries.push(stamp({ t: "leaf", at: clock(), id: question }));
      if (random() < 0.3) entries.push(stamp({ t: random() < 0.5 ? "removed" : "restored", at: clock() }));
      if (random() < 0.4) {
        entries.push(stamp({ t: "resume", at: clock(), id: answer, kept: Math.floor(random() * 20) }));
        entries.push(stamp({ t: "text", x: "again" }), stamp({ t: "end", at: clock(), status: "stopped" }));
      }
      last = answer;
    }
    return entries;
  }

  function interleave(a: readonly Entry[], b: readonly Entry[], random: () => number): Entry[] {
    const merged: Entry[] = [];
    let i = 0;
    let j = 0;
    while (i < a.length || j < b.length) {
      const next = j >= b.length || (i < a.length && random() < 0.5) ? a[i++] : b[j++];
      if (next !== undefined) merged.push(next);
    }
    return merged;
  }

  it("come to the same conversation however their entries interleave (300 seeds)", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      let now = 100;
      const clock = (): number => (now += Math.floor(random() * 3));
      const a = act(writer("aaaa"), "a", random, clock);
      const b = act(writer("bbbb"), "b", random, clock);
      const sorted = (conversation: Conversation): unknown => ({
        ...conversation,
        messages: [...conversation.messages].sort(([x], [y]) => (x < y ? -1 : 1)),
      });
      const reference = JSON.stringify(sorted(fold([...a, ...b])));
      expect(reference).toContain("b-a2");
      for (let round = 0; round < 4; round++) {
        expect(JSON.stringify(sorted(fold(interleave(a, b, random)))), `seed ${seed}`).toBe(reference);
      }
    }
  });

  it("agree on who goes on with an answer, in either order", () => {
    const a = writer("aaaa");
    const b = writer("bbbb");
    const start = firstTurn(a);
    const fromA = [a({ t: "resume", at: 20, id: "a1", kept: 5 }), a({ t: "text", x: " A" })];
    const fromB = [b({ t: "resume", at: 20, id: "a1", kept: 5 }), b({ t: "text", x: " B" })];
    const one = fold([...start, ...fromA, ...fromB]).messages.get("a1");
    const other = fold([...start, ...fromB, ...fromA]).messages.get("a1");
    expect(one).toEqual(other);
    expect(plainText(one?.parts ?? [])).toBe("Hello B");
  });
});

describe("a line", () => {
  const line = (entry: object): string => JSON.stringify(entry);
  const text = { v: 1, w: "aaaa", n: 4, t: "text", x: "a\nb\u2028" };

  it("survives encoding, on one line between newlines", () => {
    const record = encodeEntry(v.parse(entrySchema, text));
    expect(record.startsWith("\n") && record.endsWith("\n")).toBe(true);
    expect(record.trim().includes("\n")).toBe(false);
    expect(decodeLine(record.trim())).toEqual({ kind: "entry", entry: text });
  });

  it("of a newer version is told apart from garbage", () => {
    expect(decodeLine(line({ v: 2, anything: true }))).toEqual({ kind: "newer" });
    for (const garbage of [
      "",
      "{",
      "null",
      "[]",
      "7",
      '"x"',
      "{}",
      line({ ...text, v: -1 }),
      line({ ...text, w: "../x" }),
    ]) {
      expect(decodeLine(garbage), garbage).toEqual({ kind: "unreadable" });
    }
    expect(decodeLine(line({ ...text, t: "unheard-of" }))).toEqual({ kind: "unreadable" });
    expect(decodeLine(line({ v: 1, w: "aaaa", n: 0, t: "leaf", at: 1, id: "../../etc/passwd" })).kind).toBe(
      "unreadable",
    );
  });

  it("keeps the parts it knows when a newer version added others", () => {
    const message = { v: 1, w: "aaaa", n: 0, t: "message", at: 1, id: "q", parent: null, role: "user" };
    const decoded = decodeLine(line({ ...message, parts: [{ type: "hologram" }, { type: "text", text: "Hi" }] }));
    expect(decoded).toMatchObject({ entry: { parts: [{ type: "text", text: "Hi" }] } });
  });

  it("of an older version goes through every migration in turn", () => {
    const schema = v.pipe(
      v.object({ v: v.literal(3), who: v.string(), said: v.string(), loud: v.boolean() }),
      v.transform(({ who, said, loud }): Entry => ({
        v: 1,
        w: who,
        n: 0,
        t: "text",
        x: loud ? said.toUpperCase() : said,
      })),
    );
    const migrations = new Map<number, Migration>([
      [1, ({ text: said, ...rest }) => ({ ...rest, said })],
      [2, (record) => ({ ...record, loud: record.said === "hey" })],
    ]);
    const decode = (record: object) => decodeLine(line(record), migrations, 3, schema);
    expect(decode({ v: 1, who: "aaaa", text: "hey" })).toMatchObject({ kind: "entry", entry: { x: "HEY" } });
    expect(decode({ v: 2, who: "aaaa", said: "ho" })).toMatchObject({ kind: "entry", entry: { x: "ho" } });
    expect(decode({ v: 4 })).toEqual({ kind: "newer" });
    // No way from version 0: left alone, like a line that can't be read.
    expect(decode({ v: 0, who: "aaaa" })).toEqual({ kind: "unreadable" });
  });
});

describe("folding a pin", () => {
  it("goes by the last writer, whatever order the windows' entries come in", () => {
    const [a, b] = [writer("aaaa"), writer("bbbb")];
    const entries = [
      ...firstTurn(a),
      a({ t: "pinned", at: 10, pinned: true }),
      b({ t: "pinned", at: 12, pinned: false }),
      a({ t: "pinned", at: 11, pinned: true }),
    ];
    const pinnedAfter = (read: readonly Entry[]): boolean => {
      const folded = new JournalFold();
      for (const entry of read) folded.apply(entry);
      return folded.pinned;
    };
    const ours = entries.filter(({ w }) => w === "aaaa");
    const theirs = entries.filter(({ w }) => w === "bbbb");
    expect(pinnedAfter(entries)).toBe(false);
    expect(pinnedAfter([...theirs, ...ours])).toBe(false);
    expect(pinnedAfter(ours)).toBe(true);
    // In the same millisecond the writer's name decides, the same in every window.
    const same = [a({ t: "pinned", at: 20, pinned: true }), b({ t: "pinned", at: 20, pinned: false })];
    expect(pinnedAfter([...entries, ...same])).toBe(false);
    expect(pinnedAfter([...entries, ...same.reverse()])).toBe(false);
  });

  it("is in the summary and in what makes the conversation anew, and changes neither its time nor its place in time", () => {
    const stamp = writer("aaaa");
    const folded = new JournalFold();
    for (const entry of firstTurn(stamp)) folded.apply(entry);
    const { updatedAt } = folded.summary();
    folded.apply(stamp({ t: "pinned", at: 99, pinned: true }));
    expect(folded.summary()).toMatchObject({ pinned: true, updatedAt });
    expect(folded.drafts(() => false)).toContainEqual({ t: "pinned", at: 99, pinned: true });
  });
});
