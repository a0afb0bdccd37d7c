import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { EngineMeter } from "../../src/chat/host/promptMeter";
import type { ModelId } from "../../src/engine/backend";
import { type ChatWindow, chatWindow } from "../support/chatHarness";
import { embeddedEngine } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";

/** Slow as counting is in a long conversation. */
const countingMs = 500;

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let embedded: ReturnType<typeof embeddedEngine>;
let folder: string;
let chat: ChatWindow;

beforeAll(async () => {
  bundle = await engineBundle();
  embedded = embeddedEngine(bundle.enginePath, { starter: starterPath }, { contextSize: 1024 });
  folder = await mkdtemp(path.join(tmpdir(), "paddock-ttft-"));
  const { engine } = embedded;
  const own = new EngineMeter(engine, engine);
  chat = await chatWindow({
    folder,
    backend: engine,
    maxTokens: 8,
    meter: {
      knownSize: () => undefined,
      contextSize: async (model, signal) => {
        await new Promise((resolve) => setTimeout(resolve, countingMs));
        return own.contextSize(model, signal);
      },
      countPrompt: (messages, model, signal) => own.countPrompt(messages, model, signal),
      countTexts: (texts, model, signal) => own.countTexts(texts, model, signal),
    },
  });
}, 60_000);
afterAll(async () => {
  await chat.close();
  await embedded.engine.close();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

it("TTFT counts from when the person asked: loading the model and counting what fits are in it", async () => {
  const since = performance.now();
  let heard = Number.NaN;
  const listener = chat.controller.onDelta(() => {
    if (Number.isNaN(heard)) heard = performance.now() - since;
  });
  let loadingSince = Number.NaN;
  let loadedMs = Number.NaN;
  const states = embedded.engine.onDidChangeState(({ state }) => {
    if (state.status === "loading" && Number.isNaN(loadingSince)) loadingSince = performance.now();
    if (state.status === "ready" && Number.isNaN(loadedMs)) loadedMs = performance.now() - loadingSince;
  });
  await chat.controller.send(null, "Say hello.");
  await vi.waitFor(() => expect(chat.controller.generating).toBe(false), { timeout: 60_000 });
  listener.dispose();
  states.dispose();
  const { timings } = chat.controller.shown().at(-1) ?? {};
  expect(loadedMs).toBeGreaterThan(0);
  expect(timings?.ttft_ms).toBeGreaterThan(countingMs + loadedMs);
  // What was heard first was sent with or after the first token.
  expect(timings?.ttft_ms).toBeLessThanOrEqual(heard);
  expect(timings?.queue_ms).toBeGreaterThan(countingMs + loadedMs);
  // What is measured of the prompt itself is as it was.
  expect(timings?.prompt_ms).toBeLessThan((timings?.ttft_ms ?? 0) - countingMs);
  // The one record that status bar and speed details read says the same.
  expect(embedded.records.map((record) => record.timings)).toEqual([timings]);
  expect(embedded.engine.state("starter" as ModelId).status).toBe("ready");
}, 120_000);
