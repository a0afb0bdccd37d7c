import path from "node:path";
import type * as vscode from "vscode";
import type { EmbeddedEngine } from "./engine/client/embeddedEngine";
import type { DownloadsRoom } from "./models/host/downloadsRoom";
import type { ModelsRoom } from "./models/host/models";
import { preflight } from "./models/node/ggufPreflight";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { contentsOf } from "./picker/core/candidate";
import type { CandidateSource } from "./picker/core/candidateSource";
import { createPicker, type PickerRoom } from "./picker/host/picker";
import { machineCalibrator } from "./picker/node/machineCalibrator";
import type { TextGate } from "./picker/host/workspaceText";
import { describeError } from "./platform/host/errorWords";
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
}

/** The picker with what it needs of the other rooms. */
export function createPicking(rooms: PickingRooms): PickerRoom {
  const { context, engine, models, registry, downloads, inspector, settings, gate, log } = rooms;
  const { active, store } = models;
  const measuring = engine.measuring({
    check: (file, signal) => preflight(file, signal),
    folder: path.join(context.globalStorageUri.fsPath, "measuring"),
  });
  return createPicker({
    extensionUri: context.extensionUri,
    storage: context.globalStorageUri,
    memento: context.globalState,
    measuring,
    calibrator: machineCalibrator({ measuring, folder: path.join(context.globalStorageUri.fsPath, "calibration") }),
    backend: () => settings.current["engine.gpu"],
    contextSize: () => settings.current["engine.contextSize"],
    localModels: async () =>
      (await store.ready()).models
        .filter(({ content }) => !content.usable || content.facts.kind === "model")
        .map(({ name, parts }) => ({ name, files: parts })),
    active: {
      path: () => registry.known(active.current().id)?.path,
      onDidChange: active.onDidChange,
      use: (file) => {
        const bundled = registry.bundled().find((model) => model.path === file);
        return active.switchTo(bundled === undefined ? file : registry.settingOf(bundled));
      },
    },
    download: async ({ origin }) => {
      if (origin.kind === "hub") await downloads.download(origin.repository, origin.file);
    },
    inspect: (file) => inspector.open(file),
    gate,
    describeError,
    log,
  });
}

/** The models of a repository of the hub; of their files only the headers are read. */
export function repositorySource(downloads: Pick<DownloadsRoom, "read">, repository: string): CandidateSource {
  return {
    label: repository,
    list: (found, signal) =>
      downloads.read(
        repository,
        (model, headers) => {
          const [first] = model.files;
          if (first === undefined) return;
          found({
            id: `${repository}/${first.path}`,
            name: model.name.split("/").at(-1) ?? model.name,
            origin: { kind: "hub", repository, file: first.path },
            sizeBytes: model.sizeBytes,
            ...lookInto(headers),
          });
        },
        signal,
      ),
  };
}

function lookInto(headers: Parameters<Parameters<DownloadsRoom["read"]>[1]>[1]) {
  if (headers instanceof Error) return { contents: undefined, problem: headers.message };
  try {
    return { contents: contentsOf(headers), problem: undefined };
  } catch (error) {
    return { contents: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}
