import * as v from "valibot";
import { samplingSchema } from "../../engine/protocol";

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

/** How an answer was sampled, all of it, so that the same can be had again. */
const usedSchema = v.object({
  /** What is absent was off. The seed is the one that was drawn where the person gave none. */
  sampling: samplingSchema,
  maxTokens: count,
  /** Absent: no limit. */
  reasoningBudget: v.optional(count),
});
export type UsedSampling = v.InferOutput<typeof usedSchema>;

/** What went into the prompt of an answer besides the conversation itself; kept with the answer, so that it can be seen. */
export const promptReportSchema = v.object({
  /** Workspace instructions that were used: "AGENTS.md" and the file's URI. */
  instructions: v.array(v.object({ label: v.string(), uri: v.string(), cut: v.boolean() })),
  /** Names of instructions that were there and not used, because the workspace was not trusted. */
  withheld: v.optional(v.array(v.string())),
  /** Absent in answers of an earlier version. */
  used: v.optional(usedSchema),
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
