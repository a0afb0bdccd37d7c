import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, plainText } from "../../src/chat/core/conversation";
import { systemPrompt } from "../../src/chat/core/instructions";
import { nodeStoreFiles, type StoreFiles } from "../../src/chat/node/storeFiles";
import { PaddockError } from "../../src/platform/core/errors";
import {
  type ChatWindow,
  chatWindow,
  FakeModel,
  rejectedWhenCancelled,
  type Script,
  scriptedBackend,
  timings,
  untilCancelled,
} from "../support/chatHarness";
import { seededRandom } from "../support/random";
import { soon } from "../support/soon";

let folder: string;
let scripts: Script[];
let backend: ReturnType<typeof scriptedBackend>;
const windows: ChatWindow[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-chat-"));
  scripts = [];
  backend = scriptedBackend(() => scripts.shift() ?? (() => Promise.resolve({})));
});

afterEach(async () => {
  await Promise.all(windows.splice(0).map((window) => window.close()));
  await rm(folder, { recursive: true, force: true });
});

async function openWindow(files?: StoreFiles, memory?: Map<string, unknown>): Promise<ChatWindow> {
  const window = await chatWindow({
    folder,
    backend,
    ...(files === undefined ? {} : { files }),
    ...(memory === undefined ? {} : { memory }),
  });
  windows.push(window);
  return window;
}

const says =
  (...words: string[]): Script =>
  async (say) => {
    for (const word of words) say(word);
    return Promise.resolve({});
  };
const crash = (): never => {
  throw new PaddockError("engine/crashed", "The engine crashed.", { remedy: "It starts again by itself." });
};
const idle = (window: ChatWindow): Promise<void> => soon(() => expect(window.controller.generating).toBe(false));
const shape = (messages: readonly Message[]): string[] =>
  messages.map(({ role, status, parts }) => `${role} ${status}: ${plainText(parts)}`);
const last = (window: ChatWindow): Message => {
  const message = window.controller.shown().at(-1);
  if (message === undefined) throw new Error("nothing is shown");
  return message;
};

/** The page shows what there is to show, and got every delta in its place. */
async function expectInStep({ page, controller }: ChatWindow): Promise<void> {
  await soon(() => {
    expect(page.messages).toEqual(controller.shown());
    expect(page.state).toMatchObject({ conversations: controller.conversations(), selected: controller.selectedId });
  });
  expect(page.problems).toEqual([]);
}

