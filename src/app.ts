import path from "node:path";
import * as vscode from "vscode";
import { createChat } from "./chat/host/chat";
import type { Chat } from "./chat/host/chatDeps";
import { profilePrompts } from "./chat/host/profilePrompts";
import { KvFolder } from "./chat/node/kvFolder";
import { KvStates } from "./chat/node/kvStates";
import { type CompletionRoom, createCompletion } from "./completion/host/completion";
import { contextCommands } from "./context/host/contextCommands";
import { Syntax } from "./completion/node/syntax";
import { ReadingGate } from "./context/host/readingGate";
import { WorkspaceContext } from "./context/host/workspaceContext";
import { selectedText, takeFiles } from "./context/host/workspaceSources";
import { BlockApplier } from "./edits/host/applyBlock";
import { EditService } from "./edits/host/editService";
import { registerReviewCommands } from "./edits/host/reviewCommands";
import { EmbeddedEngine } from "./engine/client/embeddedEngine";
import { MachineTurns } from "./engine/client/machineTurns";
import { turnsPath } from "./engine/client/turnsPath";
import { ActiveModelService } from "./models/host/activeModelService";
import { pickModel, pickModelFile } from "./models/host/modelCommands";
import { ModelRegistry } from "./models/node/modelRegistry";
import { type Disposable, DisposableStore } from "./platform/core/disposables";
import { toPaddockError } from "./platform/core/errors";
import { eraseStorage } from "./platform/host/eraseStorage";
import { describeError, showError } from "./platform/host/errorWords";
import { OutputLog } from "./platform/host/log";
import { SettingsService } from "./platform/host/settingsService";
import { TimingHistory } from "./speed/core/timingHistory";
import { speedReport } from "./speed/core/speedReport";
import { createStatusBar } from "./speed/host/statusBar";
import type { TestApi } from "./testApi";

export interface App {
  /** Only where the in-host tests run. */
  readonly testApi: TestApi | undefined;
  /** Ends the engines and writes what is not yet on disk. */
  close(): Promise<void>;
}

/** The composition root: makes every room and hands each what it needs of the others. */
export async function createApp(context: vscode.ExtensionContext): Promise<App> {
  const started = performance.now();
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const log = store.add(new OutputLog());
  const report = (error: unknown): void => void showError(log, error);
  const settings = store.add(new SettingsService(log));
  const history = new TimingHistory();
  const registry = await ModelRegistry.open(context.asAbsolutePath(path.join("media", "models")));
  const engine = new EmbeddedEngine({
    enginePath: context.asAbsolutePath(path.join("dist", "engine.mjs")),
    models: registry,
    timings: history,
    log,
    turns: store.add(new MachineTurns({ path: () => turnsPath(), log })),
    settings: () => ({
      gpu: settings.current["engine.gpu"],
      gpuLayers: settings.current["engine.gpuLayers"],
      threads: settings.current["engine.threads"],
      contextSize: settings.current["engine.contextSize"],
      idleUnloadMinutes: settings.current["engine.idleUnloadMinutes"],
    }),
  });
  const active = store.add(new ActiveModelService({ registry, settings, lifecycle: engine, log, report }));
  const warmUp = (): void => {
    // Where it fails, the chat shows why; a message would interrupt somebody who has asked for nothing yet.
    engine
      .load(active.current().id, new AbortController().signal)
      .catch((error: unknown) => log.warn(`The model was not loaded ahead: ${toPaddockError(error).message}`));
  };
  const storageDir = path.join(context.globalStorageUri.fsPath, "chat");
  const kvStates = store.add(
    new KvStates({
      folder: new KvFolder(path.join(storageDir, "kv")),
      engine,
      capBytes: () => settings.current["chat.kvCacheDiskMegabytes"] * 1_000_000,
      log,
    }),
  );
  const workspaceContext = store.add(new WorkspaceContext(log));
  const edits = store.add(new EditService(context.workspaceState));
  store.add(registerReviewCommands(edits, report));
  const blocks = store.add(new BlockApplier(edits));
  const completion = store.add(
    createCompletion({
      backend: engine,
      lifecycle: engine,
      model: () => active.current(),
      onDidChangeModel: active.onDidChange,
      layout: (model) => registry.infillLayout(model),
      fileRules: ({ uri }) => {
        const own = settings.in(uri);
        return {
          enabled: own["completion.enabled"],
          languages: own["completion.languages"],
          exclude: own["completion.exclude"],
        };
      },
      settings: () => ({
        deadlineMs: settings.current["completion.deadlineMilliseconds"],
        maxTokens: settings.current["completion.maxTokens"],
        maxLines: settings.current["completion.maxLines"],
        leastProbability: settings.current["completion.leastProbability"],
        prefetch: settings.current["completion.prefetch"],
      }),
      onDidChangeSettings: (listener) =>
        settings.onDidChange(({ changed }) => {
          if ([...changed].some((key) => key.startsWith("completion."))) listener();
        }),
      setEnabled: (enabled) => settings.set("completion.enabled", enabled),
      isEnabled: () => settings.current["completion.enabled"],
      gate: store.add(new ReadingGate()),
      syntax: store.add(new Syntax(context.asAbsolutePath(path.join("dist", "grammars")), log)),
      memento: context.globalState,
      log,
    }),
  );
  const chat = store.add(
    createChat({
      extensionUri: context.extensionUri,
      storageDir,
      backend: kvStates,
      tokens: engine,
      kvStates,
      lifecycle: engine,
      activeModel: active,
      warmUp,
      maxTokens: () => settings.current["chat.maxTokens"],
      reasoningBudget: () => settings.current["chat.reasoningBudget"],
      useInstructions: (folder) => settings.in(folder)["chat.useInstructions"],
      ownPrompts: profilePrompts(context.globalStorageUri),
      context: workspaceContext,
      selection: selectedText,
      takeFiles,
      onDidChangeSettings: settings.onDidChange,
      applyCode: (block) => blocks.apply(block),
      describeError,
      memento: context.workspaceState,
      eraseOthers: () => eraseStorage(context, () => engine.unload(active.current().id)),
      forgetOthers: () => {
        workspaceContext.forget();
        completion.forget();
      },
      runCommand: async (command) => {
        await vscode.commands.executeCommand(`paddock.${command}`);
      },
      log,
    }),
  );
  store.add(
    createStatusBar({
      lifecycle: engine,
      history,
      model: () => active.current(),
      onDidChangeModel: active.onDidChange,
    }),
  );
  store.add(
    chat.onDidChangeGenerating(
      (generating) => void vscode.commands.executeCommand("setContext", "paddock.generating", generating),
    ),
  );
  registerCommands(store, {
    chat,
    completion,
    workspaceContext,
    engine,
    active,
    registry,
    history,
    log,
    report,
    extensionId: context.extension.id,
  });
  store.add(followEngineSettings(settings, engine, active, report));

  const activationMs = performance.now() - started;
  log.info(
    `Paddock ${String((context.extension.packageJSON as { version?: unknown }).version)} is ready in ${activationMs.toFixed(0)} ms.`,
  );
  return {
    testApi:
      context.extensionMode === vscode.ExtensionMode.Test
        ? {
            activationMs,
            activeModel: () => active.current().id,
            engine,
            chat,
            completion,
            edits,
            timings: () => history.all(),
          }
        : undefined,
    close: async () => {
      const chatClosed = chat.close();
      // The engine holds what is to be saved, so it goes last; this is bounded in time.
      await kvStates.close();
      await Promise.allSettled([chatClosed, engine.close()]);
    },
  };
}

