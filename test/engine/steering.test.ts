import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GenerationResult, Sampling } from "../../src/engine/protocol";
import { engineBundle, starterPath } from "../support/engineBundle";
import { ready, startEngine, type TestEngine } from "../support/engineHarness";
import { tinyGguf } from "../support/tinyGguf";

/** What a person can set reaches llama.cpp and changes what it writes. */
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let jobs = 0;

beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(tmpdir(), "paddock-steering-"));
}, 60_000);
afterAll(async () => {
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

const ask = (
  engine: TestEngine,
  more: { sampling?: Partial<Sampling>; reasoningBudget?: number; maxTokens?: number } = {},
): Promise<GenerationResult> =>
  engine.peer.request("chat", {
    job: `job-${++jobs}`,
    context: "main",
    messages: [{ role: "user", text: "Write a list of animals." }],
    sampling: { temperature: 0, ...more.sampling },
    maxTokens: more.maxTokens ?? 60,
    ...(more.reasoningBudget === undefined ? {} : { reasoningBudget: more.reasoningBudget }),
  });
const textOf = ({ parts }: GenerationResult, type: "text" | "reasoning"): string =>
  parts.map((part) => (part.type === type ? part.text : "")).join("");

describe("sampling", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await ready(await startEngine(bundle.enginePath), starterPath);
  }, 60_000);
  afterAll(() => engine.stop());

  it("with the same seed writes the same text, with another seed another", async () => {
    const warm = { temperature: 1, topK: 0, topP: 1 };
    const one = textOf(await ask(engine, { sampling: { ...warm, seed: 1 } }), "text");
    expect(textOf(await ask(engine, { sampling: { ...warm, seed: 1 } }), "text")).toBe(one);
    expect(textOf(await ask(engine, { sampling: { ...warm, seed: 2 } }), "text")).not.toBe(one);
  });

  it.each([
    ["sampled", {}],
    ["with a repeat penalty", { repeatPenalty: { penalty: 1.3, lastTokens: 64 } }],
    ["with DRY", { dryStrength: 1, dryAllowedLength: 1 }],
  ] as const)("with a seed writes the same text whether it was paused or not, %s", async (_, more) => {
    const sampling = { temperature: 1, topK: 0, topP: 1, seed: 3, ...more };
    const whole = await ask(engine, { sampling });
    const job = "paused-and-resumed";
    let pauses = 0;
    const paused = await engine.peer.request(
      "chat",
      {
        ...{ job, context: "main", maxTokens: 60, messages: [{ role: "user", text: "Write a list of animals." }] },
        sampling,
      },
      {
        onProgress: ({ predicted_n }) => {
          // At two places, so that going on is told from beginning anew with the seed.
          if (predicted_n < 1 + pauses * 15 || pauses >= 2) return;
          pauses++;
          engine.peer.notify("pause", { job });
          setTimeout(() => engine.peer.notify("resume", { job }), 300);
        },
      },
    );
    expect(pauses).toBe(2);
    expect(paused.timings.paused_ms).toBeGreaterThan(100);
    expect(textOf(paused, "text")).toBe(textOf(whole, "text"));
  });

  it("penalises repetition where tools are offered, too", async () => {
    const write = async (sampling: Partial<Sampling>): Promise<string> =>
      textOf(
        await engine.peer.request("chat", {
          job: `job-${++jobs}`,
          context: "main",
          messages: [{ role: "user", text: "Repeat this ten times: red green blue red green blue red green blue" }],
          sampling: { temperature: 0, ...sampling },
          tools: [{ name: "weather", description: "The weather of a town", parameters: { type: "object" } }],
          maxTokens: 60,
        }),
        "text",
      );
    // Its prompt is in the KV cache for all that are compared: another batch is other rounding.
    await write({});
    const plain = await write({});
    expect(plain).not.toBe("");
    expect(await write({ repeatPenalty: { penalty: 2, lastTokens: 64 } })).not.toBe(plain);
    expect(await write({ dryStrength: 5, dryBase: 4, dryAllowedLength: 1 })).not.toBe(plain);
    expect(await write({ dryStrength: 5, dryBase: 4, dryAllowedLength: 100 })).toBe(plain);
  });

  it("at temperature 0 does not depend on the seed", async () => {
    const one = textOf(await ask(engine, { sampling: { seed: 1 } }), "text");
    expect(textOf(await ask(engine, { sampling: { seed: 2 } }), "text")).toBe(one);
  });

  it("penalises repetition, by token and by DRY, as strongly as it is told", async () => {
    // A model of this size goes on with what repeats, and DRY counts what it wrote itself.
    const write = async (sampling: Partial<Sampling>): Promise<string> =>
      textOf(
        await engine.peer.request("complete", {
          job: `job-${++jobs}`,
          context: "main",
          prompt: "red green blue red green blue red green blue red green blue red",
          sampling: { temperature: 0, ...sampling },
          maxTokens: 60,
        }),
        "text",
      );
    // As above.
    await write({});
    const plain = await write({});
    const dry = await write({ dryStrength: 5, dryBase: 4, dryAllowedLength: 1 });
    expect(dry).not.toBe(plain);
    expect(await write({ dryStrength: 5, dryBase: 4, dryAllowedLength: 100 })).toBe(plain);
    expect(await write({ repeatPenalty: { penalty: 2, lastTokens: 64 } })).not.toBe(plain);
  });
});

describe("a reasoning budget", () => {
  const template = (opening: string): string =>
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}" +
    "{% if message['role'] == 'assistant' and message['reasoning_content'] %}{{ '<think>\\n' + message['reasoning_content'] + '\\n</think>\\n\\n' }}{% endif %}" +
    "{{ message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
    `{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n${opening}' }}{% endif %}`;
  let engine: TestEngine;
  beforeAll(async () => {
    const file = path.join(folder, "thinks.gguf");
    await writeFile(file, tinyGguf({ chatTemplate: template("<think>\\n") }));
    engine = await ready(await startEngine(bundle.enginePath), file, 512);
  }, 60_000);
  afterAll(() => engine.stop());

  it("is no limit where none is given: the random model reasons to the end", async () => {
    const free = await ask(engine);
    expect(textOf(free, "reasoning")).not.toBe("");
    expect(textOf(free, "text")).toBe("");
  });

  it("closes the reasoning where it is spent, and generation goes on with the answer", async () => {
    const free = await ask(engine);
    const bound = await ask(engine, { reasoningBudget: 20 });
    const reasoning = textOf(bound, "reasoning");
    expect(reasoning).not.toBe("");
    expect(textOf(free, "reasoning").startsWith(reasoning.replace(/\uFFFD+$/u, ""))).toBe(true);
    expect(textOf(bound, "reasoning").length).toBeLessThan(textOf(free, "reasoning").length);
    expect(textOf(bound, "text")).not.toBe("");
    expect(textOf(bound, "text")).not.toContain("think>");
    // The marks are the engine's own and no tokens of the model.
    expect(bound.timings.predicted_n).toBeLessThanOrEqual(60);
  });

  it("of 0 means that the answer comes at once, and leaves the next question its KV cache", async () => {
    const none = await ask(engine, { reasoningBudget: 0 });
    expect(textOf(none, "reasoning")).toBe("");
    expect(textOf(none, "text")).not.toBe("");
    const again = await ask(engine, { reasoningBudget: 0 });
    expect(textOf(again, "text")).toBe(textOf(none, "text"));
    expect(again.timings.cache_n).toBeGreaterThan(0);
  });
});
