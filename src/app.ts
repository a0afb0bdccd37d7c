import path from "node:path";
import * as vscode from "vscode";
import { type ActingRooms, actionsDeps, createActing } from "./acting";
import { createChat } from "./chat/host/chat";
import { profilePrompts } from "./chat/host/profilePrompts";
import { KvFolder } from "./chat/node/kvFolder";
import { KvStates } from "./chat/node/kvStates";
import { registerCommands } from "./commands";
import { createCompletion } from "./completion/host/completion";
import { Syntax } from "./completion/node/syntax";
import { ReadingGate } from "./context/host/readingGate";
import { WorkspaceContext } from "./context/host/workspaceContext";
import { selectedText, takeFiles } from "./context/host/workspaceSources";
import { joinDatabases } from "./databases";
import { BlockApplier } from "./edits/host/applyBlock";
import { EditService } from "./edits/host/editService";
import { registerReviewCommands } from "./edits/host/reviewCommands";
import type { ModelId, TimingSink } from "./engine/backend";
import { EmbeddedEngine } from "./engine/client/embeddedEngine";
import { RoutedBackend } from "./engine/client/routedBackend";
import { MachineTurns } from "./engine/client/machineTurns";
import { RoutedLifecycle } from "./engine/client/routedLifecycle";
import type { EngineSettings } from "./engine/client/supervisor";
import { turnsPath } from "./engine/client/turnsPath";
import { createDownloads, type DownloadsRoom } from "./models/host/downloadsRoom";
import { createInspector } from "./inspector/host/inspector";
import { createModels, type ModelsRoom } from "./models/host/models";
import { ownFolder } from "./models/host/storeWatch";
import { hashInWorker } from "./models/node/hashInWorker";
import { ModelRegistry } from "./models/node/modelRegistry";
import type { PickerRoom } from "./picker/host/picker";
import { type Disposable, DisposableStore } from "./platform/core/disposables";
import { toPaddockError } from "./platform/core/errors";
import { eraseStorage } from "./platform/host/eraseStorage";
import { describeError, showError } from "./platform/host/errorWords";
import { OutputLog } from "./platform/host/log";
import { SettingsService } from "./platform/host/settingsService";
import { ForeignModels } from "./native/host/foreignModels";
import { joinNative } from "./nativeChat";
import { createPicking } from "./picking";
import { repositorySource } from "./pickingSources";
import { createQuantizing } from "./quantizing";
import { createServers, type ServersRoom } from "./servers/host/serversRoom";
import { RoutedInfill } from "./servers/node/serverInfill";
import { createSpeeding } from "./speeding";
import { TimingHistory } from "./speed/core/timingHistory";
import { createStatusBar } from "./speed/host/statusBar";
import { RequestStore } from "./speed/node/requestStore";
import { isSchemaUri } from "./sql/core/schemaReference";
import type { TestApi } from "./testApi";
import { createTooling } from "./tooling";
import { staysHere } from "./tools/core/builtInTools";
import { ModelTunings } from "./tunings";

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
  const version = String((context.extension.packageJSON as { version?: unknown }).version);
  const report = (error: unknown): void => void showError(log, error);
  const settings = store.add(new SettingsService(log));
  const history = new TimingHistory();
  const registry = await ModelRegistry.open(context.asAbsolutePath(path.join("media", "models")));
  const engineSettings = (): EngineSettings => ({
    gpu: settings.current["engine.gpu"],
    gpuLayers: settings.current["engine.gpuLayers"],
    threads: settings.current["engine.threads"],
    contextSize: settings.current["engine.contextSize"],
    idleUnloadMinutes: settings.current["engine.idleUnloadMinutes"],
  });
  const storage = context.globalStorageUri;
  const backend = (): string => settings.current["engine.gpu"];
  const tunings = store.add(await ModelTunings.open({ storage, registry, backend, log }));
  const requests = new RequestStore(path.join(storage.fsPath, "requests.jsonl"), log);
  const timings: TimingSink = {
    record: (record) => {
      history.record(record);
      requests.record(record);
    },
  };
  const turns = store.add(new MachineTurns({ path: () => turnsPath(), log }));
  const engine = new EmbeddedEngine({
    enginePath: context.asAbsolutePath(path.join("dist", "engine.mjs")),
    models: tunings.resolver,
    tuningOf: tunings.of,
    log,
    turns,
    settings: engineSettings,
    timings,
  });
  const routed = new RoutedBackend(engine);
  const lifecycle = store.add(new RoutedLifecycle(engine, routed));
  const servers: ServersRoom = store.add(
    createServers({
      ...{ settings, secrets: context.secrets, timings, version, log },
      release: (names) => models.roles.releaseAll(names),
    }),
  );
  store.add(routed.add(servers.backend));
  store.add(registry.useElsewhere(servers.models));
  const foreign = store.add(new ForeignModels({ lm: vscode.lm, timings }));
  store.add(routed.add(foreign));
  store.add(registry.useElsewhere(foreign.models));
  const downloads: DownloadsRoom = store.add(
    createDownloads({
      settings,
      secrets: context.secrets,
      ownFolder: () => ownFolder(settings.current["models.folder"], context.globalStorageUri),
      use: (file) => models.active.switchTo(file),
      compare: (repository) => picker.open(repositorySource(downloads, repository)),
      version,
      log,
      report,
    }),
  );
  const models: ModelsRoom = store.add(
    createModels({
      registry,
      settings,
      lifecycle,
      capabilities: (model, signal) => routed.capabilities(model, signal),
      downloads: downloads.downloads,
      downloadedHash: (file) => downloads.downloads.checksumOf(file),
      hash: hashInWorker(context.asAbsolutePath(path.join("dist", "hashWorker.cjs"))),
      storage: context.globalStorageUri,
      version,
      log,
      report,
    }),
  );
  const { active } = models;
  const warmUp = (): void => {
    // One that runs elsewhere hears of nothing that nobody has asked.
    if (active.known.elsewhere !== undefined) return;
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
  const gate = store.add(new ReadingGate());
  const inspector = store.add(createInspector({ extensionUri: context.extensionUri, describeError, log }));
  const picker: PickerRoom = store.add(
    createPicking({ context, engine, models, registry, downloads, inspector, settings, gate, log, version }),
  );
  const speed = store.add(
    createSpeeding({
      ...{ context, engine, turns, models, registry, requests, gate, log },
      tunings: tunings.store,
    }),
  );
  const workspaceContext = store.add(new WorkspaceContext(log));
  const edits = store.add(new EditService(context.workspaceState));
  store.add(registerReviewCommands(edits, report));
  const blocks = store.add(new BlockApplier(edits));
  const databases = store.add(
    await joinDatabases({ context, engine, engineSettings, models, registry, settings, edits, log }),
  );
  const tools = store.add(createTooling({ engine, models, registry, requests, databases, gate, edits }));
  const quantizing = createQuantizing({ context, models, picker, settings, gate, log, report });
  const syntax = store.add(new Syntax(context.asAbsolutePath(path.join("dist", "grammars")), log));
  const infill = new RoutedInfill(engine, servers.backend);
  const completion = store.add(
    createCompletion({
      backend: infill,
      lifecycle,
      model: () => models.roles.completion(),
      onDidChangeModel: models.roles.onDidChangeCompletion,
      layout: (model) => registry.infillLayout(model) ?? infill.layout(model),
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
      gate,
      known: (document) => databases.chunksFor(document),
      syntax,
      memento: context.globalState,
      log,
    }),
  );
  const chat = store.add(
    createChat({
      extensionUri: context.extensionUri,
      storageDir,
      // Only what our own engine holds can be kept.
      backend: {
        chat: (request, options) => (routed.routeOf(options.model)?.backend ?? kvStates).chat(request, options),
      },
      tokens: routed,
      kvStates,
      tools,
      hasTools: async (model, signal) => (await routed.capabilities(model, signal)).tools,
      destination: (model) => routed.destination(model),
      staysHere: { tool: staysHere, reference: isSchemaUri },
      lifecycle,
      activeModel: active,
      warmUp,
      maxTokens: () => settings.current["chat.maxTokens"],
      reasoningBudget: () => settings.current["chat.reasoningBudget"],
      useInstructions: (folder) => settings.in(folder)["chat.useInstructions"],
      ownPrompts: profilePrompts(context.globalStorageUri),
      context: databases.inContext(workspaceContext),
      selection: selectedText,
      takeFiles,
      onDidChangeSettings: settings.onDidChange,
      applyCode: (block) => blocks.apply(block),
      runSql: (sql) => databases.runSql(sql),
      describeError,
      memento: context.workspaceState,
      eraseOthers: () =>
        eraseStorage(context, async () => {
          const [left] = await Promise.all([databases.erase(), downloads.erase(), speed.erase(), servers.erase()]);
          await Promise.all(engine.loadedModels().map((model) => engine.unload(model)));
          return left;
        }),
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
  const acting: ActingRooms = {
    ...{ backend: routed, lifecycle, models, registry, chat, edits },
    ...{ workspaceContext, syntax, settings, log, report },
    memento: context.workspaceState,
  };
  const actions = store.add(createActing(acting));
  const native = store.add(
    joinNative({
      ...{ extensionUri: context.extensionUri, backend: routed, lifecycle, registry, models, settings },
      ...{ actions: actionsDeps(acting), chat, databases, edits, history, log },
    }),
  );
  store.add(
    createStatusBar({
      lifecycle,
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
    actions,
    completion,
    workspaceContext,
    models,
    downloads,
    quantizing,
    picker,
    inspector,
    databases,
    speed,
    servers,
    native,
    history,
    log,
    report,
    extensionId: context.extension.id,
  });
  store.add(followEngineSettings(settings, tunings, engine, report));

  const activationMs = performance.now() - started;
  log.info(`Paddock ${version} is ready in ${activationMs.toFixed(0)} ms.`);
  return {
    testApi:
      context.extensionMode === vscode.ExtensionMode.Test
        ? {
            activationMs,
            chatStorage: storageDir,
            activeModel: () => active.current().id,
            engine,
            chat,
            actions,
            completion,
            models,
            downloads,
            inspector,
            edits,
            picker,
            databases,
            speed,
            servers,
            tools,
            timings: () => history.all(),
          }
        : undefined,
    close: async () => {
      const closed = Promise.all([chat.close(), downloads.close(), databases.close(), speed.close()]);
      // The engine holds what is to be saved, so it goes last; this is bounded in time.
      await kvStates.close();
      await Promise.allSettled([closed, engine.close()]);
    },
  };
}

/**
 * A change of the engine's switches, or of a model's tuning, takes effect when a model next loads; a loaded one starts
 * anew once it is idle.
 */
function followEngineSettings(
  settings: SettingsService,
  tunings: ModelTunings,
  engine: EmbeddedEngine,
  report: (error: unknown) => void,
): Disposable {
  const restarting = ["engine.gpu", "engine.gpuLayers", "engine.threads", "engine.contextSize"] as const;
  const wanted = new Set<ModelId>();
  const restartWhenIdle = (): void => {
    for (const model of wanted) {
      const state = engine.state(model);
      if (state.status === "ready" && state.busy) continue;
      wanted.delete(model);
      if (state.status === "ready") engine.restart(model, new AbortController().signal).catch(report);
    }
  };
  const store = new DisposableStore();
  store.add(
    settings.onDidChange(({ changed }) => {
      if (restarting.some((key) => changed.has(key))) for (const model of engine.loadedModels()) wanted.add(model);
      restartWhenIdle();
    }),
  );
  store.add(
    tunings.onDidChange((model) => {
      if (engine.loadedModels().includes(model)) wanted.add(model);
      restartWhenIdle();
    }),
  );
  store.add(engine.onDidChangeState(restartWhenIdle));
  return store;
}
