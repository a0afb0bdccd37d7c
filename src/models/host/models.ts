import os from "node:os";
import path from "node:path";
import type * as vscode from "vscode";
import type { ModelLifecycle } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { Logger } from "../../platform/core/logger";
import type { SettingsService } from "../../platform/host/settingsService";
import { HeaderCache } from "../node/headerCache";
import { findPlaces } from "../node/modelPlaces";
import type { ModelRegistry } from "../node/modelRegistry";
import { ModelStore } from "../node/modelStore";
import { ActiveModelService } from "./activeModelService";
import { engineCommands, pickModel, pickModelFile } from "./modelCommands";
import { ownFolder, StoreWatch } from "./storeWatch";

/** All that the models room is given. */
export interface ModelsDeps {
  readonly registry: ModelRegistry;
  readonly settings: SettingsService;
  readonly lifecycle: ModelLifecycle;
  /** The extension's storage on this machine, of all windows. */
  readonly storage: vscode.Uri;
  readonly log: Logger;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
}

export interface ModelsRoom extends Disposable {
  readonly active: ActiveModelService;
  readonly store: ModelStore;
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /** Where Paddock's own models lie: a full path. */
  ownFolder(): string;
}

/** Which models there are on this machine, which of them is used, and what a person does with them. */
export function createModels(deps: ModelsDeps): ModelsRoom {
  const { registry, settings, lifecycle, storage, log, report } = deps;
  const subscriptions = new DisposableStore();
  const own = (): string => ownFolder(settings.current["models.folder"], storage);
  const extra = (): readonly string[] => settings.current["models.extraFolders"];
  const store = subscriptions.add(
    new ModelStore({
      registry,
      places: () => findPlaces({ own: own(), extra: extra(), env: process.env, home: os.homedir() }),
      cache: new HeaderCache(path.join(storage.fsPath, "model-headers.json")),
      log,
    }),
  );
  const active = subscriptions.add(new ActiveModelService({ registry, store, settings, lifecycle, log, report }));
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
  return {
    active,
    store,
    ownFolder: own,
    commands: {
      ...engineCommands(active, lifecycle),
      switchModel: () => pickModel({ registry, store, active, lifecycle }),
      chooseModelFile: () => pickModelFile(active),
    },
    dispose: () => subscriptions.dispose(),
  };
}
