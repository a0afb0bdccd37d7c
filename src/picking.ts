import path from "node:path";
import type * as vscode from "vscode";
import type { ProcessMeasuring } from "./engine/client/measuring";
import type { EmbeddedEngine } from "./engine/client/embeddedEngine";
import { mainRevision } from "./models/core/hubAddress";
import { type DownloadView, isActive } from "./models/core/downloadState";
import type { DownloadsRoom } from "./models/host/downloadsRoom";
import type { ModelsRoom } from "./models/host/models";
import type { WantedFiles } from "./models/node/downloads";
import { preflight } from "./models/node/ggufPreflight";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { type Candidate, contentsOf } from "./picker/core/candidate";
import type { CandidateSource } from "./picker/core/candidateSource";
import type { CandidateDownloads } from "./picker/core/downloadNeeds";
import type { FileMeasuring } from "./picker/core/measuringNeeds";
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
    downloads: candidateDownloads(downloads),
    inspect: (file) => inspector.open(file),
    gate,
    describeError,
    log,
  });
}

/** As the picker needs it: a machine whose GPUs have no memory has none. */
function pickerMeasuring(measuring: ProcessMeasuring): FileMeasuring {
  return {
    gpuMemory: async (signal) => {
      const memory = await measuring.gpuMemory(signal);
      return memory.totalBytes > 0 ? memory : undefined;
    },
    estimateMemory: (file, options) => measuring.estimateMemory(file, options),
    measureSpeed: (file, options) => measuring.measureSpeed(file, options),
    divergence: (request, options) => measuring.divergence(request, options),
  };
}

/** Downloads by the candidates that they are of. */
export function candidateDownloads(room: Pick<DownloadsRoom, "downloads" | "download">): CandidateDownloads {
  const { downloads } = room;
  const wanted = ({ origin }: Candidate): WantedFiles | undefined =>
    origin.kind === "hub"
      ? { source: { kind: "hub", repository: origin.repository, revision: mainRevision }, files: origin.parts }
      : undefined;
  const find = (candidate: Candidate): DownloadView | undefined => {
    const files = wanted(candidate);
    return files === undefined ? undefined : downloads.find(files);
  };
  return {
    progress: (candidate) => {
      const view = find(candidate);
      if (view === undefined || !isActive(view)) return undefined;
      return view.sizeBytes === 0 ? 0 : view.doneBytes / view.sizeBytes;
    },
    local: async (candidate) => {
      const files = wanted(candidate);
      return files === undefined ? undefined : downloads.downloaded(files);
    },
    start: async ({ origin }) => {
      const [first] = origin.kind === "hub" ? origin.parts : [];
      if (origin.kind === "hub" && first !== undefined) await room.download(origin.repository, first.path);
    },
    pause: (candidate) => {
      const view = find(candidate);
      if (view !== undefined) downloads.pause(view.id);
    },
    onDidChange: downloads.onDidChange,
    onDidFinish: downloads.onDidFinish,
  };
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
            origin: { kind: "hub", repository, parts: model.files },
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
