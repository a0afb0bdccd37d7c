import type { JobOptions, ModelId, PortableBackend } from "../../engine/backend";
import type { GenerationProgress, GenerationResult, PromptMessage } from "../../engine/protocol";
import { type PaddockError, isCancellation, toPaddockError } from "../../platform/core/errors";
import type { Message, MessageError, Part } from "../core/conversation";
import { appendText, joinParts, samePartsText } from "../core/parts";
import type { Live } from "../core/webviewContract";
import type { ConversationHandle } from "../node/conversationHandle";
import type { EntryRequest } from "../node/openConversation";
import type { PromptPlan } from "./promptPlanner";

/** How often what was generated goes to the journal: what a killed window can lose of an answer. */
const storeEveryMs = 250;
const liveEveryMs = 100;

export interface AnswerRequest {
  readonly message: string;
  readonly model: ModelId;
  /** Made when the answer starts; a prompt that can't be made is this message's error. */
  readonly plan: (signal: AbortSignal) => Promise<PromptPlan>;
  /** When the person asked, on the clock of performance.now(); TTFT counts from here. */
  readonly askedAt: number;
  /** What the message holds already, when this answer goes on from there. */
  readonly kept: readonly Part[];
}

export interface AnswerEvents {
  /** `length`: the length of the part it goes to, before. */
  onDelta(type: "text" | "reasoning", text: string, length: number): void;
  onLive(live: Omit<Live, "conversation" | "message">): void;
  /** The words for what went wrong, as the message keeps them. */
  describe(error: PaddockError): MessageError;
  /** The model's context is full and the answer ends in the middle. */
  contextFull(): MessageError;
  warn(message: string): void;
}

type Ending = "stop" | "interrupt" | "superseded";

/** One run of the model into one message, from the first prompt slice to the entry that ends it. Owns its handle. */
export class Answer {
  private readonly abort = new AbortController();
  private made: Part[] = [];
  /** What the model was given; empty before it is. */
  prompt: readonly PromptMessage[] = [];
  private all: Part[];
  private unstored: Extract<EntryRequest, { t: "text" | "reasoning" }>[] = [];
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
    const { model, askedAt } = this.request;
    this.live({ phase: "waiting", prompt: { total: 0, cached: 0, processed: 0 }, predicted_n: 0, predicted_ms: 0 });
    const options: JobOptions = {
      model,
      feature: "chat",
      priority: "chat",
      session: this.handle.id,
      askedAt,
      signal: this.abort.signal,
      onProgress: (progress) => this.progress(progress),
    };
    const continueLast = this.request.kept.length > 0;
    try {
      const { messages, maxTokens, sampling, reasoningBudget, report } = await this.request.plan(this.abort.signal);
      this.prompt = messages;
      this.abort.signal.throwIfAborted();
      await this.handle.append([{ t: "prompt", report }]);
      const result = await backend.chat(
        { messages, maxTokens, sampling, continueLast, ...(reasoningBudget === undefined ? {} : { reasoningBudget }) },
        options,
      );
      await this.finish(this.endOf(result, continueLast));
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

  private endOf(result: GenerationResult, continueLast: boolean): EntryRequest {
    const { stopReason, timings, machine } = result;
    const figures = { timings, machine, stopReason };
    const calls = result.parts.filter((part) => part.type === "toolCall");
    let parts: Part[] | undefined;
    if (continueLast) {
      if (calls.length > 0) parts = joinParts(this.made, calls);
    } else if (!samePartsText(this.made, result.parts)) {
      parts = result.parts;
      if (calls.length === 0)
        this.events.warn("An answer's streamed text differed from its final text, which is kept.");
    }
    const made = parts === undefined ? {} : { parts };
    if (stopReason === "cancelled") {
      return { t: "end", status: this.ending === "interrupt" ? "interrupted" : "stopped", ...figures, ...made };
    }
    const error = stopReason === "contextFull" ? { error: this.events.contextFull() } : {};
    return { t: "end", status: "complete", ...figures, ...made, ...error };
  }

  private failureOf(error: unknown): EntryRequest {
    if (isCancellation(error)) {
      return { t: "end", status: this.ending === "stop" ? "stopped" : "interrupted", stopReason: "cancelled" };
    }
    const status = this.all.length > 0 ? "interrupted" : "failed";
    return { t: "end", status, error: this.events.describe(toPaddockError(error)) };
  }

  private async finish(end: EntryRequest | undefined): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.storeTimer);
    if (end === undefined) return;
    await this.handle.append([...this.unstored.splice(0), end], { durable: true });
  }
}
