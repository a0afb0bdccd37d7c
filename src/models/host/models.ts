import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { ModelLifecycle, PortableBackend } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { Logger } from "../../platform/core/logger";
import type { SettingsService } from "../../platform/host/settingsService";
import type { ActiveDownloads } from "../core/activeDownloads";
import type { StoredModel } from "../core/storedModel";
import { DownloadFolder } from "../node/downloadFolder";
import type { FileHash } from "../node/hashInWorker";
import { HeaderCache } from "../node/headerCache";
import { findPlaces } from "../node/modelPlaces";
import type { ModelRegistry } from "../node/modelRegistry";
import { ModelStore } from "../node/modelStore";
import { ActiveModelService } from "./activeModelService";
import { type ChangeDeps, deleteModel, renameModel } from "./changeModel";
import { engineCommands, pickModel, pickModelFile } from "./modelCommands";
import { ModelRoles } from "./modelRoles";
import { ModelsView } from "./modelsView";
import { isNode, storeCommands } from "./storeCommands";
import { ownFolder, StoreWatch } from "./storeWatch";

/** All that the models room is given. */
export interface ModelsDeps {
  readonly registry: ModelRegistry;
  readonly settings: SettingsService;
  readonly lifecycle: ModelLifecycle;
  /** What a model can do, wherever it runs; see PortableBackend. */
  readonly capabilities: PortableBackend["capabilities"];
  /** What is on its way here. */
  readonly downloads?: ActiveDownloads;
  /** SHA-256 that the server of a downloaded file gave; undefined for any other file. */
  readonly downloadedHash?: (file: string) => Promise<string | undefined>;
  /** Hashes files, off the extension host's thread. */
  readonly hash: FileHash;
  /** Of Paddock. */
  readonly version: string;
  /** The extension's storage on this machine, of all windows. */
  readonly storage: vscode.Uri;
  readonly log: Logger;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
}

export interface ModelsRoom extends Disposable {
  readonly active: ActiveModelService;
  readonly store: ModelStore;
  readonly roles: ModelRoles;
  readonly view: ModelsView;
  /** As the commands do it, for a caller that has asked the person already. */
  readonly change: {
    rename(model: StoredModel, base: string): Promise<string>;
    delete(model: StoredModel, mayLose: () => Promise<boolean>): Promise<boolean>;
  };
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /** The file of an item of the view, as VS Code hands it to a command; undefined for anything else. */
  fileOf(given: unknown): vscode.Uri | undefined;
  /** Where Paddock's own models lie: a full path. */
  ownFolder(): string;
}

/** Which models there are on this machine, which of them is used, and what a person does with them. */
export function createModels(deps: ModelsDeps): ModelsRoom {
  const { registry, settings, lifecycle, downloads, storage, log, report } = deps;
  const downloadedHash = deps.downloadedHash ?? (() => Promise.resolve(undefined));
  const subscriptions = new DisposableStore();
  const own = (): string => ownFolder(settings.current["models.folder"], storage);
  const extra = (): readonly string[] => settings.current["models.extraFolders"];
  const store = subscriptions.add(
    new ModelStore({
      registry,
      places: () => findPlaces({ own: own(), extra: extra(), env: process.env, home: os.homedir() }),
      cache: new HeaderCache(path.join(storage.fsPath, "model-headers.json"), deps.version),
      log,
    }),
  );
  const active: ActiveModelService = subscriptions.add(
    new ActiveModelService({
      ...{ registry, store, settings, lifecycle, log, report },
      isUsedElsewhere: (model) => roles.rolesOf(model).some((role) => role !== "chat"),
    }),
  );
  const { capabilities } = deps;
  const roles = subscriptions.add(
    new ModelRoles({ registry, store, settings, lifecycle, active, capabilities, log, report }),
  );
  const watch = subscriptions.add(
    new StoreWatch({
      folders: () => [own(), ...extra().filter((folder) => path.isAbsolute(folder))],
      refresh: () => store.refresh(),
      isWanted: () => store.current !== undefined,
    }),
  );
  subscriptions.add(
    settings.onDidChange(({ changed }) => {
      if (changed.has("models.folder") || changed.has("models.extraFolders")) watch.restart();
    }),
  );
  const view = subscriptions.add(
    new ModelsView({
      store,
      downloads,
      elsewhere: () => registry.elsewhere(),
      state: (model) => lifecycle.state(model),
      holder: (role) => roles.holder(role),
      rolesOf: (model) => roles.rolesOf(model),
      crowded: () => roles.crowded(),
      onDidChange: [
        roles.onDidChange,
        registry.onDidChange,
        lifecycle.onDidChangeState,
        ...(downloads === undefined ? [] : [downloads.onDidChange]),
      ],
      assign: (role, idOrPath) => roles.assign(role, registry.fromSetting(idOrPath)).then(() => undefined, report),
      shown: () => {
        watch.lookAgain();
        void registry.lookElsewhere();
      },
    }),
  );
  const moved: ChangeDeps["moved"] = (from, to) =>
    new DownloadFolder(own())
      .moveChecksum(from, to)
      .catch((error: unknown) => log.warn(`A model's checksum was not kept: ${String(error)}`));
  const change: ChangeDeps = { store, lifecycle, roles, moved, log };
  return {
    active,
    store,
    roles,
    view,
    change: {
      rename: (model, base) => renameModel(model, base, change),
      delete: (model, mayLose) => deleteModel(model, change, mayLose),
    },
    fileOf: (given) => (isNode(given) && given.kind === "model" ? vscode.Uri.file(given.model.path) : undefined),
    ownFolder: own,
    commands: {
      ...engineCommands(active, store, lifecycle),
      ...storeCommands({ ...change, registry, settings, downloads, downloadedHash, hash: deps.hash }),
      switchModel: () => pickModel({ registry, store, active, lifecycle }),
      chooseModelFile: () => pickModelFile(active),
    },
    dispose: () => subscriptions.dispose(),
  };
}
