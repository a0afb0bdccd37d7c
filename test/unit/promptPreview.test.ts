import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { estimatePrompt, estimateTokens } from "../../src/chat/core/tokenEstimate";
import type { PromptUsage } from "../../src/chat/core/promptUsage";
import type { PromptMeter } from "../../src/chat/host/promptMeter";
import type { LoadedModel, ModelState } from "../../src/engine/backend";
import { PaddockError } from "../../src/platform/core/errors";
import { type ChatWindow, chatWindow, FakeModel, type Script, scriptedBackend } from "../support/chatHarness";

const size = 1_000;
const words = (count: number): string => "word ".repeat(count).trim();
const countOf = (text: string): number => (text.match(/\w+/gu) ?? []).length;

let folder: string;
let model: FakeModel;
let chat: ChatWindow;
let scripts: Script[];
/** Whom a count was asked of, and under which signal. */
let asked: AbortSignal[];
/** Holds up a count, as an engine that is slow does. */
let hold: Promise<void> | undefined;

/** A token a word; the size is known while the model is ready, as of the engine's own meter. */
const meter: PromptMeter = {
  knownSize: () => (model.modelState.status === "ready" ? size : undefined),
  contextSize: () => Promise.resolve(size),
  countPrompt: async (messages, _, signal) => {
    asked.push(signal);
    await hold;
    signal.throwIfAborted();
    return countOf(JSON.stringify(messages));
  },
  countTexts: (texts, _, signal) => {
    asked.push(signal);
    return Promise.resolve(texts.map(countOf));
  },
};
// Nothing here looks into what was loaded.
const ready = (busy = false): ModelState => ({ status: "ready", busy, loaded: {} as LoadedModel });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-preview-"));
  model = new FakeModel();
  scripts = [];
  asked = [];
  hold = undefined;
  const usual: Script = (say) => {
    say("An answer.");
    return Promise.resolve({});
  };
  const backend = scriptedBackend(() => scripts.shift() ?? usual);
  chat = await chatWindow({ folder, backend, model, meter, maxTokens: 200 });
});
afterEach(async () => {
  await chat.close();
  await rm(folder, { recursive: true, force: true });
});

const usage = (): PromptUsage | null => chat.page.state?.usage ?? null;
const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 10 });
async function calm(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 400));
}
async function ask(conversation: string | null, text: string): Promise<string> {
  const id = await chat.controller.send(conversation, text);
  await until(() => expect(chat.controller.generating).toBe(false));
  chat.presenter.setDraft("");
  return id;
}

