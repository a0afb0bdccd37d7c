import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import { ConversationStore } from "../node/conversationStore";
import { ChatController } from "./chatController";
import type { CreateChat } from "./chatDeps";
import { ChatPresenter } from "./chatPresenter";
import { ChatView, chatViewId } from "./chatView";
import { chatTexts } from "./texts";

export const createChat: CreateChat = (deps) => {
  const { log, describeError, activeModel } = deps;
  const texts = chatTexts();
  const subscriptions = new DisposableStore();
  const store = new ConversationStore({ folder: deps.storageDir, log });
  const controller = new ChatController({
    store,
    backend: deps.backend,
    activeModel,
    maxTokens: deps.maxTokens,
    describeError,
    texts,
    log,
  });
  const presenter = subscriptions.add(
    new ChatPresenter({
      controller,
      store,
      lifecycle: deps.lifecycle,
      activeModel,
      describeError,
      texts,
      memory: deps.memento,
      log,
    }),
  );
  const remembered = presenter.remembered;
  const ready = store.start().then(async () => {
    // It may have been removed in another window; then the list is what there is.
    if (remembered !== undefined) await controller.select(remembered).catch(() => undefined);
  });
  const view = subscriptions.add(
    new ChatView({
      extensionUri: deps.extensionUri,
      controller,
      presenter,
      texts,
      ready,
      runCommand: deps.runCommand,
      log,
    }),
  );
  subscriptions.add(
    vscode.window.registerWebviewViewProvider(chatViewId, view, { webviewOptions: { retainContextWhenHidden: false } }),
  );
  subscriptions.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) void ready.then(() => controller.refresh());
    }),
  );
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= controller.close());
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
