import type { ModelId, PortableBackend } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { ChatTexts } from "../core/chatTexts";
import type { Message, Part } from "../core/conversation";
import { withAnswer } from "../core/promptMessages";
import type { PromptReport } from "../core/promptReport";
import type { Live } from "../core/webviewContract";
import type { ConversationHandle } from "../node/conversationHandle";
import { Answer } from "./answer";
import { answerWords } from "./answerWords";
import type { EndedAnswer } from "./modelTitles";
import type { PromptPlanner } from "./promptPlanner";
import type { Toolbox } from "./toolbox";

export interface RunningAnswersDeps {
  readonly backend: Pick<PortableBackend, "chat">;
  readonly planner: PromptPlanner;
  /** Makes the calls that models make. */
  readonly toolbox: Pick<Toolbox, "run">;
  readonly describeError: (error: PaddockError) => { readonly message: string; readonly remedy?: string };
  readonly texts: ChatTexts;
  readonly log: Logger;
}

export interface Delta {
  readonly conversation: string;
  readonly message: string;
  readonly type: "text" | "reasoning";
  readonly text: string;
  /** The length of the part it goes to, before. */
  readonly length: number;
}

export interface RunRequest {
  /** The message that the answer goes into. */
  readonly message: string;
  readonly model: ModelId;
  /** Root to the message that is to be answered or continued. */
  readonly path: readonly Message[];
  /** When the person asked, on the clock of performance.now(). */
  readonly askedAt: number;
  /** What the message holds already, when this answer goes on from there. */
  readonly kept: readonly Part[];
}

/** The answers that this window is making, at most one for each conversation. */
export class RunningAnswers implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly answers = new Map<string, Answer>();
  private readonly generatingChanges = this.subscriptions.add(new Emitter<boolean>());
  private readonly deltas = this.subscriptions.add(new Emitter<Delta>());
  private readonly changedParts = this.subscriptions.add(new Emitter<{ conversation: string; message: string }>());
  private readonly lives = this.subscriptions.add(new Emitter<Live>());
  private readonly completions = this.subscriptions.add(new Emitter<EndedAnswer>());
  readonly onDidChangeGenerating = this.generatingChanges.event;
  readonly onDelta = this.deltas.event;
  /** What a message holds that is being written has changed otherwise than by a delta. */
  readonly onParts = this.changedParts.event;
  readonly onLive = this.lives.event;
  /** An answer has ended with status complete. */
  readonly onDidComplete = this.completions.event;
  private closed = false;

  constructor(private readonly deps: RunningAnswersDeps) {}

  get generating(): boolean {
    return this.answers.size > 0;
  }

  has(conversation: string): boolean {
    return this.answers.has(conversation);
  }

  /** An answer is being written into the message. */
  isAnswering(message: string): boolean {
    return [...this.answers.values()].some(({ request }) => request.message === message);
  }

  /** What a message that is being written holds by now, also what is not in the journal yet. */
  partsOf(conversation: string, message: string): Part[] | undefined {
    const answer = this.answers.get(conversation);
    return answer?.request.message === message ? [...answer.parts] : undefined;
  }

  /** @returns settles when the engine may begin: what was asked is on disk, or held because the disk can't take it. */
  async start(handle: ConversationHandle, { path, ...request }: RunRequest, stored: Promise<void>): Promise<void> {
    const { backend, planner, toolbox, texts, log } = this.deps;
    const { message, model } = request;
    const conversation = handle.id;
    const { settings } = handle.conversation();
    const answer = new Answer(
      handle.share(),
      {
        ...request,
        plan: (parts, report, signal) =>
          planner.plan(
            {
              model,
              path: report === undefined ? path : pathWith(path, { id: message, model, parts, report }),
              settings,
            },
            signal,
          ),
        call: (call, budget, signal) => toolbox.run(call, { conversation, message, model }, settings, budget, signal),
      },
      {
        onParts: () => this.changedParts.fire({ conversation, message }),
        onDelta: (type, text, length) => this.deltas.fire({ conversation, message, type, text, length }),
        onLive: (live) => this.lives.fire({ conversation, message, ...live }),
        ...answerWords(this.deps.describeError, texts),
        warn: (text) => log.warn(text),
      },
    );
    this.answers.set(conversation, answer);
    if (this.answers.size === 1) this.generatingChanges.fire(true);
    await stored;
    void answer.run(backend).finally(() => this.ended(conversation, answer));
  }

  /** Ends the answer of one conversation; what there is stays. @returns false where there is none. */
  stop(conversation: string): boolean {
    const answer = this.answers.get(conversation);
    answer?.stop();
    return answer !== undefined;
  }

  stopAll(): void {
    for (const answer of this.answers.values()) answer.stop();
  }

  /** Lets go of what ended here or was taken over by another window. */
  settle(): void {
    for (const [conversation, answer] of [...this.answers]) {
      if (answer.hasTheWord) continue;
      answer.supersede();
      this.ended(conversation, answer);
    }
  }

  /** Ends what runs, as interrupted. */
  dispose(): void {
    this.closed = true;
    for (const answer of this.answers.values()) answer.interrupt();
    this.answers.clear();
    this.subscriptions.dispose();
  }

  private ended(conversation: string, answer: Answer): void {
    if (this.answers.get(conversation) !== answer) return;
    this.answers.delete(conversation);
    const completed = this.completion(conversation, answer);
    answer.dispose();
    if (this.answers.size === 0) this.generatingChanges.fire(false);
    if (completed !== undefined) this.completions.fire(completed);
  }

  private completion(conversation: string, answer: Answer): EndedAnswer | undefined {
    const { request, messages } = answer;
    const message = messages.get(request.message);
    if (this.closed || message?.status !== "complete" || message.stopReason !== "end") return undefined;
    return {
      conversation,
      model: request.model,
      first: [...messages.values()].filter(({ role }) => role === "assistant").length === 1,
      messages: () => withAnswer(answer.prompt, message.parts),
    };
  }
}

/** A path that ends with an answer as it is by now. */
function pathWith(
  path: readonly Message[],
  {
    id,
    model,
    parts,
    report: prompt,
  }: Pick<RunRequest, "model"> & { id: string; parts: readonly Part[]; report: PromptReport },
): Message[] {
  const last = path.at(-1);
  const before = last?.id === id ? path.slice(0, -1) : path;
  const parent = before.at(-1)?.id ?? null;
  return [...before, { id, parent, role: "assistant", model, parts: [...parts], at: 0, status: "streaming", prompt }];
}
