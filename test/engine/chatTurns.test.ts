import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Message, plainText } from "../../src/chat/core/conversation";
import type { ModelId } from "../../src/engine/backend";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import { silentLogger } from "../../src/platform/core/logger";
import { type ChatWindow, chatWindow } from "../support/chatHarness";
import { engineBundle, starterPath } from "../support/engineBundle";
import { seededRandom } from "../support/random";

/** The chat on the real engine with the starter model; nothing between them but what the product has. */
const starter = "starter" as ModelId;
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let engine: EmbeddedEngine;
let folder: string;
let chat: ChatWindow;

beforeAll(async () => {
  bundle = await engineBundle();
}, 60_000);
afterAll(() => bundle.remove());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-chat-"));
  engine = new EmbeddedEngine({
    enginePath: bundle.enginePath,
    models: { resolve: () => Promise.resolve({ path: starterPath }) },
    timings: { record: () => undefined },
    settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize: 2048, idleUnloadMinutes: 0 }),
    log: silentLogger,
  });
  chat = await chatWindow({ folder, backend: engine, maxTokens: 40 });
});

afterEach(async () => {
  await chat.close();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const idle = (): Promise<void> => vi.waitFor(() => expect(chat.controller.generating).toBe(false), { timeout: 60_000 });
const last = (): Message => {
  const message = chat.controller.shown().at(-1);
  if (message === undefined) throw new Error("nothing is shown");
  return message;
};

function enginePid(): number {
  const state = engine.state(starter);
  if (state.status !== "ready") throw new Error(`the engine is ${state.status}`);
  return state.loaded.engine.pid;
}

function isSettledAfter(killed: number): boolean {
  const state = engine.state(starter);
  return state.status === "failed" || (state.status === "ready" && state.loaded.engine.pid !== killed);
}

describe("a conversation of five turns", () => {
  it("processes only what is new on each turn", async () => {
    let id: string | null = null;
    let before: Message | undefined;
    for (const question of [
      "Say a colour.",
      "And another one?",
      "Which is darker?",
      "Name a fruit of it.",
      "Thank you!",
    ]) {
      id = await chat.controller.send(id, question);
      await idle();
      const answer = last();
      expect(answer.error).toBeUndefined();
      const { timings, machine } = answer;
      if (timings === undefined || machine === undefined) throw new Error("an answer without figures");
      expect(timings.predicted_n).toBeGreaterThan(0);
      if (before?.machine !== undefined) {
        // All that the KV cache held at the end of the last answer is used again; the new question and the template's
        // marks around it are what is processed.
        expect(timings.cache_n).toBeGreaterThanOrEqual(before.machine.contextUsed - 1);
        const [tokens = 0] = await engine.countTokens([question], {
          model: starter,
          signal: new AbortController().signal,
        });
        expect(timings.prompt_n).toBeGreaterThanOrEqual(tokens);
        expect(timings.prompt_n).toBeLessThanOrEqual(tokens + 16);
      }
      before = answer;
    }
  }, 120_000);

  it("goes on with a stopped answer without processing it again", async () => {
    const id = await chat.controller.send(null, "Tell me a long story about a llama who climbs a mountain.");
    await vi.waitFor(() => expect(plainText(last().parts).length).toBeGreaterThan(20), {
      timeout: 30_000,
      interval: 5,
    });
    chat.controller.stop(id);
    await idle();
    const stopped = last();
    expect(stopped.status).toBe("stopped");
    await chat.controller.continueAnswer(id, stopped.id);
    await idle();
    const whole = last();
    expect(whole.id).toBe(stopped.id);
    expect(whole.status).toBe("complete");
    const text = plainText(stopped.parts);
    expect(plainText(whole.parts).startsWith(text)).toBe(true);
    expect(plainText(whole.parts).length).toBeGreaterThan(text.length);
    expect(whole.timings?.prompt_n).toBeLessThanOrEqual(4);
    // And the next turn finds both runs in the cache.
    await chat.controller.send(id, "Stop.");
    await idle();
    expect(last().timings?.prompt_n).toBeLessThanOrEqual(20);
  }, 120_000);
});

describe("kill -9 of the engine", () => {
  it("at random moments of twenty answers costs no message, and each can be finished", async () => {
    const random = seededRandom(20);
    let id: string | null = null;
    const questions: string[] = [];
    let interrupted = 0;
    let restarts = 0;
    for (let round = 0; round < 20; round++) {
      await engine.load(starter, new AbortController().signal);
      const question = `Tell me a long story about ${round + 2} llamas.`;
      questions.push(question);
      id = await chat.controller.send(id, question);
      const letters = Math.floor(random() * 60);
      await vi.waitFor(
        () => expect(plainText(last().parts).length >= letters || !chat.controller.generating).toBe(true),
        {
          timeout: 30_000,
          interval: 2,
        },
      );
      const killed = enginePid();
      process.kill(killed, "SIGKILL");
      await idle();
      // Its pipe breaks before its exit is known: wait, as a person would, until it is back or has stopped for good.
      await vi.waitFor(() => expect(isSettledAfter(killed)).toBe(true), { timeout: 30_000, interval: 5 });
      const broken = last();
      const text = plainText(broken.parts);
      if (engine.state(starter).status === "failed") {
        await engine.restart(starter, new AbortController().signal);
        restarts++;
      }
      if (broken.status !== "complete") {
        expect(broken.error?.code).toBe("engine/crashed");
        expect(broken.status).toBe(text === "" ? "failed" : "interrupted");
        if (text === "") await chat.controller.retry(id, broken.id);
        else await chat.controller.continueAnswer(id, broken.id);
        await idle();
        if (text !== "") interrupted++;
      }
      expect(
        last(),
        `round ${round}: ${JSON.stringify(last().error)}, engine ${engine.state(starter).status}`,
      ).toMatchObject({
        status: "complete",
      });
      expect(plainText(last().parts).startsWith(text)).toBe(true);
      // Its model's context is small; what matters here is in the store.
      if (round % 5 !== 4) continue;
      await check(questions.splice(0));
      id = null;
    }
    expect(interrupted).toBeGreaterThan(5);
    // Every fifth crash stops the supervisor when they come this fast; Restart goes on from there.
    expect(restarts).toBeGreaterThan(0);
  }, 600_000);

  /** Reads the conversation as a window that opens now would. */
  async function check(questions: readonly string[]): Promise<void> {
    const id = chat.controller.selectedId ?? "";
    const other = await chatWindow({ folder, backend: engine });
    await other.controller.select(id);
    const shown = other.controller.shown();
    expect(shown.filter(({ role }) => role === "user").map(({ parts }) => plainText(parts))).toEqual(questions);
    expect(shown).toEqual(chat.controller.shown());
    await other.close();
  }
});