describe("an answer", () => {
  it("begins when the question is on disk, streams to the page, and is stored with its figures", async () => {
    const window = await openWindow();
    let onDisk = "";
    scripts.push(async (say) => {
      const [file = ""] = await readdir(path.join(folder, "conversations"));
      onDisk = await readFile(path.join(folder, "conversations", file), "utf8");
      say("I think", "reasoning");
      say(" so", "reasoning");
      say("Hel");
      say("lo");
      return {};
    });
    const id = await window.controller.send(null, "Say hello");
    expect(window.page.state).toMatchObject({ selected: id });
    await idle(window);
    expect(onDisk).toContain("Say hello");
    expect(last(window)).toMatchObject({
      status: "complete",
      stopReason: "end",
      model: "starter",
      timings,
      parts: [
        { type: "reasoning", text: "I think so" },
        { type: "text", text: "Hello" },
      ],
    });
    expect(window.page.lives.map(({ phase }) => phase)).toEqual(["waiting", "generating"]);
    await expectInStep(window);
    expect(window.page.state?.conversations).toMatchObject([{ id, title: "Say hello", generating: false }]);

    const after = await openWindow();
    await after.controller.select(id);
    expect(after.controller.shown()).toEqual(window.controller.shown());
  });

  it("reaches the disk while it is made, so that a killed window has it", async () => {
    const window = await openWindow();
    scripts.push(async (say, _request, options) => {
      say("so far");
      return untilCancelled(options);
    });
    const id = await window.controller.send(null, "Go on and on");
    const file = path.join(folder, "conversations", `${id}.jsonl`);
    await soon(async () => expect(await readFile(file, "utf8")).toContain("so far"));
    expect(window.controller.generating).toBe(true);
  });

  it("is given the whole path as it was, and the system prompt first", async () => {
    const window = await openWindow();
    scripts.push(says(" one\n"), says("two"));
    const id = await window.controller.send(null, "First");
    await idle(window);
    await window.controller.send(id, "Second");
    await idle(window);
    expect(backend.requests.at(-1)?.messages).toEqual([
      { role: "system", text: systemPrompt },
      { role: "user", text: "First" },
      { role: "assistant", parts: [{ type: "text", text: " one\n" }] },
      { role: "user", text: "Second" },
    ]);
  });

  it("that is stopped keeps what there is, and goes on in the same message", async () => {
    const window = await openWindow();
    scripts.push(async (say, _request, options) => {
      say("Once upon");
      return untilCancelled(options);
    });
    const id = await window.controller.send(null, "Tell a story");
    await soon(() => expect(plainText(last(window).parts)).toBe("Once upon"));
    window.controller.stop(id);
    await idle(window);
    expect(last(window)).toMatchObject({ status: "stopped", stopReason: "cancelled" });
    await expectInStep(window);

    scripts.push(says(" a time"));
    await window.controller.continueAnswer(id, last(window).id);
    await idle(window);
    expect(backend.requests.at(-1)).toMatchObject({ continueLast: true });
    expect(backend.requests.at(-1)?.messages.at(-1)).toEqual({
      role: "assistant",
      parts: [{ type: "text", text: "Once upon" }],
    });
    expect(shape(window.controller.shown())).toEqual([
      "user complete: Tell a story",
      "assistant complete: Once upon a time",
    ]);
    expect(last(window).timings).toEqual(timings);
    await expectInStep(window);
    await expect(window.controller.continueAnswer(id, last(window).id)).rejects.toThrow("cannotContinue");
  });

  it("that is stopped before anything came is stopped and nothing more", async () => {
    const window = await openWindow();
    scripts.push((_say, _request, options) => rejectedWhenCancelled(options));
    const id = await window.controller.send(null, "Hi");
    await soon(() => expect(backend.requests).toHaveLength(1));
    window.controller.stop(id);
    await idle(window);
    expect(last(window)).toMatchObject({ status: "stopped", parts: [] });
    expect(last(window).error).toBeUndefined();
    scripts.push(says("Hello"));
    await window.controller.continueAnswer(id, last(window).id);
    await idle(window);
    expect(backend.requests.at(-1)).toMatchObject({ continueLast: false });
    expect(plainText(last(window).parts)).toBe("Hello");
  });

  it("that breaks off stays, says why, and goes on from exactly there", async () => {
    const window = await openWindow();
    scripts.push(async (say) => {
      say("Half an ");
      await Promise.resolve();
      return crash();
    });
    const id = await window.controller.send(null, "Hi");
    await idle(window);
    expect(last(window)).toMatchObject({
      status: "interrupted",
      error: { code: "engine/crashed", remedy: "It starts again by itself." },
      parts: [{ type: "text", text: "Half an " }],
    });
    scripts.push(says("answer"));
    await window.controller.continueAnswer(id, last(window).id);
    await idle(window);
    expect(last(window)).toMatchObject({ status: "complete", parts: [{ type: "text", text: "Half an answer" }] });
    expect(last(window).error).toBeUndefined();
    await expectInStep(window);
  });

  it("of which nothing came has failed, and is not told to the model", async () => {
    const window = await openWindow();
    scripts.push(async () => {
      await Promise.resolve();
      throw new PaddockError("context/overflow", "Too long.");
    });
    const id = await window.controller.send(null, "A");
    await idle(window);
    expect(last(window)).toMatchObject({
      status: "failed",
      error: { code: "context/overflow", remedy: "contextOverflowRemedy" },
    });
    scripts.push(says("b"));
    await window.controller.send(id, "B");
    await idle(window);
    expect(backend.requests.at(-1)?.messages.slice(1)).toEqual([{ role: "user", text: "A\n\nB" }]);
    await expectInStep(window);
  });

  it("that fills the context says so", async () => {
    const window = await openWindow();
    scripts.push(async (say) => {
      say("as much as fits");
      return Promise.resolve({ stopReason: "contextFull" as const });
    });
    await window.controller.send(null, "A");
    await idle(window);
    expect(last(window)).toMatchObject({
      status: "complete",
      stopReason: "contextFull",
      error: { message: "contextFull" },
    });
  });

  it("keeps calls of tools that nobody offered, and goes on", async () => {
    const window = await openWindow();
    const call = { type: "toolCall" as const, id: "1", name: "look", arguments: { at: "x" } };
    scripts.push(async (say) => {
      say("Let me look.");
      return Promise.resolve({
        parts: [{ type: "text" as const, text: "Let me look." }, call],
        stopReason: "toolCalls" as const,
      });
    });
    await window.controller.send(null, "A");
    await idle(window);
    expect(last(window).parts).toMatchObject([
      { type: "text", text: "Let me look." },
      { type: "toolCall", name: "look", arguments: { at: "x" } },
      { type: "toolResult", name: "look", result: { error: "There is no such tool." } },
    ]);
  });

  it("is made again beside the earlier one", async () => {
    const window = await openWindow();
    scripts.push(says("one"), says("two"));
    const id = await window.controller.send(null, "A");
    await idle(window);
    const first = last(window);
    await window.controller.retry(id, first.id);
    await idle(window);
    expect(shape(window.controller.shown())).toEqual(["user complete: A", "assistant complete: two"]);
    expect(backend.requests[1]?.messages).toEqual(backend.requests[0]?.messages);
    const handle = await window.store.open(id);
    expect(handle.conversation().messages.get(first.id)).toEqual(first);
    await expectInStep(window);
  });
});

