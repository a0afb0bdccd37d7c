import * as v from "valibot";
import { promptMessageSchema } from "../messages";
import { machineUseSchema, timingsSchema } from "../timings";
import { sqlLanguageSchema } from "./sqlLanguage";

/**
 * The most probable answers to a raw prompt, one after the other, of the embedded tier. Where a language is given, every
 * answer is of it: what the model may write next is decided token by token.
 */
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Marks are read as special tokens, texts never are, whatever stands in them. Each part is tokenised on its own. */
export const promptPieceSchema = v.variant("kind", [
  v.object({ kind: v.literal("mark"), text: v.pipe(v.string(), v.minLength(1), v.maxLength(100)) }),
  v.object({ kind: v.literal("text"), text: v.string() }),
]);
export type PromptPiece = v.InferOutput<typeof promptPieceSchema>;

export const searchFields = {
  prompt: v.variant("of", [
    v.object({ of: v.literal("pieces"), pieces: v.array(promptPieceSchema) }),
    /** By the model's own chat template. */
    v.object({ of: v.literal("messages"), messages: v.array(promptMessageSchema) }),
  ]),
  language: v.optional(sqlLanguageSchema),
  /** How many answers at most; 0: only process the prompt, so that the next request finds it in the KV cache. */
  answers: count,
  /** After so long no further answer is looked for, ms; the first one is finished in any case. */
  budgetMs: v.pipe(v.number(), v.minValue(0)),
  /** Of one answer. */
  maxTokens: positive,
  /** Texts that are no answers: those that were tried. */
  not: v.optional(v.array(v.string())),
};

export type SearchPrompt = v.InferOutput<typeof searchFields.prompt>;

export const searchAnswerSchema = v.object({
  text: v.string(),
  /** The sum of its tokens' logarithms, as probable as the model finds them among all it might write. */
  logProbability: v.number(),
});
export type SearchAnswer = v.InferOutput<typeof searchAnswerSchema>;

export const searchProgressSchema = v.object({
  answers: v.array(searchAnswerSchema),
  prompt: v.object({ total: count, cached: count, processed: count }),
});
export type SearchProgress = v.InferOutput<typeof searchProgressSchema>;

export const searchResultSchema = v.object({
  /** The most probable first. */
  answers: v.array(searchAnswerSchema),
  /** "end": as many as were asked for, or no more that are worth it. */
  stopReason: v.picklist(["end", "maxTokens", "contextFull", "cancelled"]),
  timings: timingsSchema,
  machine: machineUseSchema,
});
export type SearchResult = v.InferOutput<typeof searchResultSchema>;