interface CommandRooms {
  readonly chat: Chat;
  readonly completion: CompletionRoom;
  readonly workspaceContext: WorkspaceContext;
  readonly engine: EmbeddedEngine;
  readonly active: ActiveModelService;
  readonly registry: ModelRegistry;
  readonly history: TimingHistory;
  readonly log: OutputLog;
  readonly report: (error: unknown) => void;
  readonly extensionId: string;
}

function registerCommands(store: DisposableStore, rooms: CommandRooms): void {
  const { chat, engine, active, registry, history, log, report } = rooms;
  const add = (name: string, run: (...given: unknown[]) => unknown): void => {
    store.add(
      vscode.commands.registerCommand(`paddock.${name}`, async (...given: unknown[]) => {
        try {
          await run(...given);
        } catch (error) {
          report(error);
        }
      }),
    );
  };
  const whileLoading = (
    work: (id: ReturnType<typeof active.current>["id"], signal: AbortSignal) => Promise<unknown>,
  ): Thenable<unknown> =>
    vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Window,
        title: vscode.l10n.t("Paddock: loading {0}", active.current().displayName),
      },
      () => work(active.current().id, new AbortController().signal),
    );
  add("openChat", () => chat.focusInput());
  add("newConversation", () => chat.newConversation());
  for (const [name, run] of Object.entries(chat.commands)) add(name, run);
  for (const [name, run] of contextCommands(rooms.workspaceContext, (taken) => chat.attach(taken))) add(name, run);
  for (const [name, run] of Object.entries(rooms.completion.commands)) add(name, run);
  add("stopAnswer", () => chat.stop());
  add("switchModel", () => pickModel(registry, active, engine));
  add("chooseModelFile", () => pickModelFile(active));
  add("loadModel", async () => whileLoading((id, signal) => engine.load(id, signal)));
  add("unloadModel", () => engine.unload(active.current().id));
  add("restartEngine", async () => whileLoading((id, signal) => engine.restart(id, signal)));
  add("showLog", () => log.show());
  add("showSpeedDetails", async () => {
    const document = await vscode.workspace.openTextDocument({
      language: "markdown",
      content: speedReport(history.all()),
    });
    await vscode.commands.executeCommand("markdown.showPreview", document.uri);
  });
  add("openWalkthrough", () =>
    vscode.commands.executeCommand("workbench.action.openWalkthrough", `${rooms.extensionId}#start`, false),
  );
}

/** A change of the engine's switches takes effect when the model next loads; a loaded one starts anew once it is idle. */
function followEngineSettings(
  settings: SettingsService,
  engine: EmbeddedEngine,
  active: ActiveModelService,
  report: (error: unknown) => void,
): Disposable {
  const restarting = ["engine.gpu", "engine.gpuLayers", "engine.threads", "engine.contextSize"] as const;
  let wanted = false;
  const restartWhenIdle = (): void => {
    const { id } = active.current();
    const state = engine.state(id);
    if (!wanted || (state.status === "ready" && state.busy)) return;
    wanted = false;
    if (state.status === "ready") engine.restart(id, new AbortController().signal).catch(report);
  };
  const store = new DisposableStore();
  store.add(
    settings.onDidChange(({ changed }) => {
      wanted ||= restarting.some((key) => changed.has(key));
      restartWhenIdle();
    }),
  );
  store.add(engine.onDidChangeState(restartWhenIdle));
  return store;
}