describe("a question", () => {
  it("is asked differently beside the earlier one, and each version keeps what followed it", async () => {
    const window = await openWindow();
    scripts.push(says("to A"), says("to B"), says("to other B"), says("to C"));
    const id = await window.controller.send(null, "A");
    await idle(window);
    await window.controller.send(id, "B");
    await idle(window);
    const [, , asked] = window.controller.shown();
    if (asked === undefined) throw new Error("the second question is not shown");
    expect(asked.versions).toBeUndefined();

    await window.controller.edit(id, asked.id, "other B");
    await idle(window);
    const other = ["user complete: A", "assistant complete: to A", "user complete: other B"];
    expect(shape(window.controller.shown())).toEqual([...other, "assistant complete: to other B"]);
    // The model is not told of the version that is not shown.
    expect(JSON.stringify(backend.requests[2]?.messages)).not.toContain("to B");
    expect(window.controller.shown()[2]?.versions).toMatchObject({ at: 2, of: 2, previous: asked.id, next: null });
    await expectInStep(window);

    await window.controller.showVersion(id, asked.id);
    expect(shape(window.controller.shown())).toEqual([
      ...other.slice(0, 2),
      "user complete: B",
      "assistant complete: to B",
    ]);
    await expectInStep(window);
    await window.controller.send(id, "C");
    await idle(window);
    expect(JSON.stringify(backend.requests[3]?.messages)).toContain("to B");
    expect(JSON.stringify(backend.requests[3]?.messages)).not.toContain("other B");

    const after = await openWindow();
    await after.controller.select(id);
    expect(after.controller.shown()).toEqual(window.controller.shown());
    await after.controller.showVersion(id, after.controller.shown()[2]?.versions?.next ?? "");
    expect(shape(after.controller.shown())).toEqual([...other, "assistant complete: to other B"]);
    await window.controller.refresh();
    expect(window.controller.shown()).toEqual(after.controller.shown());
    await expectInStep(window);
  });

  it("stays as it is while an answer is under way, and when nothing is asked in its place", async () => {
    const window = await openWindow();
    scripts.push(async (_say, _request, options) => untilCancelled(options));
    const id = await window.controller.send(null, "A");
    const [asked] = window.controller.shown();
    if (asked === undefined) throw new Error("the question is not shown");
    await expect(window.controller.edit(id, asked.id, "B")).rejects.toMatchObject({ code: "unsupported" });
    await expect(window.controller.showVersion(id, asked.id)).rejects.toMatchObject({ code: "unsupported" });
    window.controller.stop(id);
    await idle(window);
    await expect(window.controller.edit(id, asked.id, "  \n")).rejects.toMatchObject({ code: "invalid-message" });
    await expect(window.controller.edit(id, last(window).id, "B")).rejects.toMatchObject({ code: "unsupported" });
    expect(window.controller.shown()).toHaveLength(2);
    await expectInStep(window);
  });
});

