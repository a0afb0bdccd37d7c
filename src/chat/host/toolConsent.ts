import { cancelled } from "../../platform/core/errors";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { AskedCall, CallAnswer } from "../core/chatTools";

interface Question extends AskedCall {
  readonly settle: (answer: CallAnswer) => void;
}

/**
 * A person's word on calls that change something, or that go to a server of theirs. What is allowed for a conversation is
 * allowed as long as the window is open, and kept nowhere.
 */
export class ToolConsent implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<string>());
  /** A question of this conversation has come, or has its answer. */
  readonly onDidChange = this.changes.event;
  /** By conversation: an answer asks one question at a time, and a conversation has one answer. */
  private readonly questions = new Map<string, Question>();
  private readonly allowed = new Map<string, Set<string>>();

  /** The call of this conversation that waits. */
  waiting(conversation: string): AskedCall | null {
    const question = this.questions.get(conversation);
    if (question === undefined) return null;
    const { settle: _, ...asked } = question;
    return asked;
  }

  /** @returns whether the call may be made. @throws PaddockError `cancelled` when the signal is aborted before. */
  async ask(conversation: string, asked: AskedCall, signal: AbortSignal): Promise<boolean> {
    const subject = subjectOf(asked);
    if (this.allowed.get(conversation)?.has(subject) === true) return true;
    if (signal.aborted) throw cancelled();
    let stop: (() => void) | undefined;
    try {
      const answer = await new Promise<CallAnswer>((resolve, reject) => {
        stop = () => reject(cancelled());
        signal.addEventListener("abort", stop);
        this.questions.set(conversation, { ...asked, settle: resolve });
        this.changes.fire(conversation);
      });
      if (answer === "conversation") this.allow(conversation, subject);
      return answer !== "refuse";
    } finally {
      if (stop !== undefined) signal.removeEventListener("abort", stop);
      this.questions.delete(conversation);
      this.changes.fire(conversation);
    }
  }

  /** Of the call that waits; one that does not wait any more is past answering. */
  answer(conversation: string, call: string, answer: CallAnswer): void {
    const question = this.questions.get(conversation);
    if (question?.call === call) question.settle(answer);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private allow(conversation: string, subject: string): void {
    const subjects = this.allowed.get(conversation) ?? new Set<string>();
    this.allowed.set(conversation, subjects.add(subject));
  }
}

/** What a word for the conversation holds for: the same tool with another destination or database is asked about anew. */
function subjectOf({ tool, destination, opens }: AskedCall): string {
  return JSON.stringify([tool, destination ?? null, opens ?? null]);
}
