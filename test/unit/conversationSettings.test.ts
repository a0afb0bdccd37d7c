import { FakeModel, roomyMeter } from "../support/chatHarness";
import { PaddockError } from "../../src/platform/core/errors";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import {
  changedSettings,
  conversationSettingsSchema,
  defaultSampling,
  samplingOf,
} from "../../src/chat/core/conversationSettings";
import { maxInstruction, systemPrompt, systemText, toInstruction } from "../../src/chat/core/instructions";
import { PromptPlanner } from "../../src/chat/host/promptPlanner";
import { samplingSchema } from "../../src/engine/protocol";

const signal = new AbortController().signal;

describe("a conversation's sampling", () => {
  it("is the default where nothing is said, and what was said elsewhere", () => {
    expect(samplingOf({})).toEqual({
      temperature: defaultSampling.temperature,
      topK: 40,
      topP: 0.95,
      minP: 0.05,
      repeatPenalty: { penalty: 1.1, lastTokens: 64 },
    });
    expect(samplingOf({ temperature: 0, seed: 7, dryStrength: 0.8, repeatPenalty: 1, topK: 0 })).toEqual({
      temperature: 0,
      topK: 0,
      topP: 0.95,
      minP: 0.05,
      dryStrength: 0.8,
      dryBase: 1.75,
      dryAllowedLength: 2,
      seed: 7,
    });
  });

  it("is always something the engine takes, at both ends of every range", () => {
    for (const settings of [
      { temperature: 0, topK: 0, topP: 0, minP: 0, repeatPenalty: 0.5, repeatLastTokens: 1, dryStrength: 0, seed: 0 },
      { temperature: 5, topK: 1e5, topP: 1, minP: 1, repeatPenalty: 3, repeatLastTokens: 4096, seed: 2 ** 32 - 1 },
    ]) {
      expect(v.is(conversationSettingsSchema, settings)).toBe(true);
      expect(v.is(samplingSchema, samplingOf(settings))).toBe(true);
    }
    for (const wrong of [{ temperature: -1 }, { topP: 1.1 }, { seed: 1.5 }, { seed: 2 ** 32 }, { maxTokens: 1 }])
      expect(v.is(conversationSettingsSchema, wrong)).toBe(false);
  });

  it("says what differs from the defaults", () => {
    expect(changedSettings({})).toEqual([]);
    expect(changedSettings({ seed: 1, systemPrompt: "x" })).toEqual(["seed", "systemPrompt"]);
  });
});

describe("instructions", () => {
  it("come after the system prompt, each with its name, and the person's own prompt replaces ours", () => {
    const agents = toInstruction("AGENTS.md", "file:///AGENTS.md", "\uFEFFUse tabs.\n");
    expect(agents).toMatchObject({ text: "Use tabs.", cut: false });
    if (agents === undefined) return;
    expect(systemText(undefined, [agents])).toBe(
      `${systemPrompt}\n\nInstructions of this workspace (AGENTS.md):\nUse tabs.`,
    );
    expect(systemText("Be brief.", [])).toBe("Be brief.");
    expect(systemText("", [])).toBe("");
  });

  it("are cut where they are long, and an empty file is none", () => {
    expect(toInstruction("a", "u", "x".repeat(maxInstruction + 1))).toMatchObject({ cut: true });
    expect(toInstruction("a", "u", " \n")).toBeUndefined();
  });

  it("are told to the model and reported, unless the conversation wants none", async () => {
    const instruction = { label: "AGENTS.md", uri: "file:///AGENTS.md", text: "Use tabs.", cut: false };
    const { id: model } = new FakeModel();
    let reads = 0;
    const planner = new PromptPlanner({
      meter: roomyMeter,
      tooLarge: () => new PaddockError("context/overflow", "too large"),
      maxTokens: () => 100,
      reasoningBudget: () => 7,
      instructions: () => {
        reads++;
        return Promise.resolve([instruction]);
      },
    });
    const plan = await planner.plan({ model, path: [], settings: {} }, signal);
    expect(plan.messages).toEqual([{ role: "system", text: systemText(undefined, [instruction]) }]);
    expect(plan.report).toEqual({ instructions: [{ label: "AGENTS.md", uri: "file:///AGENTS.md", cut: false }] });
    expect(plan.maxTokens).toBe(100);
    const without = await planner.plan(
      { model, path: [], settings: { useInstructions: false, maxTokens: 50 } },
      signal,
    );
    expect(plan.reasoningBudget).toBe(7);
    const own = await planner.plan(
      { model, path: [], settings: { reasoningBudget: 0, useInstructions: false } },
      signal,
    );
    expect(own.reasoningBudget).toBe(0);
    expect(without.report.instructions).toEqual([]);
    expect(without.maxTokens).toBe(50);
    expect(reads).toBe(1);
  });
});