describe("several conversations", () => {
  it("are answered at once, each stopped for itself, while only the shown one streams to the page", async () => {
    const window = await openWindow();
    const talk: Script = async (say, { messages }, options) => {
      say(`to ${JSON.stringify(messages.at(-1))}`);
      return untilCancelled(options);
    };
    scripts.push(talk, talk);
    const a = await window.controller.send(null, "A");
    const b = await window.controller.send(null, "B");
    await soon(() =>
      expect(window.page.state?.conversations.map(({ generating }) => generating)).toEqual([true, true]),
    );
    expect(window.page.messages[0]?.parts).toEqual([{ type: "text", text: "B" }]);
    await expect(window.controller.send(b, "not yet")).rejects.toThrow("stillAnswering");
    window.controller.stop(a);
    await soon(() =>
      expect(window.controller.conversations()).toMatchObject([
        { id: a, generating: false },
        { id: b, generating: true },
      ]),
    );
    await window.controller.select(a);
    expect(window.page.messages.at(-1)?.status).toBe("stopped");
    await window.controller.select(b);
    expect(window.page.messages.at(-1)?.status).toBe("streaming");
    window.controller.stopSelected();
    await idle(window);
    await expectInStep(window);
  });

  it("are renamed, removed and brought back", async () => {
    const window = await openWindow();
    scripts.push(says("x"));
    const id = await window.controller.send(null, "A question");
    await idle(window);
    await window.controller.rename(id, " My\u202e \n name ");
    expect(window.controller.conversations()).toMatchObject([{ id, title: "My name" }]);
    await expect(window.controller.rename(id, "\u200b")).rejects.toThrow("emptyMessage");
    await window.controller.remove(id);
    expect(window.controller.conversations()).toEqual([]);
    expect(window.page.state).toMatchObject({ selected: null, messages: [] });
    await window.controller.undoRemove(id);
    expect(window.controller.selectedId).toBe(id);
    await expectInStep(window);
    expect(shape(window.page.messages)).toEqual(["user complete: A question", "assistant complete: x"]);
    await expect(window.controller.select("no-such")).rejects.toMatchObject({ code: "storage/failed" });
  });

  it("keep the draft and what was selected over a reload", async () => {
    const memory = new Map<string, unknown>();
    const window = await openWindow(undefined, memory);
    scripts.push(says("x"));
    const id = await window.controller.send(null, "A");
    await idle(window);
    window.presenter.setDraft("half a thou");
    await window.close();
    const after = await openWindow(undefined, memory);
    expect(after.presenter.remembered).toBe(id);
    expect(after.presenter.state().draft).toBe("half a thou");
    memory.set("paddock.chat.draft", { not: "a text" });
    expect((await openWindow(undefined, memory)).presenter.state().draft).toBe("");
  });
});

describe("two windows on one conversation", () => {
  it("show the same while one of them answers, and don't answer at once", async () => {
    const [a, b] = [await openWindow(), await openWindow()];
    let finish = (): void => undefined;
    scripts.push(async (say) => {
      say("from ");
      await new Promise<void>((resolve) => (finish = resolve));
      say("A");
      return {};
    });
    const id = await a.controller.send(null, "Hi");
    await soon(async () => b.controller.select(id));
    await soon(() => expect(shape(b.page.messages)).toEqual(["user complete: Hi", "assistant streaming: from "]));
    await expect(b.controller.send(id, "me too")).rejects.toThrow("answeringElsewhere");
    finish();
    await soon(() => expect(shape(b.page.messages)).toEqual(["user complete: Hi", "assistant complete: from A"]));
    scripts.push(says("from B"));
    await b.controller.send(id, "And you");
    await idle(b);
    await soon(() => expect(shape(a.page.messages).at(-1)).toBe("assistant complete: from B"));
    await expectInStep(a);
    await expectInStep(b);
  });

  it("let go of an answer that the other has taken over", async () => {
    const [a, b] = [await openWindow(), await openWindow()];
    let signal: AbortSignal | undefined;
    scripts.push(async (say, _request, options) => {
      say("one ");
      ({ signal } = options);
      return untilCancelled(options);
    });
    const id = await a.controller.send(null, "Hi");
    const handle = await b.store.open(id);
    await soon(() => expect(plainText(handle.conversation().messages.get(last(a).id)?.parts ?? [])).toBe("one "));
    await handle.append([
      { t: "resume", id: last(a).id, kept: 4 },
      { t: "text", x: "two" },
      { t: "end", status: "complete" },
    ]);
    await soon(() => expect(signal?.aborted).toBe(true));
    await idle(a);
    expect(shape(a.controller.shown()).at(-1)).toBe("assistant complete: one two");
    await expectInStep(a);
  });
});

