import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shownMessages } from "../../src/chat/core/conversation";
import { conversationFileFrame, conversationJson, importDrafts } from "../../src/chat/core/conversationFile";
import { conversationGroups } from "../../src/chat/core/conversationGroups";
import { conversationMarkdown, markdownRule, readConversationMarkdown } from "../../src/chat/core/conversationMarkdown";
import { readConversations } from "../../src/chat/node/readConversations";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { silentLogger } from "../../src/platform/core/logger";
import { machine, timings } from "../support/chatHarness";
import { seededRandom } from "../support/random";

let folder: string;
let store: ConversationStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-file-"));
  store = new ConversationStore({ folder, log: silentLogger });
  await store.start();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const file = (...conversations: string[]): string =>
  conversationFileFrame.head(5) + conversations.join(conversationFileFrame.between) + conversationFileFrame.foot;
const read = (text: string) => readConversations(Buffer.from(text), new AbortController().signal);
async function readWell(text: string) {
  const result = await read(text);
  if (typeof result === "string") throw new Error(result);
  return result;
}

async function written(): Promise<string> {
  const handle = store.create();
  const asked = { t: "message" as const, role: "user" as const };
  await handle.append([
    { t: "created" },
    { t: "title", title: "By the person" },
    { t: "title", title: "By the question", by: "question" },
    { t: "pinned", pinned: true },
    { t: "settings", settings: { systemPrompt: "Be brief." } },
    {
      ...asked,
      id: "q1",
      parent: null,
      parts: [
        { type: "text", text: "One?" },
        { type: "reference", label: "a.ts", uri: "file:///a.ts", text: "```ts\n1\n```" },
      ],
    },
    { t: "message", id: "a1", parent: "q1", role: "assistant", parts: [], model: "starter" },
    { t: "text", x: "## You\n\n<!-- paddock:user -->\nEins" },
    { t: "end", status: "complete", timings, machine, stopReason: "end" },
    { ...asked, id: "q2", parent: null, parts: [{ type: "text", text: "Another version" }] },
    { t: "leaf", id: "a1" },
  ]);
  handle.dispose();
  return handle.id;
}

describe("a conversation as JSON", () => {
  it("comes back whole, as a new one: versions, settings, figures, pin and shown path", async () => {
    const id = await written();
    const open = await store.peek(id);
    const before = open.conversation();
    const { dropped, conversations } = await readWell(file([...conversationJson("T", before, open.drafts())].join("")));
    expect(dropped).toBe(0);
    const [one] = conversations;
    if (one === undefined) throw new Error("none");
    const handle = store.create();
    // A store that appends several entries in a millisecond gives the later ones times a little ahead of the clock.
    await handle.append([...importDrafts(one, Date.now() + 1_000)], { durable: true });
    const again = new ConversationStore({ folder, log: silentLogger });
    await again.start();
    const after = (await again.peek(handle.id)).conversation();
    await again.close();
    expect(handle.id).not.toBe(id);
    expect(after.title).toBe("By the person");
    expect(after.settings).toEqual(before.settings);
    expect(after.leaf).toBe(before.leaf);
    expect([...after.messages]).toEqual([...before.messages]);
    expect(store.list().find((listed) => listed.id === handle.id)?.pinned).toBe(true);
  });

  it("takes nothing on trust: circles, ids twice, strangers and unknown parts are left out and counted", async () => {
    const message = (id: string, parent: string | null, over = {}): object => ({
      id,
      parent,
      role: "user",
      parts: [{ type: "text", text: id }],
      at: 1,
      status: "complete",
      ...over,
    });
    const { dropped, conversations } = await readWell(
      JSON.stringify({
        paddock: "conversations",
        version: 1,
        conversations: [
          {
            title: "Hostile",
            messages: [
              message("child", "root"),
              message("root", null),
              message("root", null, { parts: [] }),
              message("a", "b"),
              message("b", "a"),
              message("../../x", null),
              message("lost", "nowhere"),
              message("when", null, { at: -1 }),
              message("newer", "root", { parts: [{ type: "hologram" }, { type: "text", text: "kept" }] }),
              7,
            ],
            state: [
              { t: "leaf", at: 1, id: "a" },
              { t: "removed", at: 1 },
              { t: "pinned", at: 1, pinned: true },
              { t: "what" },
              { t: "settings", at: 1, settings: { systemPrompt: "Be brief.", tools: ["mcp_mail_send"] } },
            ],
          },
          { messages: [] },
          null,
        ],
      }),
    );
    expect(conversations).toHaveLength(1);
    expect(conversations[0]?.messages.map(({ id }) => id)).toEqual(["root", "child", "newer"]);
    expect(conversations[0]?.state.map(({ t }) => t)).toEqual(["pinned", "settings", "title"]);
    // Which tools a model may call is not for a file to say.
    expect(conversations[0]?.state[1]).toEqual({ t: "settings", at: 1, settings: { systemPrompt: "Be brief." } });
    // root twice, a, b, ../../x, lost, when, hologram, 7; three entries; two conversations.
    expect(dropped).toBe(8 + 3 + 2);
  });

  it("is refused as a whole when it is none of ours or newer, and never throws", async () => {
    for (const text of ["", "{", "[]", "null", '{"paddock":"conversations"}'])
      expect(await read(text)).toBe("not-ours");
    expect(await read('{"paddock":"conversations","version":2,"conversations":[]}')).toBe("newer");
    const good = file(
      '{"title":"a","messages":[{"id":"m","parent":null,"role":"user","parts":[],"at":1,"status":"complete"}]}',
    );
    const random = seededRandom(7);
    for (let round = 0; round < 500; round++) {
      const at = Math.floor(random() * good.length);
      const damaged = good.slice(0, at) + String.fromCharCode(32 + Math.floor(random() * 90)) + good.slice(at + 1);
      await read(damaged);
    }
  });
});

