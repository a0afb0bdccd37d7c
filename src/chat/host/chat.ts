import { randomUUID } from "node:crypto";
import path from "node:path";
import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { DisposableStore } from "../../platform/core/disposables";
import type { TellingRules } from "../core/toldElsewhere";
import { ConversationStore } from "../node/conversationStore";
import { followKvStates } from "../node/followKvStates";
import { KeptAttachments } from "../node/keptAttachments";
import { PresetStore } from "../node/presetStore";
import { Attachments, isEmptyTaken } from "./attachments";
import { ChatController } from "./chatController";
import type { ChatDeps, CreateChat } from "./chatDeps";
import { ChatPresenter } from "./chatPresenter";
import { ConversationSearch } from "../node/conversationSearch";
import { MemoryCommands } from "./memoryCommands";
import { ModelTitles } from "./modelTitles";
import { ChatView, chatViewId } from "./chatView";
import { EngineMeter } from "./promptMeter";
import { Offers } from "./offers";
import { Presets } from "./presets";
import { promptFileCommands } from "./promptFileCommands";
import { PromptFiles } from "./promptFiles";
import { PromptPlanner } from "./promptPlanner";
import { PromptPreview } from "./promptPreview";
import { Toolbox } from "./toolbox";
import { ToolConsent } from "./toolConsent";
import { chatTexts, questionTooLarge } from "./texts";
import { readInstructions, withheldInstructions } from "./workspaceInstructions";
import { isRestricted } from "./workspaceTrust";

/** A storage that hangs must not keep the chat from showing or answering; what it has is shown when it comes. */
const patienceMs = 3_000;

const patiently = (work: Promise<void>): Promise<void> =>
  Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, patienceMs))]);

/** Names the window that a question is being written in, across its reloads. */
function windowName(memento: ChatDeps["memento"]): string {
  const known = memento.get(windowKey);
  if (typeof known === "string" && /^[0-9a-f-]{36}$/u.test(known)) return known;
  const name = randomUUID();
  void memento.update(windowKey, name);
  return name;
}

const windowKey = "paddock.chat.window";
const epochKey = "paddock.chat.epoch";

