import { randomUUID } from "node:crypto";
import type { ModelId, PortableBackend } from "../../engine/backend";
import { DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { ActiveModel } from "../core/activeModel";
import type { ChatTexts } from "../core/chatTexts";
import { type Message, type Part, pathTo, shownMessages } from "../core/conversation";
import { changedSettings, type ConversationSettings } from "../core/conversationSettings";
import { partsLength } from "../core/parts";
import { withAnswer } from "../core/promptMessages";
import { cleanTitle, titleFrom } from "../core/title";
import { newestBelow, type ShownMessage, withVersions } from "../core/versions";
import type { ConversationSummary, Live } from "../core/webviewContract";
import type { ConversationHandle } from "../node/conversationHandle";
import type { ConversationStore } from "../node/conversationStore";
import type { EntryRequest } from "../node/openConversation";
import { Answer, type AnswerRequest } from "./answer";
import { answerWords } from "./answerWords";
import type { PromptPlanner } from "./promptPlanner";
import type { EndedAnswer } from "./modelTitles";

export interface ChatControllerDeps {
  readonly store: ConversationStore;
  readonly backend: Pick<PortableBackend, "chat">;
  readonly activeModel: ActiveModel;
  readonly planner: PromptPlanner;
  /** What new conversations begin with. */
  readonly standardSettings: () => ConversationSettings;
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

/**
 * What the chat does, without a view: conversations and their answers. Every change goes through the store first, and
 * what is shown is always made from there.
 */
export class ChatController {
  private readonly subscriptions = new DisposableStore();
  private readonly answers = new Map<string, Answer>();
  private readonly generatingChanges = this.subscriptions.add(new Emitter<boolean>());
  private readonly changes = this.subscriptions.add(new Emitter<string | null>());
  private readonly selectionChanges = this.subscriptions.add(new Emitter<string | null>());
  private readonly deltas = this.subscriptions.add(new Emitter<Delta>());
  private readonly completions = this.subscriptions.add(new Emitter<EndedAnswer>());
  private readonly reveals = this.subscriptions.add(new Emitter<{ conversation: string; message: string }>());
  private readonly lives = this.subscriptions.add(new Emitter<Live>());
  readonly onDidChangeGenerating = this.generatingChanges.event;
  /** A conversation changed other than by deltas; null: several. */
  readonly onDidChange = this.changes.event;
  readonly onDidSelect = this.selectionChanges.event;
  /** An answer of this window has ended with status complete. */
  readonly onDidComplete = this.completions.event;
  /** A message of the selected conversation is to be scrolled to. */
  readonly onReveal = this.reveals.event;
  readonly onDelta = this.deltas.event;
  readonly onLive = this.lives.event;
  private selected: ConversationHandle | undefined;
  /** Counts selections, so that a slow one does not undo a later one. */
  private selections = 0;
  private closed = false;
  /** How the next new conversation will be answered. */
  private nextSettings: ConversationSettings | undefined;

  constructor(private readonly deps: ChatControllerDeps) {
    this.subscriptions.add(deps.store.onDidChange(({ id }) => this.storeChanged(id)));
  }

  get generating(): boolean {
    return this.answers.size > 0;
  }

  get selectedId(): string | null {
    return this.selected?.id ?? null;
  }

  /** An answer of this window is being written into the message. */
  isAnswering(message: string): boolean {
    return [...this.answers.values()].some(({ request }) => request.message === message);
  }

  /** A newer version wrote parts of the selected conversation. */
  hasNewerEntries(): boolean {
    return this.selected?.hasNewerEntries() ?? false;
  }

  /** The shown path of the selected conversation, with what an answer has made up to now. */
  shown(): ShownMessage[] {
    if (this.selected === undefined) return [];
    const answer = this.answers.get(this.selected.id);
    const conversation = this.selected.conversation();
    return withVersions(conversation, shownMessages(conversation)).map((message) =>
      answer?.request.message === message.id ? { ...message, parts: [...answer.parts] } : message,
    );
  }

  /** How the selected conversation, or the next new one, is answered. */
  settings(): ConversationSettings {
    return this.selected?.conversation().settings ?? this.nextSettings ?? this.deps.standardSettings();
  }

  conversations(): ConversationSummary[] {
    const { store, texts } = this.deps;
    return store.list().map(({ id, title, updatedAt, pinned, answering }) => ({
      id,
      pinned,
      title: title === "" ? texts.untitled : title,
      updatedAt,
      generating: answering || this.answers.has(id),
    }));
  }

  /**
   * Stores the question and starts the answer; resolves when the question is stored.
   * @param conversation null for a new one.
   */
  async send(conversation: string | null, text: string, attached: readonly Part[] = []): Promise<string> {
    const { texts, store } = this.deps;
    if (text.trim() === "") throw new PaddockError("invalid-message", texts.emptyMessage);
    const question = randomUUID();
    const parts: Part[] = [{ type: "text", text }, ...attached];
    const asked = { t: "message", id: question, role: "user", parts } as const;
    if (conversation !== null) {
      await this.withFree(conversation, (handle) =>
        this.ask(handle, question, [{ ...asked, parent: handle.conversation().leaf }]),
      );
      return conversation;
    }
    const handle = store.create();
    this.show(handle);
    const title = titleFrom(text);
    const settings = this.nextSettings ?? this.deps.standardSettings();
    this.nextSettings = undefined;
    const entries: EntryRequest[] = [
      { t: "created" },
      { t: "title", title, by: "question" },
      ...(changedSettings(settings).length === 0 ? [] : [{ t: "settings" as const, settings }]),
      { ...asked, parent: null },
    ];
    await this.ask(handle, question, entries);
    return handle.id;
  }

  /** Ends the answer of one conversation in this window; what there is stays. */
  stop(conversation: string): void {
    this.answers.get(conversation)?.stop();
  }

  /** The answer of the selected conversation, or, when it has none, every answer of this window. */
  stopSelected(): void {
    const answer = this.answers.get(this.selectedId ?? "");
    for (const stopped of answer === undefined ? this.answers.values() : [answer]) stopped.stop();
  }

  stopAll(): void {
    for (const answer of this.answers.values()) answer.stop();
  }

  /** Counts from the next answer on. @param conversation null for the next new one. */
  async changeSettings(conversation: string | null, settings: ConversationSettings): Promise<void> {
    if (conversation !== null) {
      await this.append(conversation, { t: "settings", settings });
      return;
    }
    this.nextSettings = settings;
    this.changes.fire(null);
  }

  /** Answers the same question once more, beside the earlier answer; with another model, where one is given. */
  async retry(conversation: string, message: string, model?: ModelId): Promise<void> {
    await this.withFree(conversation, (handle) => {
      const target = this.find(handle, message);
      const question = target.role === "user" ? target.id : target.parent;
      if (question === null) throw new PaddockError("unsupported", this.deps.texts.messageGone);
      return this.ask(handle, question, [], model);
    });
  }

  /** Asks something else in place of a question; the earlier one and all that followed it stay, as another version. */
  async edit(conversation: string, message: string, text: string): Promise<void> {
    if (text.trim() === "") throw new PaddockError("invalid-message", this.deps.texts.emptyMessage);
    await this.withFree(conversation, (handle) => {
      const { role, parent, parts } = this.find(handle, message);
      if (role !== "user") throw new PaddockError("unsupported", this.deps.texts.messageGone);
      const id = randomUUID();
      const attached = parts.filter(({ type }) => type !== "text");
      return this.ask(handle, id, [{ t: "message", id, role, parent, parts: [{ type: "text", text }, ...attached] }]);
    });
  }

  /** Shows another version of a question or an answer, and what followed it last. */
  async showVersion(conversation: string, message: string): Promise<void> {
    await this.withFree(conversation, async (handle) => {
      this.find(handle, message);
      await handle.append([{ t: "leaf", id: newestBelow(handle.conversation(), message) }], { durable: true });
    });
  }

  /** Goes on from where the last answer ends, in the same message. */
  async continueAnswer(conversation: string, message: string): Promise<void> {
    await this.withFree(conversation, (handle) => {
      const target = this.find(handle, message);
      const brokeOff =
        target.status === "interrupted" ||
        target.status === "stopped" ||
        (target.status === "complete" && target.stopReason === "maxTokens");
      if (target.role !== "assistant" || !brokeOff || handle.conversation().leaf !== message) {
        throw new PaddockError("unsupported", this.deps.texts.cannotContinue);
      }
      const { id: model } = this.deps.activeModel.current();
      const path = pathTo(handle.conversation(), message);
      const resume: EntryRequest = { t: "resume", id: message, kept: partsLength(target.parts), model };
      const stored = handle.append([resume], { durable: true });
      return this.start(handle, { message, model, path, kept: target.parts }, stored);
    });
  }

  newConversation(): void {
    this.nextSettings = undefined;
    this.show(undefined);
  }

  async select(conversation: string): Promise<void> {
    if (this.selected?.id === conversation) return;
    const selection = ++this.selections;
    const handle = await this.open(conversation);
    if (selection === this.selections) this.show(handle);
    else handle.dispose();
  }

  /** Opens a conversation where a message stands, in whichever version that is. */
  async reveal(conversation: string, message: string): Promise<void> {
    await this.select(conversation);
    const handle = this.selected;
    if (handle?.id !== conversation) return;
    const isShown = (): boolean => shownMessages(handle.conversation()).some(({ id }) => id === message);
    if (!isShown() && handle.conversation().messages.has(message)) await this.showVersion(conversation, message);
    if (this.selectedId === conversation && isShown()) this.reveals.fire({ conversation, message });
  }

  async pin(conversation: string, pinned: boolean): Promise<void> {
    await this.append(conversation, { t: "pinned", pinned });
  }

  async rename(conversation: string, title: string): Promise<void> {
    const clean = cleanTitle(title);
    if (clean === "") throw new PaddockError("invalid-message", this.deps.texts.emptyMessage);
    await this.append(conversation, { t: "title", title: clean });
  }

  async remove(conversation: string): Promise<void> {
    this.answers.get(conversation)?.stop();
    await this.append(conversation, { t: "removed" });
    if (this.selected?.id === conversation) this.show(undefined);
  }

  async removeAll(conversations: readonly string[]): Promise<void> {
    for (const conversation of conversations) await this.remove(conversation);
  }

  async restoreAll(conversations: readonly string[]): Promise<void> {
    for (const conversation of conversations) await this.append(conversation, { t: "restored" });
  }

  async undoRemove(conversation: string): Promise<void> {
    await this.append(conversation, { t: "restored" });
    await this.select(conversation);
  }

  /** Looks for what other windows wrote, as when this window gets the focus. */
  refresh(): Promise<void> {
    return this.deps.store.refresh();
  }

  /** Ends what runs, as interrupted, and writes what is not yet on disk. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const answer of this.answers.values()) answer.interrupt();
    this.answers.clear();
    this.selected?.dispose();
    this.selected = undefined;
    this.subscriptions.dispose();
    await this.deps.store.close();
  }

  /** Stores the empty answer, with the entries before it, and starts it. */
  private ask(
    handle: ConversationHandle,
    question: string,
    entries: readonly EntryRequest[],
    model: ModelId = this.deps.activeModel.current().id,
  ): Promise<void> {
    const message = randomUUID();
    const answer: EntryRequest = { t: "message", id: message, parent: question, role: "assistant", parts: [], model };
    const stored = handle.append([...entries, answer], { durable: true });
    const path = pathTo(handle.conversation(), question);
    return this.start(handle, { message, model, path, kept: [] }, stored);
  }

  /** @returns settles when the engine may begin: what was asked is on disk, or held because the disk can't take it. */
  private async start(
    handle: ConversationHandle,
    { path, ...request }: Omit<AnswerRequest, "plan"> & { readonly path: readonly Message[] },
    stored: Promise<void>,
  ): Promise<void> {
    const { backend, planner, texts, log } = this.deps;
    const { message, model } = request;
    const conversation = handle.id;
    const { settings } = handle.conversation();
    const answer = new Answer(
      handle.share(),
      { ...request, plan: (signal) => planner.plan({ model, path, settings }, signal) },
      {
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

  private storeChanged(id: string | null): void {
    for (const [conversation, answer] of [...this.answers]) {
      // Ended here, or taken over by another window.
      if (answer.hasTheWord) continue;
      answer.supersede();
      this.ended(conversation, answer);
    }
    if (this.selected?.removed() === true) this.show(undefined);
    this.changes.fire(id);
  }

  private show(handle: ConversationHandle | undefined): void {
    this.selections++;
    this.selected?.dispose();
    this.selected = handle;
    this.selectionChanges.fire(this.selectedId);
  }

  private async append(conversation: string, entry: EntryRequest): Promise<void> {
    const handle = await this.open(conversation);
    try {
      await handle.append([entry], { durable: true });
    } finally {
      handle.dispose();
    }
  }

  /** With the conversation as it is in its file now, unless an answer is under way in it. */
  private async withFree(conversation: string, use: (handle: ConversationHandle) => Promise<void>): Promise<void> {
    const { texts } = this.deps;
    const handle = await this.open(conversation);
    try {
      await handle.refresh();
      if (this.answers.has(conversation)) throw new PaddockError("unsupported", texts.stillAnswering);
      if (handle.answering() !== undefined) throw new PaddockError("unsupported", texts.answeringElsewhere);
      await use(handle);
    } finally {
      handle.dispose();
    }
  }

  private async open(conversation: string): Promise<ConversationHandle> {
    try {
      return await this.deps.store.open(conversation);
    } catch (error) {
      this.deps.log.warn(`conversation ${conversation}: ${String(error)}`);
      throw new PaddockError("storage/failed", this.deps.texts.conversationGone, { cause: error });
    }
  }

  private find(handle: ConversationHandle, message: string): Message {
    const found = handle.conversation().messages.get(message);
    if (found === undefined) throw new PaddockError("unsupported", this.deps.texts.messageGone);
    return found;
  }
}