describe("a conversation as Markdown", () => {
  const words = {
    ...{ you: "You", answer: "Answer", attached: (label: string) => `Attached: ${label}`, image: "image" },
    toolCall: (name: string) => `Calls ${name}`,
    toolResult: (name: string) => `Result of ${name}`,
  };
  it("reads well, and comes back as the path that was shown", async () => {
    const open = await store.peek(await written());
    const text = [...conversationMarkdown("T\n# x", shownMessages(open.conversation()), words)].join("");
    expect(text).toContain("## You · ");
    expect(text).toContain("````\n```ts\n1\n```\n````");
    expect(text).toContain("tg 50.0 tok/s");
    const [one] = readConversationMarkdown(text, 5);
    expect(one?.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(one?.messages[1]?.parts).toEqual([{ type: "text", text: "## You\n\n<!-- paddock :user -->\nEins" }]);
    expect(one?.state).toMatchObject([{ t: "title", title: "T # x" }]);
    expect(readConversationMarkdown("# Any other document", 5)).toEqual([]);
  });

  it("keeps several in one document apart", async () => {
    const open = await store.peek(await written());
    const shown = shownMessages(open.conversation());
    const documents = ["First", "Second"].map((title) => [...conversationMarkdown(title, shown, words)].join(""));
    const both = readConversationMarkdown(documents.join(markdownRule), 5);
    expect(both.map(({ state }) => state)).toMatchObject([[{ title: "First" }], [{ title: "Second" }]]);
    const [alone] = readConversationMarkdown(documents[0] ?? "", 5);
    for (const one of both) expect(one.messages).toEqual(alone?.messages);
  });
});

it("groups by local days, pinned first", () => {
  const now = new Date(2026, 10, 25, 12).getTime();
  const at = (day: number, hour: number, pinned = false) => ({
    pinned,
    updatedAt: new Date(2026, 10, day, hour).getTime(),
  });
  const groups = conversationGroups([at(1, 1), at(25, 0), at(24, 23), at(19, 1), at(3, 1, true)], now);
  expect(groups.map(({ name, conversations }) => [name, conversations.length])).toEqual([
    ["pinned", 1],
    ["today", 1],
    ["yesterday", 1],
    ["week", 1],
    ["older", 1],
  ]);
});
