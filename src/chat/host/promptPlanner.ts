import { randomInt } from "node:crypto";
import type { ModelId } from "../../engine/backend";
import type { PromptMessage, Sampling, Tool } from "../../engine/protocol";
import type { PaddockError } from "../../platform/core/errors";
import { toolNote } from "../core/chatTools";
import type { Message, Part } from "../core/conversation";
import { type ConversationSettings, samplingOf } from "../core/conversationSettings";
import { type Cut, fitPrompt, lastCut, leftOut, roomFor, tokensAtMost } from "../core/fitPrompt";
import { type Instruction, systemText } from "../core/instructions";
import { promptMessages } from "../core/promptMessages";
import type { PromptReport, UsedSampling } from "../core/promptReport";
import type { PromptUsage, UsagePart } from "../core/promptUsage";
import { utf8Length } from "../core/tokenEstimate";
import { isNotTold, type TellingRules, toldElsewhere } from "../core/toldElsewhere";
import type { PromptMeter } from "./promptMeter";
import type { Toolbox } from "./toolbox";

/** All that one answer is made from. */
export interface PromptPlan {
  readonly messages: readonly PromptMessage[];
  /** What the model may call; none where it goes on in the middle of a text. */
  readonly tools: readonly Tool[];
  /** Tokens the context holds. */
  readonly contextSize: number;
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
  /** Names of those that are there and not read, in a workspace that is not trusted. */
  readonly withheld?: (signal: AbortSignal) => Promise<readonly string[]>;
  readonly meter: PromptMeter;
  /** What is told to models on this machine only. */
  readonly telling: TellingRules;
  /** Absent: no model is offered any. */
  readonly toolbox?: Pick<Toolbox, "offered" | "offeredNow"> | undefined;
  /** The words for a question that does not fit on its own: the tokens of its prompt and the most it may have. */
  readonly tooLarge: (tokens: number, most: number) => PaddockError;
}

/** Counting takes some hundred milliseconds where it is long; nobody waits much longer to see a question go. */
const checkPatienceMs = 2_000;

/** A question that is not stored, as a path ends with it. */
export function asMessage(parts: readonly Part[]): Message {
  return { id: "question", parent: null, role: "user", parts: [...parts], at: 0, status: "complete" };
}

interface NamedText {
  readonly what: UsagePart["what"];
  readonly label: string;
  readonly text: string;
}

/** What a prompt is made of besides the conversation. */
function namedTexts(
  settings: ConversationSettings,
  instructions: readonly Instruction[],
  tools: readonly Tool[],
  question: readonly Part[],
): NamedText[] {
  const texts: NamedText[] = [
    { what: "system", label: "", text: systemText(settings.systemPrompt, []) },
    ...instructions.map(({ label, text }): NamedText => ({ what: "instructions", label, text })),
    { what: "tools", label: "", text: toolsText(tools) },
  ];
  for (const part of question) {
    if (part.type === "reference") texts.push({ what: "attachment", label: part.label, text: part.text });
    else if (part.type === "text") texts.push({ what: "question", label: "", text: part.text });
  }
  return texts.filter(({ text }) => text !== "");
}

/** About what a template makes of them. */
function toolsText(tools: readonly Tool[]): string {
  return tools.length === 0 ? "" : `${toolNote}\n${JSON.stringify(tools)}`;
}

/** Decides what the model is given for an answer, and says what it decided. */
export class PromptPlanner {
  constructor(private readonly deps: PromptPlannerDeps) {}

  /** @throws PaddockError `unsupported` for what no text model can read, context/overflow for what can't be made to fit. */
  async plan(request: PlanRequest, signal: AbortSignal): Promise<PromptPlan> {
    const told = this.told(request);
    const { model, path, settings } = told;
    const offered = (await this.deps.toolbox?.offered(model, settings, signal)) ?? [];
    const { instructions, tools, size, fitted, dropped } = await this.decide(told, offered, this.deps.meter, signal);
    const withheld = settings.useInstructions === false ? [] : ((await this.deps.withheld?.(signal)) ?? []);
    const used = this.used(path, settings);
    if (!fitted.fits) throw this.deps.tooLarge(fitted.tokens, fitted.most);
    return {
      messages: fitted.messages,
      tools,
      contextSize: size,
      ...used,
      reasoningBudget: used.reasoningBudget,
      report: {
        used,
        ...(withheld.length === 0 ? {} : { withheld: [...withheld] }),
        instructions: instructions.map(({ label, uri, cut }) => ({ label, uri, cut })),
        ...(dropped.length === 0 ? {} : { fit: { size, cut: fitted.cut, dropped } }),
      },
    };
  }

  /**
   * An answer that goes on is one answer, so it goes on being sampled as it began; how much more of it is wanted is
   * what the settings say now, since the limit is often why it ended.
   */
  private used(path: readonly Message[], settings: ConversationSettings): UsedSampling {
    const last = path.at(-1);
    const begun = last?.role === "assistant" ? last.prompt?.used?.sampling : undefined;
    const reasoningBudget = settings.reasoningBudget ?? this.deps.reasoningBudget();
    return {
      sampling: begun ?? withSeed(samplingOf(settings)),
      maxTokens: settings.maxTokens ?? this.deps.maxTokens(),
      ...(reasoningBudget === null ? {} : { reasoningBudget }),
    };
  }

