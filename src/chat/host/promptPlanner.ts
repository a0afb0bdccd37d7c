import type { PromptMessage, Sampling } from "../../engine/protocol";
import type { Message } from "../core/conversation";
import { type ConversationSettings, samplingOf } from "../core/conversationSettings";
import { type Instruction, systemText } from "../core/instructions";
import { promptMessages } from "../core/promptMessages";
import type { PromptReport } from "../core/promptReport";

/** All that one answer is made from. */
export interface PromptPlan {
  readonly messages: readonly PromptMessage[];
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly report: PromptReport;
}

export interface PlanRequest {
  /** Root to the message that is to be answered or continued. */
  readonly path: readonly Message[];
  readonly settings: ConversationSettings;
}

export interface PromptPlannerDeps {
  /** The setting paddock.chat.maxTokens, read anew for each answer. */
  readonly maxTokens: () => number;
  /** The workspace's instructions, as they are now; none where the workspace is not trusted or the person wants none. */
  readonly instructions: (signal: AbortSignal) => Promise<readonly Instruction[]>;
}

/** Decides what the model is given for an answer, and says what it decided. */
export class PromptPlanner {
  constructor(private readonly deps: PromptPlannerDeps) {}

  /** @throws PaddockError `unsupported` for what no text model can read. */
  async plan({ path, settings }: PlanRequest, signal: AbortSignal): Promise<PromptPlan> {
    const instructions = settings.useInstructions === false ? [] : await this.deps.instructions(signal);
    return {
      messages: promptMessages(path, systemText(settings.systemPrompt, instructions)),
      sampling: samplingOf(settings),
      maxTokens: settings.maxTokens ?? this.deps.maxTokens(),
      report: { instructions: instructions.map(({ label, uri, cut }) => ({ label, uri, cut })) },
    };
  }
}
