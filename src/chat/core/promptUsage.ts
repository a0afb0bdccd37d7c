import * as v from "valibot";
import { droppedSchema } from "./promptReport";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One piece of a prompt, with its tokens. */
const usagePartSchema = v.object({
  /** `conversation`: the earlier messages that stay, with the marks that the chat template puts around all. */
  what: v.picklist(["system", "instructions", "tools", "conversation", "attachment", "question"]),
  /** "AGENTS.md", "src/app.ts:3-9"; empty for the others. */
  label: v.string(),
  tokens: count,
});
export type UsagePart = v.InferOutput<typeof usagePartSchema>;

/** What the next answer's prompt would hold if the question were sent as it is now. */
export const promptUsageSchema = v.object({
  /** Counted by the model's own tokenizer; otherwise estimated from the texts' lengths. */
  isCounted: v.boolean(),
  /** Tokens of the prompt, without what is left out of it. */
  tokens: count,
  /** Add up to `tokens`. */
  parts: v.array(usagePartSchema),
  /** What the context holds and what of it is kept for the answer, in tokens; null while no model says so. */
  room: v.nullable(v.object({ size: count, answer: count })),
  /** What of the conversation would be left out, in the order in which it goes. */
  dropped: v.array(droppedSchema),
  /** Tokens by which the question is too large even alone; 0 when it fits. */
  tooMany: count,
});
export type PromptUsage = v.InferOutput<typeof promptUsageSchema>;
