import type { ModelId } from "../../engine/backend";
import type { PromptMessage, Sampling } from "../../engine/protocol";
import type { PaddockError } from "../../platform/core/errors";
import type { Message } from "../core/conversation";
import { type ConversationSettings, samplingOf } from "../core/conversationSettings";
import { type Cut, fitPrompt, lastCut, leftOut } from "../core/fitPrompt";
import { type Instruction, systemText } from "../core/instructions";
import { promptMessages } from "../core/promptMessages";
import type { PromptReport } from "../core/promptReport";
import type { PromptMeter } from "./promptMeter";

/** All that one answer is made from. */
export interface PromptPlan {
  readonly messages: readonly PromptMessage[];
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Tokens the model may spend on reasoning; undefined: as many as it likes. */
  readonly reasoningBudget: number | undefined;
  readonly report: PromptReport;
}

export interface PlanRequest {
  readonly model: ModelId;
  /** Root to the message that is to be answered or continued. */
  readonly path: readonly Message[];
  readonly settings: ConversationSettings;
}

export interface PromptPlannerDeps {
  /** The setting paddock.chat.maxTokens, read anew for each answer. */
  readonly maxTokens: () => number;
  /** The setting paddock.chat.reasoningBudget; null for no limit. */
  readonly reasoningBudget: () => number | null;
  /** The workspace's instructions, as they are now; none where the workspace is not trusted or the person wants none. */
  readonly instructions: (signal: AbortSignal) => Promise<readonly Instruction[]>;
  readonly meter: PromptMeter;
  /** The words for a question that does not fit on its own: the tokens of its prompt and the most it may have. */
  readonly tooLarge: (tokens: number, most: number) => PaddockError;
}

/** Decides what the model is given for an answer, and says what it decided. */
export class PromptPlanner {
  constructor(private readonly deps: PromptPlannerDeps) {}

  /** @throws PaddockError `unsupported` for what no text model can read, context/overflow for what can't be made to fit. */
  async plan({ model, path, settings }: PlanRequest, signal: AbortSignal): Promise<PromptPlan> {
    const { meter } = this.deps;
    const instructions = settings.useInstructions === false ? [] : await this.deps.instructions(signal);
    const system = systemText(settings.systemPrompt, instructions);
    const maxTokens = settings.maxTokens ?? this.deps.maxTokens();
    const size = await meter.contextSize(model, signal);
    const fitted = await fitPrompt({
      path,
      cut: lastCut(path, size),
      size,
      maxTokens,
      render: (kept) => promptMessages(kept, system),
      count: (messages) => meter.countPrompt(messages, model, signal),
    });
    if (!fitted.fits) throw this.deps.tooLarge(fitted.tokens, fitted.most);
    const dropped = await this.dropped(path, fitted.cut, model, signal);
    return {
      messages: fitted.messages,
      sampling: samplingOf(settings),
      maxTokens,
      report: {
        instructions: instructions.map(({ label, uri, cut }) => ({ label, uri, cut })),
        ...(dropped.length === 0 ? {} : { fit: { size, cut: fitted.cut, dropped } }),
      },
      reasoningBudget: settings.reasoningBudget ?? this.deps.reasoningBudget() ?? undefined,
    };
  }

  private async dropped(
    path: readonly Message[],
    cut: Cut,
    model: ModelId,
    signal: AbortSignal,
  ): Promise<NonNullable<PromptReport["fit"]>["dropped"]> {
    const items = leftOut(path, cut);
    if (items.length === 0) return [];
    const tokens = await this.deps.meter.countTexts(
      items.map(({ text }) => text),
      model,
      signal,
    );
    return items.map(({ what, label, count }, index) => ({ what, label, count, tokens: tokens[index] ?? 0 }));
  }
}
