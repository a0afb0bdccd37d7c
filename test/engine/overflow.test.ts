import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Message } from "../../src/chat/core/conversation";
import type { ModelId } from "../../src/engine/backend";
import { EngineMeter } from "../../src/chat/host/promptMeter";
import { type ChatWindow, chatWindow } from "../support/chatHarness";
import { embeddedEngine } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";

/** A conversation longer than its context, on the real engine. */
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let embedded: ReturnType<typeof embeddedEngine>;
let folder: string;
let chat: ChatWindow;

beforeAll(async () => {
  bundle = await engineBundle();
  embedded = embeddedEngine(bundle.enginePath, { starter: starterPath }, { contextSize: 1024 });
  folder = await mkdtemp(path.join(tmpdir(), "paddock-overflow-"));
  const { engine } = embedded;
  chat = await chatWindow({ folder, backend: engine, maxTokens: 48, meter: new EngineMeter(engine, engine) });
}, 60_000);
afterAll(async () => {
  await chat.close();
  await embedded.engine.close();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

async function ask(conversation: string | null, text: string): Promise<{ id: string; answer: Message }> {
  const id = await chat.controller.send(conversation, text);
  await vi.waitFor(() => expect(chat.controller.generating).toBe(false), { timeout: 60_000 });
  const answer = chat.controller.shown().at(-1);
  if (answer === undefined) throw new Error("nothing is shown");
  return { id, answer };
}

it("goes on past the context's end: an answer comes, says what is left out, and the turns after only add", async () => {
  let id: string | null = null;
  const cuts: number[] = [];
  const figures: string[] = [];
  let before: Message | undefined;
  for (let turn = 0; turn < 13; turn++) {
    const text = `Question ${turn}: ${"the llama walks over the hill and looks at the sea, ".repeat(6)}what now?`;
    const asked: { id: string; answer: Message } = await ask(id, text);
    id = asked.id;
    const { answer } = asked;
    const { timings, prompt } = answer;
    expect(answer, JSON.stringify(answer.error)).toMatchObject({ status: "complete" });
    if (timings === undefined) throw new Error("an answer without figures");
    expect(answer.error).toBeUndefined();
    const cut = prompt?.fit?.cut.turns ?? 0;
    if (cut > 0) {
      expect(prompt?.fit?.size).toBe(1024);
      expect(prompt?.fit?.dropped).toMatchObject([{ what: "turns", count: cut * 2 }]);
      expect(prompt?.fit?.dropped[0]?.tokens).toBeGreaterThan(50 * cut);
    }
    if (before !== undefined && cut === (before.prompt?.fit?.cut.turns ?? 0)) {
      // All that the last turn left in the KV cache is used again, also after a cut.
      expect(timings.cache_n).toBeGreaterThanOrEqual((before.machine?.contextUsed ?? Infinity) - 1);
    } else if (before !== undefined) cuts.push(turn);
    figures.push(`${turn}: cut ${cut}, prompt_n ${timings.prompt_n}, cache_n ${timings.cache_n}`);
    before = answer;
  }
  console.log(figures.join("\n"));
  expect(cuts.length).toBeGreaterThan(1);
  // Between cuts there are turns that only add.
  expect(Math.min(...cuts.slice(1).map((turn, index) => turn - (cuts[index] ?? 0)))).toBeGreaterThan(1);
}, 300_000);

it("refuses a question that does not fit alone with the figures, and the conversation goes on with a smaller one", async () => {
  const { id } = await ask(null, "Say hello.");
  const shown = chat.controller.shown();
  const refusal: unknown = await chat.controller.send(id, "llama ".repeat(2000)).catch((error: unknown) => error);
  const [, tokens, most] = /^(\d+) of (\d+)$/u.exec(refusal instanceof Error ? refusal.message : "") ?? [];
  expect(Number(tokens)).toBeGreaterThan(1900);
  expect(Number(most)).toBe(1024 - 48);
  // Nothing of it is stored; whoever asked still has it.
  expect(chat.controller.shown()).toEqual(shown);
  // Where the model was not loaded, only the answer can tell.
  await embedded.engine.unload("starter" as ModelId);
  const { answer } = await ask(id, "llama ".repeat(2000));
  expect(answer.status).toBe("failed");
  expect(answer.error).toMatchObject({ code: "context/overflow", message: `${tokens} of ${most}` });
  const after = await ask(id, "Say a colour.");
  expect(after.answer).toMatchObject({ status: "complete" });
  expect(after.answer.prompt?.fit?.dropped).toMatchObject([{ what: "turns", count: 4 }]);
}, 120_000);
