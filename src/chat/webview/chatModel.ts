import { PaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import type { AskedCall, ToolsView } from "../core/chatTools";
import type { Part } from "../core/conversation";
import type { PromptUsage } from "../core/promptUsage";
import type { GoesAlong } from "../core/toldElsewhere";
import type { ShownMessage } from "../core/versions";
import type {
  Attachment,
  ConversationSummary,
  EngineView,
  Live,
  Notice,
  Steering,
  ViewState,
} from "../core/webviewContract";
import { visibleEngine, visibleGoesAlong, visibleMessage, visibleNotice, visibleView } from "./visibleState";

/** A request that failed, shown where the person asked for it. */
export interface Failure {
  readonly message: string;
  readonly remedy?: string;
}

/** A conversation that was just deleted and can be brought back. */
export interface Removed {
  readonly id: string;
  readonly title: string;
}

export interface Delta {
  readonly conversation: string;
  readonly message: string;
  readonly type: "text" | "reasoning";
  readonly text: string;
  readonly length: number;
}

/** What the page shows: the host's state, kept up to date by its notifications. Nothing here outlives the page. */
export class ChatModel {
  state: ViewState | undefined;
  live: Live | undefined;

  get messages(): readonly ShownMessage[] {
    return this.state?.messages ?? [];
  }

  /** The answer that is being made in the shown conversation. */
  get streaming(): ShownMessage | undefined {
    return this.messages.find(({ status }) => status === "streaming");
  }

  get shownTitle(): string | undefined {
    return this.state?.conversations.find(({ id }) => id === this.state?.selected)?.title;
  }

  view(state: ViewState): void {
    this.state = visibleView(state);
    if (this.live !== undefined && !state.messages.some(({ id }) => id === this.live?.message)) this.live = undefined;
  }

  conversations(list: { conversations: ConversationSummary[]; selected: string | null }): void {
    if (this.state === undefined) return;
    // Which one is shown changes only together with its messages.
    this.state = { ...this.state, conversations: list.conversations };
  }

  /** @returns false when it does not fit what is known, so that everything must be asked for anew. */
  message(conversation: string, told: ShownMessage): boolean {
    const message = visibleMessage(told);
    const { state } = this;
    if (state === undefined) return true;
    if (state.selected !== conversation) return false;
    const at = state.messages.findIndex(({ id }) => id === message.id);
    const last = state.messages.at(-1)?.id ?? null;
    if (at === -1 && message.parent !== last) return false;
    const messages =
      at === -1 ? [...state.messages, message] : state.messages.map((known, index) => (index === at ? message : known));
    this.state = { ...state, messages };
    if (message.status !== "streaming" && this.live?.message === message.id) this.live = undefined;
    return true;
  }

  /** @returns false when text between what is known and this is missing. */
  delta({ conversation, message: id, type, text, length }: Delta): boolean {
    const { state } = this;
    if (state === undefined) return true;
    if (state.selected !== conversation) return false;
    const at = state.messages.findIndex((message) => message.id === id);
    const message = state.messages[at];
    if (message === undefined) return false;
    const last = message.parts.at(-1);
    const known = last?.type === type ? last.text.length : 0;
    if (known !== length) return false;
    const grown: Part = { type, text: last?.type === type ? last.text + text : text };
    const parts = last?.type === type ? [...message.parts.slice(0, -1), grown] : [...message.parts, grown];
    const messages = [...state.messages];
    messages[at] = { ...message, parts };
    this.state = { ...state, messages };
    return true;
  }

  engine(engine: EngineView): void {
    if (this.state !== undefined) this.state = { ...this.state, engine: visibleEngine(engine) };
  }

  steering(steering: Steering): void {
    if (this.state !== undefined) this.state = { ...this.state, steering };
  }

  attachments(attachments: Attachment[]): void {
    if (this.state !== undefined) this.state = { ...this.state, attachments };
  }

  usage(usage: PromptUsage | null): void {
    if (this.state !== undefined) this.state = { ...this.state, usage };
  }

  tools(tools: ToolsView): void {
    if (this.state !== undefined) this.state = { ...this.state, tools };
  }

  asked(asked: AskedCall | null): void {
    if (this.state !== undefined) this.state = { ...this.state, asked };
  }

  goesAlong(goes: GoesAlong | null): void {
    if (this.state !== undefined) this.state = { ...this.state, goesAlong: visibleGoesAlong(goes) };
  }

  notices(notices: Notice[]): void {
    if (this.state !== undefined) this.state = { ...this.state, notices: notices.map(visibleNotice) };
  }
}

export function failureOf(error: unknown): Failure {
  const message = visibleText(error instanceof Error ? error.message : String(error));
  if (error instanceof PaddockError && error.remedy !== undefined)
    return { message, remedy: visibleText(error.remedy) };
  return { message };
}
