import { randomUUID } from "node:crypto";
import type { JobOptions, ModelId, PortableBackend } from "../../engine/backend";
import type { GenerationProgress, GenerationResult, PromptMessage } from "../../engine/protocol";
import type { Timings } from "../../engine/timings";
import { type PaddockError, isCancellation, toPaddockError } from "../../platform/core/errors";
import { ToolBudget } from "../core/chatTools";
import type { Message, MessageError, Part } from "../core/conversation";
import { joinTimings } from "../core/joinTimings";
import { appendText, samePartsText } from "../core/parts";
import type { PromptReport } from "../core/promptReport";
import type { Live } from "../core/webviewContract";
import type { ConversationHandle } from "../node/conversationHandle";
import type { EntryRequest } from "../node/openConversation";
import type { PromptPlan } from "./promptPlanner";
import type { ToolCall } from "./toolbox";

/** How often what was generated goes to the journal: what a killed window can lose of an answer. */
const storeEveryMs = 250;
const liveEveryMs = 100;

export interface AnswerRequest {
  readonly message: string;
  readonly model: ModelId;
  /**
   * Made when the answer starts, and again after each round of calls; a prompt that can't be made is this message's error.
   * @param parts all that the message holds by then. @param report of the answer's prompt before.
   */
  readonly plan: (parts: readonly Part[], report: PromptReport | undefined, signal: AbortSignal) => Promise<PromptPlan>;
  /** Makes a call of the model's. @throws only `cancelled`. */
  readonly call: (call: ToolCall, budget: ToolBudget, signal: AbortSignal) => Promise<Part>;
  /** When the person asked, on the clock of performance.now(); TTFT counts from here. */
  readonly askedAt: number;
  /** What the message holds already, when this answer goes on from there. */
  readonly kept: readonly Part[];
}

export interface AnswerEvents {
  /** `length`: the length of the part it goes to, before. */
  onDelta(type: "text" | "reasoning", text: string, length: number): void;
  /** The parts are others than deltas can tell. */
  onParts(): void;
  onLive(live: Omit<Live, "conversation" | "message">): void;
  /** The words for what went wrong, as the message keeps them. */
  describe(error: PaddockError): MessageError;
  /** The model's context is full and the answer ends in the middle. */
  contextFull(): MessageError;
  /** The model called tools as often as an answer may. */
  toolLimit(): MessageError;
  warn(message: string): void;
}

type Ending = "stop" | "interrupt" | "superseded";
type RunEnd = Extract<EntryRequest, { t: "end" }>;

/**
 * One run of the model into one message, from the first prompt slice to the entry that ends it, with the calls of tools
 * that it makes on the way. Owns its handle.
 */
export class Answer {
  private readonly abort = new AbortController();
  /** What this run has made. */
  private made: Part[] = [];
  /** What the model was given at first; empty before it is. */
  prompt: readonly PromptMessage[] = [];
  private report: PromptReport | undefined;
  private all: Part[];
  /** The journal holds other parts than the run has made. */
  private differs = false;
  private timings: Timings | undefined;
  private unstored: Extract<EntryRequest, { t: "text" | "reasoning" | "part" }>[] = [];
  private storeTimer: ReturnType<typeof setTimeout> | undefined;
  private lastLive = Number.NEGATIVE_INFINITY;
  private lastPhase: Live["phase"] | undefined;
  private ending: Ending | undefined;
  private ended = false;

  constructor(
    private readonly handle: ConversationHandle,
    readonly request: AnswerRequest,
    private readonly events: AnswerEvents,
  ) {
    this.all = [...request.kept];
  }

  /** Everything the message holds, also what is not in the journal yet. */
  get parts(): readonly Part[] {
    return this.all;
  }

  /** The message is still this answer's to write: it has not ended, and no other window has taken it over. */
  get hasTheWord(): boolean {
    return this.handle.ownsRun(this.request.message);
  }

  /** All messages of its conversation. */
  get messages(): ReadonlyMap<string, Message> {
    return this.handle.conversation().messages;
  }

