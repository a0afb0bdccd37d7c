import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Something of the conversation that the prompt was without; see LeftOut in fitPrompt.ts. */
export const droppedSchema = v.object({
  what: v.picklist(["reasoning", "attachment", "turns"]),
  label: v.string(),
  count,
  /** Of its text, without the marks around it. */
  tokens: count,
});
export type Dropped = v.InferOutput<typeof droppedSchema>;

/** What went into the prompt of an answer besides the conversation itself; kept with the answer, so that it can be seen. */
export const promptReportSchema = v.object({
  /** Workspace instructions that were used: "AGENTS.md" and the file's URI. */
  instructions: v.array(v.object({ label: v.string(), uri: v.string(), cut: v.boolean() })),
  /** What of the conversation was left out to fit the context; absent where nothing was. */
  fit: v.optional(
    v.object({
      /** Tokens the context holds. */
      size: count,
      /** Where the next prompt begins; see Cut in fitPrompt.ts. */
      cut: v.object({ reasoning: count, attachments: count, turns: count }),
      dropped: v.array(droppedSchema),
    }),
  ),
});
export type PromptReport = v.InferOutput<typeof promptReportSchema>;

/** Nothing worth keeping. */
export function isEmptyReport({ instructions, fit }: PromptReport): boolean {
  return instructions.length === 0 && fit === undefined;
}
