import type { AskedCall } from "../core/chatTools";
import { type Message, plainText } from "../core/conversation";
import type { Live } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { callQuestion, fill } from "./strings";

/** So much of a finished answer is read out by itself; the rest is read by going there. */
const maxSpoken = 1_500;

/** What a screen reader says of the answer being made: its phases and its end, never its tokens. */
export class Announcer {
  private current: { readonly id: string; phase: Live["phase"] | undefined } | undefined;
  /** The call that the person was told waits for them. */
  private told: string | undefined;
  /** The answer that the last words were about. */
  private about: string | undefined;

  constructor(private readonly context: Pick<ChatContext, "texts" | "toolTitle">) {}

  /** @returns what to say now; undefined for nothing new, and no words where the last words were about what is gone. */
  next(messages: readonly Message[], live: Live | undefined, asked: AskedCall | null): string | undefined {
    const answer = messages.findLast(({ role }) => role === "assistant");
    const news = this.news(answer, live, asked);
    if (news !== undefined) {
      this.about = answer?.id;
      return news;
    }
    if (this.about === undefined || messages.some(({ id }) => id === this.about)) return undefined;
    this.about = undefined;
    return "";
  }

  private news(answer: Message | undefined, live: Live | undefined, asked: AskedCall | null): string | undefined {
    const { context, current } = this;
    const { texts } = context;
    const isNews = asked !== null && asked.call !== this.told;
    this.told = asked?.call;
    if (isNews) return callQuestion(context, asked);
    if (answer?.status === "streaming") {
      const phase = live?.message === answer.id ? live.phase : "waiting";
      if (current?.id === answer.id && current.phase === phase) return undefined;
      this.current = { id: answer.id, phase };
      return { waiting: texts.saidWaiting, prompt: texts.saidReading, generating: texts.saidAnswering }[phase];
    }
    this.current = undefined;
    if (current === undefined || answer?.id !== current.id) return undefined;
    switch (answer.status) {
      case "complete":
        return fill(texts.saidFinished, plainText(answer.parts).slice(0, maxSpoken));
      case "stopped":
        return texts.saidStopped;
      case "interrupted":
        return texts.saidInterrupted;
      case "failed":
        return fill(texts.saidFailed, answer.error?.message ?? "");
    }
  }
}