  dispose(): void {
    this.handle.dispose();
  }

  /** Settles when the answer has ended and that is stored or held. Never rejects: an error becomes the message's. */
  async run(backend: Pick<PortableBackend, "chat">): Promise<void> {
    this.live({ phase: "waiting", prompt: { total: 0, cached: 0, processed: 0 }, predicted_n: 0, predicted_ms: 0 });
    try {
      await this.finish(await this.answer(backend));
    } catch (error) {
      await this.finish(this.failureOf(error));
    }
  }

  /** The person wants no more of it. */
  stop(): void {
    this.cancel("stop");
  }

  /** The window closes: whoever opens the conversation next may go on. */
  interrupt(): void {
    this.cancel("interrupt");
    // The engine may not live to answer; what there is must be stored while the window is here.
    void this.finish({ t: "end", status: "interrupted" });
  }

  /** Another window has taken the message over; what this one still makes counts nowhere. */
  supersede(): void {
    if (this.ended) return;
    this.cancel("superseded");
    void this.finish(undefined);
  }

  /** Puts into the journal what is not there yet. */
  flush(): Promise<void> {
    clearTimeout(this.storeTimer);
    this.storeTimer = undefined;
    if (this.unstored.length === 0) return Promise.resolve();
    return this.handle.append(this.unstored.splice(0));
  }

  /** Asks the model until it answers without calling anything. */
  private async answer(backend: Pick<PortableBackend, "chat">): Promise<RunEnd> {
    const { signal } = this.abort;
    let budget: ToolBudget | undefined;
    for (;;) {
      const plan = await this.request.plan(this.all, this.report, signal);
      signal.throwIfAborted();
      budget ??= new ToolBudget(plan.contextSize);
      await this.took(plan);
      const before = this.made;
      const goesOn = plan.messages.at(-1)?.role === "assistant";
      const result = await this.ask(backend, plan, goesOn);
      this.timings = joinTimings(this.timings, result.timings);
      const calls = result.parts
        .filter((part) => part.type === "toolCall")
        .map((call) => ({ ...call, id: randomUUID() }));
      if (!goesOn) this.settle(before, result, plan.tools.length > 0);
      const isCalling = calls.length > 0 && (result.stopReason === "toolCalls" || result.stopReason === "end");
      if (!isCalling) return this.endOf(result);
      const allowed = budget.round(calls);
      if (allowed.length === 0) return { ...this.endOf(result), error: this.events.toolLimit() };
      await this.addParts(calls);
      for (const call of calls) {
        const isOneTooMany = !allowed.includes(call);
        const refused: Part = { type: "toolResult", callId: call.id, name: call.name, result: { error: tooManyCalls } };
        await this.addParts([isOneTooMany ? refused : await this.request.call(call, budget, signal)]);
        signal.throwIfAborted();
      }
    }
  }

  /** Keeps what the prompt is made of, where that is news. */
  private async took({ messages, report }: PromptPlan): Promise<void> {
    if (this.report === undefined) this.prompt = messages;
    else if (JSON.stringify(this.report) === JSON.stringify(report)) return;
    this.report = report;
    await this.handle.append([{ t: "prompt", report }]);
  }

  private ask(
    backend: Pick<PortableBackend, "chat">,
    { messages, tools, maxTokens, sampling, reasoningBudget }: PromptPlan,
    goesOn: boolean,
  ): Promise<GenerationResult> {
    const { model, askedAt } = this.request;
    const options: JobOptions = {
      model,
      feature: "chat",
      priority: "chat",
      session: this.handle.id,
      // Of what comes after a call, nobody waited for the first token since they asked.
      ...(this.timings === undefined ? { askedAt } : {}),
      signal: this.abort.signal,
      onProgress: (progress) => this.progress(progress),
    };
    return backend.chat(
      {
        ...{ messages, maxTokens, sampling, continueLast: goesOn },
        ...(reasoningBudget === undefined ? {} : { reasoningBudget }),
        ...(tools.length === 0 ? {} : { tools }),
      },
      options,
    );
  }

