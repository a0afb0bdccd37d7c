import path from "node:path";
import type * as vscode from "vscode";
import type { EmbeddedEngine } from "./engine/client/embeddedEngine";
import type { DownloadsRoom } from "./models/host/downloadsRoom";
import type { ModelsRoom } from "./models/host/models";
import { preflight } from "./models/node/ggufPreflight";
import { HubHttp } from "./models/node/hubHttp";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { createPicker, type PickerRoom } from "./picker/host/picker";
import { machineCalibrator } from "./picker/node/machineCalibrator";
import type { TextGate } from "./picker/host/workspaceText";
import { describeError } from "./platform/host/errorWords";
import { candidateDownloads, pickerMeasuring, reopenRepository, serverAsking } from "./pickingSources";
import type { Logger } from "./platform/core/logger";
import type { SettingsService } from "./platform/host/settingsService";

export interface PickingRooms {
  readonly context: vscode.ExtensionContext;
  readonly engine: EmbeddedEngine;
  readonly models: ModelsRoom;
  readonly registry: ModelRegistry;
  readonly downloads: DownloadsRoom;
  readonly inspector: { open(file: string): Promise<void> };
  readonly settings: SettingsService;
  readonly gate: TextGate;
  readonly log: Logger;
  /** Of the extension, for servers' logs. */
  readonly version: string;
}

/** A server that is there answers its list at once. */
const SERVER_SILENCE_MS = 10_000;

/** The picker with what it needs of the other rooms. */
export function createPicking(rooms: PickingRooms): PickerRoom {
  const { context, engine, models, registry, downloads, inspector, settings, gate, log, version } = rooms;
  const { active, store } = models;
  const measuring = engine.measuring({
    // An estimate loads nothing, and what is too large for this machine is just what it is to tell.
    check: (file, signal, purpose) => preflight(file, signal, purpose === "load" ? undefined : Infinity),
    folder: path.join(context.globalStorageUri.fsPath, "measuring"),
  });
  return createPicker({
    extensionUri: context.extensionUri,
    storage: context.globalStorageUri,
    memento: context.globalState,
    measuring: pickerMeasuring(measuring),
    calibrator: machineCalibrator({ measuring, folder: path.join(context.globalStorageUri.fsPath, "calibration") }),
    backend: () => settings.current["engine.gpu"],
    contextSize: () => settings.current["engine.contextSize"],
    reopen: (key) => reopenRepository(downloads, key),
    // Where settings are kept on another machine, they may also come after a picker that a reload brought back.
    onDidChangeSources: (listener) =>
      settings.onDidChange(({ changed }) => {
        if (changed.has("models.hubEndpoint")) listener();
      }),
    localModels: async () =>
      (await store.ready()).models
        .filter(({ content }) => !content.usable || content.facts.kind === "model")
        .map(({ name, parts }) => ({ name, files: parts })),
    active: {
      path: () => registry.fileOf(active.current().id),
      onDidChange: active.onDidChange,
      use: (file) => {
        const bundled = registry.bundled().find((model) => model.path === file);
        return active.switchTo(bundled === undefined ? file : registry.settingOf(bundled));
      },
    },
    downloads: candidateDownloads(downloads),
    servers: serverAsking(new HubHttp(`paddock/${version}`, SERVER_SILENCE_MS)),
    inspect: (file) => inspector.open(file),
    gate,
    describeError,
    log,
  });
}
