import * as v from "valibot";
import type { Sampling } from "../../engine/protocol";

const count = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/**
 * How one conversation is answered. What is absent is the default: so that a default that gets better gets better for
 * every conversation that did not say otherwise.
 */
export const conversationSettingsSchema = v.object({
  /** In place of ours. */
  systemPrompt: v.optional(v.pipe(v.string(), v.maxLength(20_000))),
  /** 0 is greedy. */
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(5))),
  /** 0: off. */
  topK: v.optional(count(0, 100_000)),
  /** 1: off. */
  topP: v.optional(share),
  /** 0: off. */
  minP: v.optional(share),
  /** 1: off. */
  repeatPenalty: v.optional(v.pipe(v.number(), v.minValue(0.5), v.maxValue(3))),
  /** How many of the last generated tokens it looks at. */
  repeatLastTokens: v.optional(count(1, 4096)),
  /** DRY multiplier; 0: off. */
  dryStrength: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(5))),
  /** DRY base: how fast the penalty grows with the length of a repetition. */
  dryBase: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(8))),
  /** Repetitions of up to so many tokens cost nothing. */
  dryAllowedLength: v.optional(count(1, 100)),
  /** Absent: another one for each answer. */
  seed: v.optional(count(0, 2 ** 32 - 1)),
  maxTokens: v.optional(count(16, 131_072)),
  /** Tokens a model that reasons may spend on it; 0 for none. Absent: the setting's, which is no limit at first. */
  reasoningBudget: v.optional(count(0, 131_072)),
  /** Whether AGENTS.md and the like are told to the model. */
  useInstructions: v.optional(v.boolean()),
  /** Names of the tools that the model may call; absent: those that Paddock brings. */
  tools: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(200))),
});
export type ConversationSettings = v.InferOutput<typeof conversationSettingsSchema>;
export type SettingName = keyof ConversationSettings;

/**
 * top-k, top-p and min-p are llama.cpp's own defaults; the temperature is below its 0.8, since the answers are about
 * code; the mild repeat penalty is what LlamaChatSession uses, and keeps small models out of loops.
 */
export const defaultSampling = {
  temperature: 0.4,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repeatPenalty: 1.1,
  repeatLastTokens: 64,
  dryStrength: 0,
  dryBase: 1.75,
  dryAllowedLength: 2,
} as const;

/** What the engine is told; a value that switches a sampler off leaves it out. */
export function samplingOf(settings: ConversationSettings): Sampling {
  const penalty = settings.repeatPenalty ?? defaultSampling.repeatPenalty;
  const lastTokens = settings.repeatLastTokens ?? defaultSampling.repeatLastTokens;
  const dryStrength = settings.dryStrength ?? defaultSampling.dryStrength;
  return {
    temperature: settings.temperature ?? defaultSampling.temperature,
    topK: settings.topK ?? defaultSampling.topK,
    topP: settings.topP ?? defaultSampling.topP,
    minP: settings.minP ?? defaultSampling.minP,
    ...(penalty === 1 ? {} : { repeatPenalty: { penalty, lastTokens } }),
    ...(dryStrength === 0
      ? {}
      : {
          dryStrength,
          dryBase: settings.dryBase ?? defaultSampling.dryBase,
          dryAllowedLength: settings.dryAllowedLength ?? defaultSampling.dryAllowedLength,
        }),
    ...(settings.seed === undefined ? {} : { seed: settings.seed }),
  };
}

/** The names of what differs from the defaults, for a short line. */
export function changedSettings(settings: ConversationSettings): SettingName[] {
  return (Object.keys(settings) as SettingName[]).filter((name) => settings[name] !== undefined);
}
