import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ModelTitles, type ModelTitlesDeps } from "../../src/chat/host/modelTitles";
import { modelTitle } from "../../src/chat/core/title";
import type { ShownMessage } from "../../src/chat/core/versions";
import type { ModelState } from "../../src/engine/backend";
import type { GenerationResult, PromptMessage } from "../../src/engine/protocol";
import { silentLogger } from "../../src/platform/core/logger";
import { chatSession, type ChatSession } from "../support/chatSession";
import { engineBundle, starterPath } from "../support/engineBundle";

/**
 * Titles on the real engine with the starter, which is told to be larger than it is: which models are asked for a title
 * is policy, and the turn that a title takes in the conversation's KV cache is the same for all.
 */
const enough = 1_000_000_000;
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let session: ChatSession;
let titles: ModelTitles;
/** What the titles asked of the engine. */
let asked: { messages: readonly PromptMessage[]; priority: string; result: Promise<GenerationResult> }[];

beforeAll(async () => {
  bundle = await engineBundle();
}, 60_000);
afterAll(() => bundle.remove());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-titles-"));
  session = await chatSession({ enginePath: bundle.enginePath, modelPath: starterPath, folder, maxTokens: 300 });
  asked = [];
});
afterEach(async () => {
  titles.dispose();
  await session.close();
  await rm(folder, { recursive: true, force: true });
});

function withTitles(parameters?: number, over: Partial<ModelTitlesDeps["backend"]> = {}): void {
  const { store, states, engine, controller } = session;
  titles = new ModelTitles({
    store,
    backend: {
      chat: (request, options) => {
        const result = states.chat(request, options);
        asked.push({ messages: request.messages, priority: options.priority, result });
        return result;
      },
      ...over,
    },
    lifecycle: {
      state: (model): ModelState => {
        const state = engine.state(model);
        if (state.status !== "ready" || parameters === undefined) return state;
        return { ...state, loaded: { ...state.loaded, info: { ...state.loaded.info, parameters } } };
      },
    },
    onDidComplete: controller.onDidComplete,
    onDidChangeGenerating: controller.onDidChangeGenerating,
    log: silentLogger,
  });
}

/** An answer that ended by itself, which the starter mostly finds its way to. */
async function firstAnswer(): Promise<{ id: string; answer: ShownMessage }> {
  for (let attempt = 0; attempt < 8; attempt++) {
    const { id, answer } = await session.ask(null, "Which colour is the sky? Answer with one word.");
    if (answer.stopReason === "end") return { id, answer };
  }
  throw new Error("The starter did not come to an end.");
}
const titleOf = (id: string) => session.store.list().find((listed) => listed.id === id)?.title;
const used = ({ machine }: ShownMessage): number => machine?.contextUsed ?? Number.NaN;

describe("a title by the model", () => {
  it("is one more turn in the conversation's own KV cache, which the next question takes back", async () => {
    withTitles(enough);
    const { id, answer } = await firstAnswer();
    const before = titleOf(id);
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0));
    const last = asked.at(-1);
    const result = await last?.result;
    if (last === undefined || result === undefined) throw new Error("Nothing was asked.");
    expect(last.priority).toBe("prefetch");
    expect(last.messages.slice(-3).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    // All that the answer left in the cache is used; only the request for a title is new.
    expect(result.timings.cache_n).toBeGreaterThanOrEqual(used(answer) - 2);
    expect(result.timings.prompt_n).toBeLessThan(60);
    expect(result.timings.predicted_n).toBeGreaterThan(0);
    expect(result.timings.predicted_n).toBeLessThanOrEqual(32);
    const said = result.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    const title = modelTitle(said);
    await vi.waitFor(() => expect(titleOf(id)).toBe(title ?? before));

    const next = await session.ask(id, "And the grass?");
    expect(next.answer.timings?.cache_n).toBeGreaterThanOrEqual(used(answer) - 2);
    expect(next.answer.timings?.prompt_n).toBeLessThan(40);
    // What the title's turn left is used no further than both turns are the same: the template's opening of a question.
    expect(next.answer.timings?.cache_n).toBeLessThan(used(answer) + 10);
    expect(asked.filter(({ messages }) => messages.length > 4)).toEqual([]);
  });

  it("is kept as a model's, below a person's and above the question's", async () => {
    // What the starter says is whatever it says, so the words of a good title are put into its result.
    withTitles(enough, {
      chat: async (request, options) => ({
        ...(await session.states.chat(request, options)),
        parts: [{ type: "text", text: 'Title: "The colour of the sky"' }],
      }),
    });
    const { id } = await firstAnswer();
    await vi.waitFor(() => expect(titleOf(id)).toBe("The colour of the sky"), { timeout: 10_000 });
    await session.controller.rename(id, "Mine");
    expect(titleOf(id)).toBe("Mine");
  });

  it("gives way to the next question at once, and takes no title then", async () => {
    withTitles(enough);
    // The question comes in the moment the title is asked for.
    const next: Promise<unknown>[] = [];
    let usedByFirst = Number.NaN;
    const subscription = session.controller.onDidComplete(({ conversation, first }) => {
      if (!first) return;
      usedByFirst = used(session.last());
      void vi
        .waitFor(() => expect(asked.length).toBeGreaterThan(0), { interval: 1 })
        .then(() => {
          next.push(session.controller.send(conversation, "And the grass?"));
        });
    });
    let id = "";
    for (let attempt = 0; attempt < 8 && next.length === 0; attempt++) {
      ({ id } = await session.ask(null, "Which colour is the sky? Answer with one word."));
      await vi.waitFor(() => expect(next).toHaveLength(1), { timeout: 500 }).catch(() => undefined);
    }
    expect(next).toHaveLength(1);
    await Promise.all(next);
    const second = await session.ended();
    subscription.dispose();
    const result = await asked.at(-1)?.result.catch(() => undefined);
    expect(result?.stopReason ?? "cancelled").toBe("cancelled");
    expect(second.timings?.cache_n).toBeGreaterThanOrEqual(usedByFirst - 2);
    const handle = await session.store.open(id);
    expect(handle.titleRank()).toBe("question");
    handle.dispose();
  });

  it("is not asked of a model that is too small, nor where the person has given one", async () => {
    withTitles();
    await firstAnswer();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).toEqual([]);
    titles.dispose();
    withTitles(enough);
    // In the moment the answer has ended, before the title is asked for.
    const renamed = session.controller.onDelta(({ conversation }) => {
      renamed.dispose();
      void session.controller.rename(conversation, "Mine");
    });
    const { id } = await session.ask(null, "Which colour is the sea? Answer with one word.");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).toEqual([]);
    expect(titleOf(id)).toBe("Mine");
  });
});