describe("a window that closes in the middle of an answer", () => {
  it("leaves it interrupted on disk, to be continued after the reload", async () => {
    const window = await openWindow();
    scripts.push(async (say) => {
      say("Half");
      // An engine that never answers again must not keep the window.
      return new Promise(() => undefined);
    });
    const id = await window.controller.send(null, "Hi");
    await soon(() => expect(plainText(last(window).parts)).toBe("Half"));
    await window.close();
    const after = await openWindow();
    await after.controller.select(id);
    expect(shape(after.controller.shown())).toEqual(["user complete: Hi", "assistant interrupted: Half"]);
    scripts.push(says(" done"));
    await after.controller.continueAnswer(id, last(after).id);
    await idle(after);
    expect(shape(after.controller.shown()).at(-1)).toBe("assistant complete: Half done");
  });
});

describe("an engine that dies twenty times at random moments", () => {
  it("costs no message, and every answer can be finished", async () => {
    const random = seededRandom(7);
    const window = await openWindow();
    const words = Array.from({ length: 12 }, (_, n) => `w${n} `);
    let id: string | null = null;
    for (let round = 0; round < 20; round++) {
      const dies = Math.floor(random() * words.length);
      scripts.push(async (say) => {
        for (const word of words.slice(0, dies)) {
          say(word);
          await Promise.resolve();
        }
        return crash();
      });
      id = await window.controller.send(id, `Question ${round}`);
      await idle(window);
      expect(last(window).status).toBe(dies === 0 ? "failed" : "interrupted");
      scripts.push(says(...words.slice(dies)));
      if (dies === 0) await window.controller.retry(id, last(window).id);
      else await window.controller.continueAnswer(id, last(window).id);
      await idle(window);
    }
    await window.close();
    const after = await openWindow();
    await after.controller.select(id ?? "");
    const expected = Array.from({ length: 20 }, (_, round) => [
      `user complete: Question ${round}`,
      `assistant complete: ${words.join("")}`,
    ]).flat();
    expect(shape(after.controller.shown())).toEqual(expected);
  });
});

describe("storage that fails", () => {
  it("does not keep the chat from answering; a notice stays until all is saved", async () => {
    let full = true;
    const files: StoreFiles = {
      ...nodeStoreFiles,
      append: (...args) =>
        full ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })) : nodeStoreFiles.append(...args),
    };
    const window = await openWindow(files);
    scripts.push(says("still ", "here"));
    const id = await window.controller.send(null, "Hi");
    await idle(window);
    expect(shape(window.page.messages)).toEqual(["user complete: Hi", "assistant complete: still here"]);
    expect(window.page.state?.notices).toMatchObject([{ id: "storage", severity: "error", dismissible: false }]);
    expect(window.page.state?.notices[0]?.text).toContain("unsaved");
    full = false;
    await soon(() => expect(window.page.state?.notices).toEqual([]));
    await expectInStep(window);
    const after = await openWindow();
    await after.controller.select(id);
    expect(shape(after.controller.shown())).toEqual(shape(window.controller.shown()));
  }, 20_000);
});

describe("the engine's state", () => {
  it("is told to the page as it changes, with what to do about it", async () => {
    const model = new FakeModel();
    const window = await chatWindow({ folder, backend, model });
    windows.push(window);
    expect(window.page.state?.engine).toEqual({ status: "unloaded", modelName: "Starter", modelNote: "small" });
    model.become({ status: "loading", fraction: 0.5 });
    expect(window.page.state?.engine).toMatchObject({ status: "loading", fraction: 0.5 });
    model.become({ status: "restarting", attempt: 1, reason: "It crashed." });
    expect(window.page.state?.engine).toMatchObject({ status: "restarting", message: "It crashed." });
    model.become({
      status: "failed",
      error: new PaddockError("model/missing", "Gone.", { remedy: "Choose another." }),
    });
    expect(window.page.state?.engine).toMatchObject({ status: "failed", message: "Gone.", remedy: "Choose another." });
    model.states.fire({ model: new FakeModel("other").id, state: { status: "unloaded" } });
    expect(window.page.state?.engine.status).toBe("failed");
  });
});