export const createChat: CreateChat = (deps) => {
  const { log, describeError, activeModel, kvStates } = deps;
  const texts = chatTexts();
  const subscriptions = new DisposableStore();
  const store = new ConversationStore({ folder: deps.storageDir, log });
  const presets = subscriptions.add(
    new Presets(new PresetStore(path.join(deps.storageDir, "presets.json"), log), texts),
  );
  const meter = new EngineMeter(deps.tokens, deps.lifecycle);
  const attachments = subscriptions.add(
    new Attachments(async (texts) => {
      const { id } = activeModel.current();
      const state = deps.lifecycle.state(id);
      // What it costs is worth knowing, but no reason to load a model or to hold up an answer.
      if (state.status !== "ready" || state.busy) return undefined;
      return meter.countTexts(texts, id, new AbortController().signal);
    }),
  );
  subscriptions.add(activeModel.onDidChange(() => void attachments.recount()));
  subscriptions.add(
    deps.lifecycle.onDidChangeState(({ model, state }) => {
      if (model === activeModel.current().id && state.status === "ready" && !state.busy) void attachments.countRest();
    }),
  );
  const consent = subscriptions.add(new ToolConsent());
  const { tools, hasTools: supports, destination } = deps;
  const toolbox = subscriptions.add(new Toolbox({ tools, supports, consent, destination }));
  subscriptions.add(
    deps.lifecycle.onDidChangeState(({ model, state }) => {
      if (state.status === "ready") toolbox.learn(model, state.loaded.info.can.tools);
    }),
  );
  const telling: TellingRules = {
    staysHere: deps.staysHere,
    // Conversations name models by the ids they had.
    destinationOf: (model) => destination(model as ModelId),
  };
  const planner = new PromptPlanner({
    maxTokens: deps.maxTokens,
    ...{ meter, telling, toolbox },
    tooLarge: questionTooLarge,
    reasoningBudget: deps.reasoningBudget,
    instructions: (signal) => readInstructions(deps.useInstructions, signal, log),
    withheld: (signal) => withheldInstructions(deps.useInstructions, signal),
  });
  const controller = new ChatController({
    store,
    backend: deps.backend,
    activeModel,
    standardSettings: () => presets.standardSettings(),
    ...{ planner, toolbox },
    describeError,
    texts,
    log,
  });
  const { lifecycle, onDidChangeSettings } = deps;
  const preview = subscriptions.add(
    new PromptPreview({ controller, planner, attachments, activeModel, lifecycle, meter, onDidChangeSettings }),
  );
  const presenter = subscriptions.add(
    new ChatPresenter({
      ...{ controller, preview, attachments, toolbox, consent, telling, store, presets },
      lifecycle: deps.lifecycle,
      activeModel,
      describeError,
      texts,
      memory: deps.memento,
      isRestricted,
      log,
    }),
  );
  subscriptions.add(vscode.workspace.onDidGrantWorkspaceTrust(() => presenter.trustChanged()));
  const search = subscriptions.add(new ConversationSearch(store));
  const prompts = new PromptFiles({
    ownFolder: deps.ownPrompts,
    selection: deps.selection,
    takeFiles: deps.takeFiles,
    runCommand: deps.runCommand,
    log,
  });
  subscriptions.add(
    new ModelTitles({
      store,
      backend: deps.backend,
      lifecycle: deps.lifecycle,
      onDidComplete: controller.onDidComplete,
      onDidChangeGenerating: controller.onDidChangeGenerating,
      log,
    }),
  );
  const keptAttachments = new KeptAttachments(path.join(deps.storageDir, "attached"), windowName(deps.memento), log);
  const restoreAttachments = async (): Promise<void> => {
    // Not waited for: the counts come when they come.
    void attachments.restore(await keptAttachments.read());
    let written = JSON.stringify(attachments.kept());
    subscriptions.add(
      attachments.onDidChange(() => {
        const kept = attachments.kept();
        const text = JSON.stringify(kept);
        // A count that came changes nothing of it.
        if (text !== written) void keptAttachments.write(kept);
        written = text;
      }),
    );
  };
  const keepEpoch = (): PromiseLike<void> => deps.memento.update(epochKey, store.epochName ?? undefined);
  const start = async (): Promise<void> => {
    await Promise.all([store.start(), presets.refresh(), restoreAttachments()]);
    subscriptions.add(followKvStates(store, kvStates));
    // All was deleted since this workspace was open last: what the window kept of it goes too.
    if (store.epochName !== null && deps.memento.get(epochKey) !== store.epochName) {
      deps.forgetOthers();
      presenter.forget();
    }
    await keepEpoch();
    const { remembered } = presenter;
    // It may have been removed in another window; then the list is what there is.
    if (remembered !== undefined && controller.selectedId === null)
      await controller.select(remembered).catch(() => undefined);
  };
  subscriptions.add(controller.onDidSelect((id) => kvStates.show(id, () => activeModel.current().id)));
  let started: Promise<void> | undefined;
  /** The storage is read when somebody wants to see it, not when the editor starts. */
  const ready = (): Promise<void> => {
    started ??= patiently(start());
    return started;
  };
  const offers = subscriptions.add(new Offers({ context: deps.context, prompts, attachments }));
  const view: ChatView = subscriptions.add(
    new ChatView({
      extensionUri: deps.extensionUri,
      ...{ controller, presenter, attachments, consent, offers, texts, presets },
      chooseModel: () => activeModel.chooseOther(),
      ready,
      warmUp: deps.warmUp,
      search,
      exportConversation: (conversation) => memory.exportOne(conversation),
      applyCode: deps.applyCode,
      runSql: deps.runSql,
      runCommand: deps.runCommand,
      log,
    }),
  );
  const memory: MemoryCommands = new MemoryCommands({
    store,
    controller,
    search,
    untitled: texts.untitled,
    ready,
    show: () => view.reveal(),
    eraseAll: async () => {
      await ready();
      controller.stopAll();
      await store.deleteEverything();
      return deps.eraseOthers();
    },
  });
  subscriptions.add(
    store.onDidForget(() => {
      search.clear();
      deps.forgetOthers();
      presenter.forget();
      view.restart();
      void keepEpoch();
    }),
  );
  subscriptions.add(
    vscode.window.registerWebviewViewProvider(chatViewId, view, { webviewOptions: { retainContextWhenHidden: false } }),
  );
  subscriptions.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) void started?.then(() => Promise.all([controller.refresh(), presets.refresh()]));
    }),
  );
  const promptCommands = promptFileCommands({
    prompts,
    ownFolder: deps.ownPrompts,
    ask: async (text, references) => {
      await ready();
      const parts = references.map((reference) => ({ type: "reference" as const, ...reference }));
      // Nobody at the input box has read what would go along.
      await controller.send(presenter.takesAlong ? null : controller.selectedId, text, parts);
      await view.focusInput();
    },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= Promise.all([controller.close(), keptAttachments.settled()]).then(() => undefined));
  return {
    get generating() {
      return controller.generating;
    },
    onDidChangeGenerating: controller.onDidChangeGenerating,
    focusInput: () => view.focusInput(),
    newConversation: async () => {
      controller.newConversation();
      await view.focusInput();
    },
    attach: async (taken) => {
      if (!isEmptyTaken(taken)) void attachments.add(taken);
      await view.focusInput();
    },
    ask: async (text, references = [], { model, conversation } = {}) => {
      await ready();
      if (conversation !== undefined) await controller.select(conversation);
      const parts = references.map((reference) => ({ type: "reference" as const, ...reference }));
      return controller.send(conversation ?? null, text, parts, model);
    },
    defaultSettings: async () => {
      await patiently(presets.refresh());
      return presets.standardSettings();
    },
    prompts,
    commands: { ...memory.commands, ...promptCommands },
    stop: () => {
      controller.stopSelected();
    },
    close,
    dispose: () => {
      subscriptions.dispose();
      void close();
    },
  };
};
