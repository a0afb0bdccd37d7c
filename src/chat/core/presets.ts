import * as v from "valibot";
import { conversationSettingsSchema } from "./conversationSettings";

/** Settings under a name, to be used again. */
export const presetSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/)),
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
  settings: conversationSettingsSchema,
});
export type Preset = v.InferOutput<typeof presetSchema>;

export const shownPresetSchema = v.object({ ...presetSchema.entries, builtIn: v.boolean() });
export type ShownPreset = v.InferOutput<typeof shownPresetSchema>;

export type BuiltInName = "default" | "precise" | "creative" | "explain" | "review";

/** Few, each for something of its own; their names are in the person's language. */
export const builtInSettings: Readonly<Record<BuiltInName, Preset["settings"]>> = {
  default: {},
  // Greedy, and so the same answer each time; a repeat penalty would make it avoid names that code must repeat.
  precise: { temperature: 0, repeatPenalty: 1 },
  creative: { temperature: 1, minP: 0.1 },
  explain: {
    systemPrompt:
      "You explain code and computing to somebody who is new to it. Use short sentences and everyday words, " +
      "say what each term means when it first comes up, and give one small example.",
  },
  review: {
    systemPrompt:
      "You review code. List what is wrong or risky, the worst first, each with the line it is about and how to mend " +
      "it. Say so when nothing is wrong. Do not rewrite what is fine.",
    temperature: 0.2,
  },
};
