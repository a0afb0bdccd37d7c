import type { ModelLifecycle } from "../../engine/backend";
import { type Disposable, DisposableStore, toDisposable } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { ActiveModel } from "../core/activeModel";
import type { AskedCall, ToolsView } from "../core/chatTools";
import type { ChatTexts } from "../core/chatTexts";
import type { PromptUsage } from "../core/promptUsage";
import { type GoesAlong, goesAlong, type TellingRules } from "../core/toldElsewhere";
import type { ShownMessage } from "../core/versions";
import type { Attachment, EngineView, Live, Notice, Steering, ViewState } from "../core/webviewContract";
import type { ConversationStore } from "../node/conversationStore";
import type { Attachments } from "./attachments";
import type { ChatController } from "./chatController";
import type { Presets } from "./presets";
import type { PromptPreview } from "./promptPreview";
import type { Delta } from "./runningAnswers";
import type { Toolbox } from "./toolbox";
import type { ToolConsent } from "./toolConsent";

/** The list changes with every answer's begin and end, of every conversation; nobody reads it faster than this. */
const listEveryMs = 100;
const draftDelayMs = 500;

/** What a view is told; its methods are the notifications of the webview's contract. */
export interface ChatAudience {
  view(state: ViewState): void;
  conversations(list: Pick<ViewState, "conversations" | "selected">): void;
  message(message: { conversation: string; message: ShownMessage }): void;
  delta(delta: Delta): void;
  live(live: Live): void;
  engine(engine: EngineView): void;
  notices(notices: Notice[]): void;
  steering(steering: Steering): void;
  attachments(attachments: Attachment[]): void;
  usage(usage: PromptUsage | null): void;
  tools(tools: ToolsView): void;
  asked(asked: AskedCall | null): void;
  goesAlong(goes: GoesAlong | null): void;
}

/** Survives a reload of the window. */
export interface ChatMemory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

export interface ChatPresenterDeps {
  readonly controller: ChatController;
  readonly store: ConversationStore;
  readonly presets: Presets;
  readonly lifecycle: Pick<ModelLifecycle, "state" | "onDidChangeState">;
  readonly activeModel: ActiveModel;
  readonly describeError: (error: PaddockError) => { readonly message: string; readonly remedy?: string };
  readonly attachments: Attachments;
  readonly preview: PromptPreview;
  readonly toolbox: Pick<Toolbox, "view" | "onDidChange">;
  readonly consent: Pick<ToolConsent, "waiting" | "onDidChange">;
  readonly telling: TellingRules;
  readonly texts: ChatTexts;
  readonly memory: ChatMemory;
  /** There is a workspace whose files are not to steer a model; absent: there is none such. */
  readonly isRestricted?: () => boolean;
  readonly log: Logger;
}

interface Told {
  readonly id: string;
  /** Absent: this window is making it, and it reaches the view as deltas, so its text says nothing of a change. */
  readonly message?: ShownMessage;
}

const draftKey = "paddock.chat.draft";
const selectedKey = "paddock.chat.selected";

/**
 * Keeps a view in step with the chat: everything at once when it asks, then only what changed. It can come and go at
 * any time; what was typed and not sent is kept here.
 */
