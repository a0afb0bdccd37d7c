import * as v from "valibot";

/** What went into the prompt of an answer besides the conversation itself; kept with the answer, so that it can be seen. */
export const promptReportSchema = v.object({
  /** Workspace instructions that were used: "AGENTS.md" and the file's URI. */
  instructions: v.array(v.object({ label: v.string(), uri: v.string(), cut: v.boolean() })),
});
export type PromptReport = v.InferOutput<typeof promptReportSchema>;

/** Nothing worth keeping. */
export function isEmptyReport({ instructions }: PromptReport): boolean {
  return instructions.length === 0;
}
