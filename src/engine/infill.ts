import * as v from "valibot";
import { machineUseSchema, timingsSchema } from "./timings";

/**
 * Completions inside a text (infill), of the embedded tier: the prompt is given by its parts and the engine lays it out
 * as the model was trained, so that typing only appends to what the KV cache holds.
 */
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const mark = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

/** Where other files come before the file that is edited: the marks a model was trained with, else comments say it. */
const repositoryMarks = { repository: v.optional(mark), file: v.optional(mark) };

/**
 * How a model's infill prompt is laid out, as data: from the model's metadata, or from the manifest for an adapter.
 * Marks are texts: where the vocabulary has a special token of that text it is that token, else the text's own tokens.
 * What was typed since the anchor always comes last, so that each key appends:
 * - prefix-suffix-middle: files, PREFIX prefix, SUFFIX suffix, MIDDLE typed
 * - suffix-prefix-middle: files, SUFFIX suffix, PREFIX prefix and typed, or with a MIDDLE mark: PREFIX prefix, MIDDLE typed
 * - prefix-only: files, prefix and typed; the suffix is not shown
 */
export const infillLayoutSchema = v.variant("order", [
  v.object({ order: v.literal("prefix-suffix-middle"), prefix: mark, suffix: mark, middle: mark, ...repositoryMarks }),
  v.object({
    order: v.literal("suffix-prefix-middle"),
    prefix: mark,
    suffix: mark,
    middle: v.optional(mark),
    ...repositoryMarks,
  }),
  v.object({ order: v.literal("prefix-only"), ...repositoryMarks }),
]);
export type InfillLayout = v.InferOutput<typeof infillLayoutSchema>;

/** Texts have "\n" as line end. What comes first in the layout should change least. */
export const infillPromptSchema = v.object({
  /** The repository's name; empty for none. */
  repository: v.string(),
  /** Chunks of other files and places. */
  files: v.array(v.object({ name: v.string(), text: v.string() })),
  /** The edited file's name, as the chunks' names are given; empty for none. */
  file: v.string(),
  /** The file's text up to the anchor, from where the window begins. */
  prefix: v.string(),
  /** The file's text after the cursor, to where the window ends. */
  suffix: v.string(),
  /** From the anchor to the cursor. */
  typed: v.string(),
});
export type InfillPrompt = v.InferOutput<typeof infillPromptSchema>;

/** One generated piece of text (a token's, or of several where one character spans them). */
export const infillPieceSchema = v.object({
  text: v.string(),
  /**
   * Of the token among the whole vocabulary; of several the least. 0 to 1. Where text was held back, of the first among
   * the tokens that agree with that text.
   */
  probability: v.number(),
});
export type InfillPiece = v.InferOutput<typeof infillPieceSchema>;

/** Sent when the first token is there, and then for those of some 24 ms together. */
export const infillProgressSchema = v.object({
  /** New since the last message. Text the person has typed already is not in it. */
  pieces: v.array(infillPieceSchema),
  prompt: v.object({ total: count, cached: count, processed: count }),
});
export type InfillProgress = v.InferOutput<typeof infillProgressSchema>;

export const infillPartNames = [
  "beginning",
  "repository",
  "file",
  "fileName",
  "prefix",
  "suffix",
  "typed",
  "mark",
] as const;

/** A part of the prompt as laid out, in order. The parts' tokens add up to the prompt's. */
export const infillPartSchema = v.object({
  part: v.picklist(infillPartNames),
  /** A chunk's file name. */
  name: v.optional(v.string()),
  tokens: count,
  /** Of them, found in the KV cache. */
  cached: count,
});
export type InfillPart = v.InferOutput<typeof infillPartSchema>;

export const infillResultSchema = v.object({
  pieces: v.array(infillPieceSchema),
  /** "end": the model ended it, by an end-of-generation token or by one of its infill or repository marks. */
  stopReason: v.picklist(["end", "maxTokens", "contextFull", "cancelled"]),
  parts: v.array(infillPartSchema),
  timings: timingsSchema,
  machine: machineUseSchema,
});
export type InfillResult = v.InferOutput<typeof infillResultSchema>;

/** The prompt as the model gets it, for a person to read: special tokens by their names. */
export const describedPartSchema = v.object({
  part: v.picklist(infillPartNames),
  name: v.optional(v.string()),
  tokens: count,
  text: v.string(),
});
export type DescribedPart = v.InferOutput<typeof describedPartSchema>;