export class ChatPresenter implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private audience: ChatAudience | undefined;
  /** What the audience has been told of the shown path. */
  private told: Told[] = [];
  private toldList = "";
  private toldNotices = "[]";
  private toldSteering = "";
  private toldTools = "";
  private toldGoesAlong = "null";
  private listTimer: ReturnType<typeof setTimeout> | undefined;
  private draftTimer: ReturnType<typeof setTimeout> | undefined;
  private draft: string;
  private readonly dismissed = new Set<string>();

  constructor(private readonly deps: ChatPresenterDeps) {
    const { controller, store, presets, lifecycle, activeModel, memory, attachments, preview, toolbox, consent } = deps;
    const draft = memory.get(draftKey);
    this.draft = typeof draft === "string" ? draft : "";
    preview.typed(this.draft);
    this.subscriptions.add(controller.onDidChange((id) => this.changed(id)));
    this.subscriptions.add(controller.onDidSelect((id) => this.selected(id)));
    this.subscriptions.add(controller.onDelta((delta) => this.delta(delta)));
    this.subscriptions.add(controller.onParts((place) => this.partsChanged(place)));
    this.subscriptions.add(controller.onLive((live) => this.live(live)));
    this.subscriptions.add(toolbox.onDidChange(() => this.tellTools()));
    this.subscriptions.add(activeModel.onDidChange(() => this.tellTools()));
    this.subscriptions.add(
      consent.onDidChange((id) => {
        if (id === controller.selectedId) this.audience?.asked(consent.waiting(id));
      }),
    );
    this.subscriptions.add(controller.onDidChangeGenerating(() => this.listSoon()));
    this.subscriptions.add(presets.onDidChange(() => this.tellSteering()));
    this.subscriptions.add(store.onDidChangeProblem(() => this.tellNotices()));
    this.subscriptions.add(
      attachments.onDidChange(() => {
        this.audience?.attachments(attachments.shown());
        this.tellGoesAlong();
      }),
    );
    this.subscriptions.add(preview.onDidChange((usage) => this.audience?.usage(usage)));
    this.subscriptions.add(activeModel.onDidChange(() => this.tellEngine()));
    this.subscriptions.add(
      lifecycle.onDidChangeState(({ model }) => {
        if (model === activeModel.current().id) this.tellEngine();
      }),
    );
  }

  /** The conversation that was selected before the window was reloaded. */
  get remembered(): string | undefined {
    const id = this.deps.memory.get(selectedKey);
    return typeof id === "string" ? id : undefined;
  }

  /** The next question of the selected conversation would take it somewhere that it has not been. */
  get takesAlong(): boolean {
    return (this.goesAlong()?.messages ?? 0) > 0;
  }

  attach(audience: ChatAudience): Disposable {
    this.audience = audience;
    const watching = this.deps.preview.watch();
    return toDisposable(() => {
      watching.dispose();
      if (this.audience === audience) this.audience = undefined;
    });
  }

  /** All there is to show; what is told afterwards builds on it. */
  state(): ViewState {
    const { controller } = this.deps;
    const messages = this.shown();
    this.told = messages.map((message) => this.tellingOf(message));
    const conversations = controller.conversations();
    const selected = controller.selectedId;
    this.toldList = JSON.stringify({ conversations, selected });
    const notices = this.notices();
    this.toldNotices = JSON.stringify(notices);
    const steering = this.steering();
    this.toldSteering = JSON.stringify(steering);
    const tools = this.tools();
    this.toldTools = JSON.stringify(tools);
    const along = this.goesAlong();
    this.toldGoesAlong = JSON.stringify(along);
    return {
      conversations,
      selected,
      messages,
      engine: this.engine(),
      notices,
      steering,
      draft: this.draft,
      attachments: this.deps.attachments.shown(),
      usage: this.deps.preview.current,
      tools,
      asked: selected === null ? null : this.deps.consent.waiting(selected),
      goesAlong: along,
    };
  }

  setDraft(text: string): void {
    this.draft = text;
    this.deps.preview.typed(text);
    this.draftTimer ??= setTimeout(() => this.saveDraft(), draftDelayMs);
  }

  /** The person trusts the workspace now. */
  trustChanged(): void {
    this.tellSteering();
  }

  /** Tells which tools there are, where they are others than was told. */
  tellTools(): void {
    const tools = this.tools();
    const said = JSON.stringify(tools);
    if (this.audience === undefined || said === this.toldTools) return;
    this.toldTools = said;
    this.audience.tools(tools);
  }

  dismissNotice(id: string): void {
    this.dismissed.add(id);
    this.tellNotices();
  }

  /** What was typed and selected here, which the window keeps, goes too. */
  forget(): void {
    clearTimeout(this.draftTimer);
    this.draftTimer = undefined;
    this.draft = "";
    this.deps.preview.typed("");
    this.deps.attachments.clear();
    this.remember(draftKey, undefined);
    this.remember(selectedKey, undefined);
  }

  dispose(): void {
    clearTimeout(this.listTimer);
    this.saveDraft();
    this.subscriptions.dispose();
    this.audience = undefined;
  }

  private changed(id: string | null): void {
    this.listSoon();
    const { controller } = this.deps;
    if (this.audience === undefined || (id !== null && id !== controller.selectedId)) return;
    this.tellSteering();
    const shown = this.shown();
    const samePath = this.told.every(({ id: told }, index) => shown[index]?.id === told);
    const conversation = controller.selectedId;
    if (!samePath || conversation === null) {
      this.audience.view(this.state());
      return;
    }
    for (const [index, message] of shown.entries()) {
      const telling = this.tellingOf(message);
      const told = this.told[index];
      if (told !== undefined && saysTheSame(told.message, telling.message)) continue;
      this.told[index] = telling;
      this.audience.message({ conversation, message });
    }
    this.tellNotices();
    this.tellGoesAlong();
  }

  private selected(id: string | null): void {
    this.audience?.view(this.state());
    this.remember(selectedKey, id ?? undefined);
  }

  private delta(delta: Delta): void {
    if (this.isShown(delta)) this.audience?.delta(delta);
  }

  private partsChanged(place: { readonly conversation: string; readonly message: string }): void {
    if (this.audience === undefined || !this.isShown(place)) return;
    const message = this.shown().find(({ id }) => id === place.message);
    if (message !== undefined) this.audience.message({ conversation: place.conversation, message });
  }

  private live(live: Live): void {
    if (this.isShown(live)) this.audience?.live(live);
  }

  private isShown({ conversation, message }: { conversation: string; message: string }): boolean {
    return conversation === this.deps.controller.selectedId && this.told.some(({ id }) => id === message);
  }

  private tellingOf(message: ShownMessage): Told {
    return this.deps.controller.isAnswering(message.id) ? { id: message.id } : { id: message.id, message };
  }

  private listSoon(): void {
    if (this.audience === undefined) return;
    this.listTimer ??= setTimeout(() => {
      this.listTimer = undefined;
      const { controller } = this.deps;
      const list = { conversations: controller.conversations(), selected: controller.selectedId };
      const said = JSON.stringify(list);
      if (said === this.toldList) return;
      this.toldList = said;
      this.audience?.conversations(list);
    }, listEveryMs);
  }

  private shown(): ShownMessage[] {
    const { controller, activeModel } = this.deps;
    const current = activeModel.current().id;
    return controller
      .shown()
      .map((message) =>
        message.model === undefined || message.model === current
          ? message
          : { ...message, otherModel: activeModel.nameOf(message.model) },
      );
  }

  private tools(): ToolsView {
    const { toolbox, activeModel, controller } = this.deps;
    return toolbox.view(activeModel.current().id, controller.settings());
  }

  private goesAlong(): GoesAlong | null {
    const { controller, activeModel, attachments, telling } = this.deps;
    const destination = telling.destinationOf(activeModel.current().id);
    if (destination === undefined) return null;
    return goesAlong(controller.shown(), attachments.carried().parts, destination, telling);
  }

  private tellGoesAlong(): void {
    const along = this.goesAlong();
    const said = JSON.stringify(along);
    if (this.audience === undefined || said === this.toldGoesAlong) return;
    this.toldGoesAlong = said;
    this.audience.goesAlong(along);
  }

  private tellEngine(): void {
    this.audience?.engine(this.engine());
    this.tellGoesAlong();
  }

  private steering(): Steering {
    const { controller, presets } = this.deps;
    return {
      settings: controller.settings(),
      presets: presets.list(),
      standard: presets.standard(),
      ...(this.deps.isRestricted?.() === true ? { restricted: true } : {}),
    };
  }

  private tellSteering(): void {
    const steering = this.steering();
    const said = JSON.stringify(steering);
    if (this.audience === undefined || said === this.toldSteering) return;
    this.toldSteering = said;
    this.audience.steering(steering);
    this.tellTools();
  }

  private tellNotices(): void {
    const notices = this.notices();
    const said = JSON.stringify(notices);
    if (this.audience === undefined || said === this.toldNotices) return;
    this.toldNotices = said;
    this.audience.notices(notices);
  }

  private notices(): Notice[] {
    const { store, controller, texts, describeError } = this.deps;
    const notices: Notice[] = [];
    const problem = store.problem();
    if (problem !== undefined) {
      const { message, remedy } = describeError(problem.error);
      const text = [message, remedy, problem.held > 0 ? texts.unsaved : undefined].filter(Boolean).join(" ");
      notices.push({ id: "storage", severity: "error", text, dismissible: false });
    }
    const newer = controller.selectedId === null ? undefined : `newer-${controller.selectedId}`;
    if (newer !== undefined && !this.dismissed.has(newer) && controller.hasNewerEntries()) {
      notices.push({ id: newer, severity: "info", text: texts.newerEntries, dismissible: true });
    }
    return notices;
  }

  private engine(): EngineView {
    const { activeModel, lifecycle, describeError } = this.deps;
    const { id, displayName: modelName, note } = activeModel.current();
    const state = lifecycle.state(id);
    if (state.status === "elsewhere") {
      const { destination } = state;
      return { status: "ready", modelName, ...(destination === undefined ? {} : { destination }) };
    }
    const view: EngineView = { status: state.status, modelName, ...(note === undefined ? {} : { modelNote: note }) };
    switch (state.status) {
      case "unloaded":
      case "ready":
        return view;
      case "loading":
        return { ...view, fraction: state.fraction };
      case "restarting":
        return { ...view, message: state.reason };
      case "failed":
        return { ...view, ...describeError(state.error) };
    }
  }

  private saveDraft(): void {
    if (this.draftTimer === undefined) return;
    clearTimeout(this.draftTimer);
    this.draftTimer = undefined;
    this.remember(draftKey, this.draft === "" ? undefined : this.draft);
  }

  private remember(key: string, value: string | undefined): void {
    this.deps.memory.update(key, value).then(undefined, (error: unknown) => {
      this.deps.log.warn(`${key} was not kept: ${String(error)}`);
    });
  }
}

/** A finished message comes from the store as the same object; only what may have changed is looked at as a whole. */
function saysTheSame(a: ShownMessage | undefined, b: ShownMessage | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (a.parts === b.parts) return JSON.stringify({ ...a, parts: [] }) === JSON.stringify({ ...b, parts: [] });
  return JSON.stringify(a) === JSON.stringify(b);
}
