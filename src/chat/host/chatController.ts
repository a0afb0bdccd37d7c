import { randomUUID } from "node:crypto";
import type { ModelId } from "../../engine/backend";
import { DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { ActiveModel } from "../core/activeModel";
import { type Message, type Part, pathTo, shownMessages } from "../core/conversation";
import { changedSettings, type ConversationSettings } from "../core/conversationSettings";
import { partsLength } from "../core/parts";
import { cleanTitle, titleFrom } from "../core/title";
import { newestBelow, type ShownMessage, withVersions } from "../core/versions";
import type { ConversationSummary } from "../core/webviewContract";
import type { ConversationHandle } from "../node/conversationHandle";
import type { ConversationStore } from "../node/conversationStore";
import type { EntryRequest } from "../node/openConversation";
import { RunningAnswers, type RunningAnswersDeps } from "./runningAnswers";

export interface ChatControllerDeps extends RunningAnswersDeps {
  readonly store: ConversationStore;
  readonly activeModel: ActiveModel;
  /** What new conversations begin with. */
  readonly standardSettings: () => ConversationSettings;
}

/**
 * What the chat does, without a view: conversations and their answers. Every change goes through the store first, and
 * what is shown is always made from there.
 */
export class ChatController {
  private readonly subscriptions = new DisposableStore();
  private readonly answers: RunningAnswers;
  private readonly changes = this.subscriptions.add(new Emitter<string | null>());
  private readonly selectionChanges = this.subscriptions.add(new Emitter<string | null>());
  private readonly reveals = this.subscriptions.add(new Emitter<{ conversation: string; message: string }>());
  readonly onDidChangeGenerating;
  /** A conversation changed other than by deltas; null: several. */
  readonly onDidChange = this.changes.event;
  readonly onDidSelect = this.selectionChanges.event;
  /** An answer of this window has ended with status complete. */
  readonly onDidComplete;
  /** A message of the selected conversation is to be scrolled to. */
  readonly onReveal = this.reveals.event;
  readonly onDelta;
  /** What a message that is being written holds has changed otherwise than by a delta. */
  readonly onParts;
  readonly onLive;
  private selected: ConversationHandle | undefined;
  /** Counts selections, so that a slow one does not undo a later one. */
  private selections = 0;
  private closed = false;
  /** How the next new conversation will be answered. */
  private nextSettings: ConversationSettings | undefined;

  constructor(private readonly deps: ChatControllerDeps) {
    this.answers = new RunningAnswers(deps);
    this.onDidChangeGenerating = this.answers.onDidChangeGenerating;
    this.onDidComplete = this.answers.onDidComplete;
    this.onDelta = this.answers.onDelta;
    this.onParts = this.answers.onParts;
    this.onLive = this.answers.onLive;
    this.subscriptions.add(deps.store.onDidChange(({ id }) => this.storeChanged(id)));
  }

  get generating(): boolean {
    return this.answers.generating;
  }

  get selectedId(): string | null {
    return this.selected?.id ?? null;
  }

  /** An answer of this window is being written into the message. */
  isAnswering(message: string): boolean {
    return this.answers.isAnswering(message);
  }

  /** A newer version wrote parts of the selected conversation. */
  hasNewerEntries(): boolean {
    return this.selected?.hasNewerEntries() ?? false;
  }

  /** The shown path of the selected conversation, with what an answer has made up to now. */
  shown(): ShownMessage[] {
    if (this.selected === undefined) return [];
    const { id } = this.selected;
    const conversation = this.selected.conversation();
    return withVersions(conversation, shownMessages(conversation)).map((message) => {
      const parts = this.answers.partsOf(id, message.id);
      return parts === undefined ? message : { ...message, parts };
    });
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
   * @param model that answers this once.
   */
  async send(
    conversation: string | null,
    text: string,
    attached: readonly Part[] = [],
    model: ModelId = this.deps.activeModel.current().id,
  ): Promise<string> {
    const { texts, store } = this.deps;
    const askedAt = performance.now();
    if (text.trim() === "") throw new PaddockError("invalid-message", texts.emptyMessage);
    const question = randomUUID();
    const parts: Part[] = [{ type: "text", text }, ...attached];
    const asked = { t: "message", id: question, role: "user", parts } as const;
    if (conversation !== null) {
      await this.withFree(
        conversation,
        (handle) => this.ask(handle, question, [{ ...asked, parent: handle.conversation().leaf }], askedAt, model),
        () => parts,
        model,
      );
      return conversation;
    }
    const settings = this.nextSettings ?? this.deps.standardSettings();
    await this.deps.planner.refuseTooLarge(parts, model, settings);
    const handle = store.create();
    this.show(handle);
    const title = titleFrom(text);
    this.nextSettings = undefined;
    const entries: EntryRequest[] = [
      { t: "created" },
      { t: "title", title, by: "question" },
      ...(changedSettings(settings).length === 0 ? [] : [{ t: "settings" as const, settings }]),
      { ...asked, parent: null },
    ];
    await this.ask(handle, question, entries, askedAt, model);
    return handle.id;
  }

  /** Ends the answer of one conversation in this window; what there is stays. */
  stop(conversation: string): void {
    this.answers.stop(conversation);
  }

  /** The answer of the selected conversation, or, when it has none, every answer of this window. */
  stopSelected(): void {
    if (!this.answers.stop(this.selectedId ?? "")) this.answers.stopAll();
  }

  stopAll(): void {
    this.answers.stopAll();
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
    const askedAt = performance.now();
    await this.withFree(conversation, (handle) => {
      const target = this.find(handle, message);
      const question = target.role === "user" ? target.id : target.parent;
      if (question === null) throw new PaddockError("unsupported", this.deps.texts.messageGone);
      return this.ask(handle, question, [], askedAt, model);
    });
  }

  /** Asks something else in place of a question; the earlier one and all that followed it stay, as another version. */
  async edit(conversation: string, message: string, text: string): Promise<void> {
    const askedAt = performance.now();
    if (text.trim() === "") throw new PaddockError("invalid-message", this.deps.texts.emptyMessage);
    const edited = (handle: ConversationHandle): Part[] => [
      { type: "text", text },
      ...this.find(handle, message).parts.filter(({ type }) => type !== "text"),
    ];
    await this.withFree(
      conversation,
      (handle) => {
        const { role, parent } = this.find(handle, message);
        if (role !== "user") throw new PaddockError("unsupported", this.deps.texts.messageGone);
        const id = randomUUID();
        return this.ask(handle, id, [{ t: "message", id, role, parent, parts: edited(handle) }], askedAt);
      },
      edited,
    );
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
    const askedAt = performance.now();
    await this.withFree(conversation, (handle) => {
      const target = this.find(handle, message);
      const brokeOff =
        target.status === "interrupted" ||
        target.status === "stopped" ||
        (target.status === "complete" && target.stopReason === "maxTokens");
      if (target.role !== "assistant" || !brokeOff || handle.conversation().leaf !== message) {
        throw new PaddockError("unsupported", this.deps.texts.cannotContinue);
      }
      const { activeModel, planner, texts } = this.deps;
      const { id: model } = activeModel.current();
      const path = pathTo(handle.conversation(), message);
      if (planner.isNotTold(path, model))
        throw new PaddockError("unsupported", texts.answerStays, { remedy: texts.answerStaysRemedy });
      const resume: EntryRequest = { t: "resume", id: message, kept: partsLength(target.parts), model };
      const stored = handle.append([resume], { durable: true });
      return this.answers.start(handle, { message, model, path, kept: target.parts, askedAt }, stored);
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
    this.answers.stop(conversation);
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
    this.answers.dispose();
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
    askedAt: number,
    model: ModelId = this.deps.activeModel.current().id,
  ): Promise<void> {
    const message = randomUUID();
    const answer: EntryRequest = { t: "message", id: message, parent: question, role: "assistant", parts: [], model };
    const stored = handle.append([...entries, answer], { durable: true });
    const path = pathTo(handle.conversation(), question);
    return this.answers.start(handle, { message, model, path, kept: [], askedAt }, stored);
  }

  private storeChanged(id: string | null): void {
    this.answers.settle();
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

  /**
   * With the conversation as it is in its file now, unless an answer is under way in it.
   * @param question refused where it is too large for any prompt of the model.
   */
  private async withFree(
    conversation: string,
    use: (handle: ConversationHandle) => Promise<void>,
    question?: (handle: ConversationHandle) => readonly Part[],
    model: ModelId = this.deps.activeModel.current().id,
  ): Promise<void> {
    const { texts, planner } = this.deps;
    const handle = await this.open(conversation);
    try {
      await handle.refresh();
      if (question !== undefined) await planner.refuseTooLarge(question(handle), model, handle.conversation().settings);
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