  /** What a request has made is what the engine says at its end. @param before what the run had made until then. */
  private settle(before: readonly Part[], result: GenerationResult, hasTools: boolean): void {
    const said = result.parts.filter((part) => part.type !== "toolCall");
    if (samePartsText(this.made.slice(before.length), said)) return;
    // With tools, blanks around what was said may not be part of it.
    if (!hasTools) this.events.warn("An answer's streamed text differed from its final text, which is kept.");
    this.made = [...before, ...said];
    this.all = [...this.request.kept, ...this.made];
    this.differs = true;
    this.events.onParts();
  }

  private async addParts(parts: readonly Part[]): Promise<void> {
    if (this.ended) return;
    this.made = [...this.made, ...parts];
    this.all = [...this.all, ...parts];
    for (const part of parts) this.unstored.push({ t: "part", part });
    this.events.onParts();
    await this.flush();
  }

  private cancel(ending: Ending): void {
    this.ending ??= ending;
    this.abort.abort();
  }

  private progress(progress: GenerationProgress): void {
    if (this.ended) return;
    if (progress.reasoning !== undefined) this.add("reasoning", progress.reasoning);
    if (progress.text !== undefined) this.add("text", progress.text);
    this.live({ ...progress, phase: progress.predicted_n > 0 ? "generating" : "prompt" });
  }

  private add(type: "text" | "reasoning", text: string): void {
    if (text === "") return;
    const last = this.all.at(-1);
    const length = last?.type === type ? last.text.length : 0;
    this.made = appendText(this.made, type, text);
    this.all = appendText(this.all, type, text);
    const waiting = this.unstored.at(-1);
    if (waiting?.t === type) this.unstored[this.unstored.length - 1] = { t: type, x: waiting.x + text };
    else this.unstored.push({ t: type, x: text });
    this.storeTimer ??= setTimeout(() => void this.flush(), storeEveryMs);
    this.events.onDelta(type, text, length);
  }

  private live(
    figures: Pick<GenerationProgress, "prompt" | "predicted_n" | "predicted_ms"> & Pick<Live, "phase">,
  ): void {
    const now = performance.now();
    const { phase, prompt, predicted_n, predicted_ms } = figures;
    if (phase === this.lastPhase && now - this.lastLive < liveEveryMs) return;
    this.lastLive = now;
    this.lastPhase = phase;
    const predicted_per_second = predicted_n > 1 && predicted_ms > 0 ? ((predicted_n - 1) * 1000) / predicted_ms : null;
    this.events.onLive({ phase, prompt, predicted_n, predicted_per_second });
  }

  private endOf({ stopReason, timings, machine }: GenerationResult): RunEnd {
    const end = {
      t: "end",
      ...{ timings: this.timings ?? timings, machine, stopReason },
      ...this.madeParts(),
    } as const;
    if (stopReason === "cancelled") {
      return { ...end, status: this.ending === "interrupt" ? "interrupted" : "stopped" };
    }
    const error = stopReason === "contextFull" ? { error: this.events.contextFull() } : {};
    return { ...end, status: "complete", ...error };
  }

  private failureOf(error: unknown): RunEnd {
    if (isCancellation(error)) {
      const status = this.ending === "stop" ? "stopped" : "interrupted";
      return { t: "end", status, stopReason: "cancelled", ...this.madeParts() };
    }
    const status = this.all.length > 0 ? "interrupted" : "failed";
    return { t: "end", status, error: this.events.describe(toPaddockError(error)), ...this.madeParts() };
  }

  /** For the end entry, where what was streamed is not what was made. */
  private madeParts(): { parts?: Part[] } {
    return this.differs ? { parts: this.made } : {};
  }

  private async finish(end: EntryRequest | undefined): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.storeTimer);
    if (end === undefined) return;
    await this.handle.append([...this.unstored.splice(0), end], { durable: true });
  }
}

/** For the model. */
const tooManyCalls = "Too many calls at once: make the others one after the other.";