describe("what the next question costs", () => {
  it("is nothing to speak of before anything is there, and estimated while no model is loaded", async () => {
    await calm();
    expect(usage()).toBeNull();
    chat.presenter.setDraft("How many llamas are there?");
    await until(() => expect(usage()).not.toBeNull());
    expect(usage()).toMatchObject({ isCounted: false, room: null, dropped: [], tooMany: 0 });
    const question = usage()?.parts.find(({ what }) => what === "question");
    expect(question?.tokens).toBe(estimateTokens("How many llamas are there?"));
    expect(asked).toEqual([]);
  });

  it("is counted as soon as the model is ready, piece by piece, and the pieces are all there is", async () => {
    chat.presenter.setDraft(words(20));
    await chat.attachments.add({
      references: [{ label: "a.ts:1-2", uri: "file:///a.ts", text: words(30) }],
      ignored: [{ label: "b.ts", uri: "file:///b.ts", text: words(500) }],
      refused: [],
    });
    model.become(ready());
    await until(() => expect(usage()?.isCounted).toBe(true));
    const { parts = [], tokens, room } = usage() ?? {};
    expect(room).toEqual({ size, answer: 200 });
    expect(parts.find(({ what }) => what === "question")?.tokens).toBe(20);
    // What Git ignores is carried only when the person says so, so it costs nothing yet.
    expect(parts.filter(({ what }) => what === "attachment")).toEqual([
      { what: "attachment", label: "a.ts:1-2", tokens: 30 },
    ]);
    expect(parts.reduce((sum, part) => sum + part.tokens, 0)).toBe(tokens);
    // Loaded no more: the size is remembered, the figures are estimates again.
    model.become({ status: "unloaded" });
    await until(() => expect(usage()?.isCounted).toBe(false));
    expect(usage()?.room?.size).toBe(size);
  });

  it("says what will be left out, which is what the answer says afterwards", async () => {
    model.become(ready());
    const id = await ask(null, words(200));
    await ask(id, words(100));
    chat.presenter.setDraft(words(480));
    await until(() => expect(usage()?.dropped).toHaveLength(1));
    const foretold = usage()?.dropped;
    expect(foretold).toMatchObject([{ what: "turns", count: 2 }]);
    await ask(id, words(480));
    expect(chat.page.messages.at(-1)?.prompt?.fit?.dropped).toEqual(foretold);
  });

  it("says by how much a question is too large, and such a question is refused before anything is stored", async () => {
    model.become(ready());
    const id = await ask(null, "Hello.");
    chat.presenter.setDraft(words(1_200));
    await until(() => expect(usage()?.tooMany).toBeGreaterThan(0));
    const before = chat.controller.shown();
    const refusal: unknown = await chat.controller.send(id, words(1_200)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PaddockError);
    expect(refusal).toMatchObject({ code: "context/overflow" });
    const [, tokens, most] = /^(\d+) of (\d+)$/u.exec((refusal as PaddockError).message) ?? [];
    expect(Number(tokens) - Number(most)).toBe(usage()?.tooMany);
    expect(chat.controller.shown()).toEqual(before);
    await expect(chat.controller.edit(id, before[0]?.id ?? "", words(1_200))).rejects.toMatchObject({
      code: "context/overflow",
    });
    await expect(chat.controller.send(null, words(1_200))).rejects.toMatchObject({ code: "context/overflow" });
    expect(chat.store.list()).toHaveLength(1);
  });

  it("never asks the engine while an answer is made or it has other work, and counts when that is over", async () => {
    model.become(ready());
    let finish: (() => void) | undefined;
    scripts.push(async (say) => {
      say("So");
      await new Promise<void>((resolve) => (finish = resolve));
      return {};
    });
    await chat.controller.send(null, "Hello.");
    await until(() => expect(finish).toBeDefined());
    await calm();
    asked.length = 0;
    chat.presenter.setDraft("And then?");
    const question = () => usage()?.parts.find(({ what }) => what === "question")?.tokens;
    await until(() => expect(question()).toBe(estimateTokens("And then?")));
    expect(usage()?.isCounted).toBe(false);
    await calm();
    expect(asked).toEqual([]);
    model.become(ready(true));
    finish?.();
    await until(() => expect(chat.controller.generating).toBe(false));
    await calm();
    expect(asked).toEqual([]);
    model.become(ready());
    await until(() => expect(usage()?.isCounted).toBe(true));
    expect(question()).toBe(2);
  });

  it("is given up for what was typed since", async () => {
    model.become(ready());
    let release: (() => void) | undefined;
    hold = new Promise<void>((resolve) => (release = resolve));
    chat.presenter.setDraft(words(10));
    await until(() => expect(asked).not.toEqual([]));
    const [first] = asked;
    hold = undefined;
    chat.presenter.setDraft(words(11));
    expect(first?.aborted).toBe(true);
    release?.();
    await until(() => expect(usage()?.parts.find(({ what }) => what === "question")?.tokens).toBe(11));
  });

  it("is of the conversation that is shown, and follows the settings", async () => {
    model.become(ready());
    const id = await ask(null, words(100));
    await until(() => expect(usage()?.parts.find(({ what }) => what === "conversation")?.tokens).toBeGreaterThan(100));
    chat.controller.newConversation();
    expect(usage()).toBeNull();
    await until(() => expect(usage()?.parts.find(({ what }) => what === "conversation")?.tokens).toBeLessThan(100));
    await chat.controller.select(id);
    await until(() => expect(usage()).not.toBeNull());
    await chat.controller.changeSettings(id, { maxTokens: 50, systemPrompt: words(70) });
    await until(() => expect(usage()?.parts.find(({ what }) => what === "system")?.tokens).toBe(70));
    expect(usage()?.room?.answer).toBe(50);
    await calm();
    asked.length = 0;
    chat.settingsChanges.fire();
    await until(() => expect(asked).not.toEqual([]));
  });

  it("is of no interest while nobody looks", async () => {
    model.become(ready());
    chat.looking.dispose();
    chat.presenter.setDraft(words(10));
    await calm();
    expect(asked).toEqual([]);
    chat.presenter.attach(chat.page);
    await until(() => expect(asked).not.toEqual([]));
  });
});

describe("an estimate", () => {
  it("counts bytes, so that no script is taken for cheap, and what the template adds", () => {
    expect(estimateTokens("")).toBe(0);
    expect(estimateTokens("日本語")).toBe(estimateTokens("a".repeat(9)));
    const messages = [
      { role: "system" as const, text: words(70) },
      { role: "user" as const, text: words(70) },
    ];
    expect(estimatePrompt(messages)).toBeGreaterThan(2 * estimateTokens(words(70)));
  });
});