  /**
   * What `plan` would decide, in figures, without asking for an answer. The last message of the path is the question.
   * @param meter of whom to ask the counts and the context's size, which may be infinite where nobody knows it.
   */
  async preview(
    request: PlanRequest,
    meter: PromptMeter,
    signal: AbortSignal,
  ): Promise<Omit<PromptUsage, "isCounted">> {
    const told = this.told(request);
    const { model, path, settings } = told;
    const offered = this.deps.toolbox?.offeredNow(model, settings) ?? [];
    const { instructions, tools, maxTokens, size, fitted, dropped } = await this.decide(told, offered, meter, signal);
    const tokens = fitted.fits
      ? (fitted.tokens ?? (await meter.countPrompt(fitted.messages, model, signal, tools)))
      : fitted.tokens;
    const named = namedTexts(settings, instructions, tools, path.at(-1)?.parts ?? []);
    const counts = await meter.countTexts(
      named.map(({ text }) => text),
      model,
      signal,
    );
    const parts = named.map(({ what, label }, index) => ({ what, label, tokens: counts[index] ?? 0 }));
    const rest = tokens - parts.reduce((sum, part) => sum + part.tokens, 0);
    return {
      tokens,
      // Tokens that reach over the edge of a text can make the whole a little less than its parts.
      parts: [...parts, { what: "conversation", label: "", tokens: Math.max(0, rest) }],
      room: Number.isFinite(size) ? { size, answer: roomFor(size, maxTokens).answer } : null,
      dropped,
      tooMany: fitted.fits ? 0 : fitted.tokens - fitted.most,
    };
  }

  /**
   * Refuses a question that fits no prompt, even alone, before anything is stored, so that it stays with the person.
   * Where that can't be told soon, as while no model is loaded, it is for the answer to say.
   * @throws PaddockError context/overflow
   */
  async refuseTooLarge(question: readonly Part[], model: ModelId, settings: ConversationSettings): Promise<void> {
    const { meter, tooLarge } = this.deps;
    const size = meter.knownSize(model);
    if (size === undefined) return;
    const signal = AbortSignal.timeout(checkPatienceMs);
    const { most } = roomFor(size, settings.maxTokens ?? this.deps.maxTokens());
    let tokens: number;
    try {
      const system = systemText(settings.systemPrompt, await this.instructions(settings, signal));
      const { path } = this.told({ model, path: [asMessage(question)], settings });
      const messages = promptMessages(path, system);
      if (tokensAtMost(messages) <= most) return;
      tokens = await meter.countPrompt(messages, model, signal);
    } catch {
      return;
    }
    if (tokens > most) throw tooLarge(tokens, most);
  }

  /** The model is elsewhere, and may not be told how the last answer of the path begins. */
  isNotTold(path: readonly Message[], model: ModelId): boolean {
    const { telling } = this.deps;
    return telling.destinationOf(model) !== undefined && isNotTold(path, telling);
  }

  /** The same with the path as its model may see it. */
  private told(request: PlanRequest): PlanRequest {
    const { telling } = this.deps;
    if (telling.destinationOf(request.model) === undefined) return request;
    return { ...request, path: toldElsewhere(request.path, telling) };
  }

  private async decide(
    { model, path, settings }: PlanRequest,
    offered: readonly Tool[],
    meter: PromptMeter,
    signal: AbortSignal,
  ) {
    const instructions = await this.instructions(settings, signal);
    // No template begins a call in the middle of a text that it left open.
    const tools = goesOn(path) ? [] : offered;
    const own = systemText(settings.systemPrompt, instructions);
    const system = tools.length > 0 || holdsResults(path) ? [own, toolNote].filter(Boolean).join("\n\n") : own;
    const maxTokens = settings.maxTokens ?? this.deps.maxTokens();
    const size = await meter.contextSize(model, signal);
    const fitted = await fitPrompt({
      path,
      cut: lastCut(path, size),
      size,
      maxTokens,
      render: (kept) => promptMessages(kept, system),
      besides: utf8Length(toolsText(tools)),
      count: (messages) => meter.countPrompt(messages, model, signal, tools),
    });
    const dropped = fitted.fits ? await this.dropped(path, fitted.cut, meter, model, signal) : [];
    return { instructions, tools, maxTokens, size, fitted, dropped };
  }

  private instructions(settings: ConversationSettings, signal: AbortSignal): Promise<readonly Instruction[]> {
    return settings.useInstructions === false ? Promise.resolve([]) : this.deps.instructions(signal);
  }

  private async dropped(
    path: readonly Message[],
    cut: Cut,
    meter: PromptMeter,
    model: ModelId,
    signal: AbortSignal,
  ): Promise<NonNullable<PromptReport["fit"]>["dropped"]> {
    const items = leftOut(path, cut);
    if (items.length === 0) return [];
    const tokens = await meter.countTexts(
      items.map(({ text }) => text),
      model,
      signal,
    );
    return items.map(({ what, label, count }, index) => ({ what, label, count, tokens: tokens[index] ?? 0 }));
  }
}

/** An answer that broke off in its text goes on there; one that ended with a tool's result begins anew. */
function goesOn(path: readonly Message[]): boolean {
  return promptMessages(path.slice(-1), "").at(-1)?.role === "assistant";
}

function holdsResults(path: readonly Message[]): boolean {
  return path.some(({ parts }) => parts.some(({ type }) => type === "toolResult"));
}

/** Drawn here rather than in the engine, so that it can be kept with the answer. Greedy sampling uses none. */
function withSeed(sampling: Sampling): Sampling {
  return sampling.seed !== undefined || sampling.temperature === 0
    ? sampling
    : { ...sampling, seed: randomInt(2 ** 32) };
}
