import path from "node:path";
import * as vscode from "vscode";
import * as v from "valibot";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { DeskPanel } from "../../platform/host/deskPanel";
import type { ErrorWords } from "../../platform/host/errorWords";
import type { CandidateSource } from "../core/candidateSource";
import type { CandidateDownloads } from "../core/downloadNeeds";
import type { GpuMemory } from "../core/machine";
import { keptSchema, limitsSchema, type LimitsView } from "../core/pickerContract";
import type { Calibrator, FileMeasuring } from "../core/measuringNeeds";
import { type LocalModel, modelsInFolder, readLocalModels } from "../node/localCandidates";
import { MeasurementStore } from "../node/measurementStore";
import { PickerDesk } from "../node/pickerDesk";
import type { ServerAsking } from "../node/serverSource";
import { machineKey, thisMachine } from "../node/thisMachine";
import { ServerQuestion } from "./askServer";
import { deskWords } from "./deskWords";
import { panelType, pickerPanel } from "./pickerPanel";
import { type TextGate, workspaceText } from "./workspaceText";

/** All that the picker is given. */
export interface PickerDeps {
  readonly extensionUri: vscode.Uri;
  /** The extension's storage on this machine, of all windows. */
  readonly storage: vscode.Uri;
  readonly memento: vscode.Memento;
  readonly measuring: FileMeasuring;
  readonly calibrator?: Calibrator;
  /** What the engine computes on, by llama.cpp's name, with its version: figures of another are other figures. */
  readonly backend: () => string;
  /** Tokens of a conversation, as the engine's setting says; 0: as the model was trained for, up to 8,192. */
  readonly contextSize: () => number;
  /** A source of another room by its key; undefined: it is none of theirs. */
  readonly reopen: (key: string) => CandidateSource | undefined;
  /** What those sources list is another list now, as of another hub. */
  readonly onDidChangeSources: Event<void>;
  /** The models on this machine, wherever they lie. */
  readonly localModels: () => Promise<readonly LocalModel[]>;
  readonly active: {
    /** The file of the model that is used now. */
    path(): string | undefined;
    readonly onDidChange: Event<void>;
    /** Loads a model and makes it the one that is used. */
    use(path: string): Promise<void>;
  };
  /** Of files that are not on this machine. */
  readonly downloads?: CandidateDownloads;
  readonly servers: ServerAsking;
  /** Shows what is in a file. */
  readonly inspect?: (path: string) => Promise<void>;
  readonly gate: TextGate;
  readonly describeError: (error: PaddockError) => ErrorWords;
  readonly log: Logger;
}

export interface PickerRoom extends Disposable {
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /** Shows the picker with what a source has, such as the files of a repository. */
  open(source: CandidateSource): Promise<void>;
  /** What is shown now, for tests; undefined: the picker is closed. */
  readonly desk: () => PickerDesk | undefined;
}

const LIMITS_KEY = "paddock.picker.limits";
const FOLDER_KEY = "folder:";

/** Which file of a model this machine and its person should run. */
export function createPicker(deps: PickerDeps): PickerRoom {
  const subscriptions = new DisposableStore();
  const store = new MeasurementStore(
    path.join(deps.storage.fsPath, "model-measurements.json"),
    () => machineKey(deps.backend()),
    deps.log,
  );
  const closing = new AbortController();
  const servers = new ServerQuestion(deps.servers, deps.memento);
  let open: { readonly desk: PickerDesk; readonly panel: DeskPanel } | undefined;

  let gpu: GpuMemory | undefined;
  /** Each time that the picker is asked for: settings may have put another backend in place. */
  const learnGpu = async (): Promise<void> => {
    try {
      gpu = await deps.measuring.gpuMemory(closing.signal);
      open?.desk.refresh();
    } catch (error) {
      if (!closing.signal.aborted) deps.log.warn(`picker: the GPU's memory is not known: ${String(error)}`);
    }
  };

  const folderSource = (folder: string): CandidateSource => ({
    label: vscode.workspace.asRelativePath(folder),
    key: `${FOLDER_KEY}${folder}`,
    list: async (found, signal) => readLocalModels(await modelsInFolder(folder), found, signal),
  });
  const localSource = (): CandidateSource => ({
    label: vscode.l10n.t("Models on this machine"),
    list: async (found, signal) => readLocalModels(await deps.localModels(), found, signal),
  });

  /** What was shown before a reload; what cannot be had again is undefined. */
  const sourceOf = (key: string): CandidateSource | undefined => {
    if (!key.startsWith(FOLDER_KEY)) return deps.reopen(key);
    const folder = key.slice(FOLDER_KEY.length);
    return path.isAbsolute(folder) ? folderSource(folder) : undefined;
  };

  const show = (existing?: vscode.WebviewPanel): PickerDesk => {
    void learnGpu();
    if (open !== undefined) {
      open.panel.reveal();
      return open.desk;
    }
    const desk = new PickerDesk({
      measuring: deps.measuring,
      calibrator: deps.calibrator,
      store,
      machine: () => thisMachine(gpu),
      limits: keptLimits(deps),
      keepLimits: (limits) => void deps.memento.update(LIMITS_KEY, limits),
      activePath: () => deps.active.path(),
      use: (file) => deps.active.use(file),
      downloads: deps.downloads,
      inspect: deps.inspect,
      workspaceText: (signal) => workspaceText(deps.gate, signal),
      words: deskWords(deps.describeError),
      log: deps.log,
    });
    const panel = pickerPanel(
      existing ??
        vscode.window.createWebviewPanel(panelType, vscode.l10n.t("Choose a quantization"), vscode.ViewColumn.Active, {
          retainContextWhenHidden: false,
        }),
      {
        extensionUri: deps.extensionUri,
        desk,
        chooseFolder: async () => {
          const folder = await askForFolder();
          if (folder !== undefined) await desk.open(folderSource(folder));
        },
        chooseServer: async () => {
          try {
            const source = await servers.ask();
            if (source !== undefined) await desk.open(source);
          } catch (error) {
            desk.tell(error);
          }
        },
        log: deps.log,
      },
      () => {
        desk.dispose();
        open = undefined;
      },
    );
    open = { desk, panel };
    return desk;
  };

  subscriptions.add(deps.active.onDidChange(() => open?.desk.refresh()));
  subscriptions.add(
    deps.onDidChangeSources(() => {
      const source = deps.reopen(open?.desk.view().sourceKey ?? "");
      if (source !== undefined) void open?.desk.open(source);
    }),
  );
  subscriptions.add(
    vscode.window.registerWebviewPanelSerializer(panelType, {
      deserializeWebviewPanel: (panel, state) => {
        const kept = v.safeParse(keptSchema, state);
        void show(panel).open((kept.success ? sourceOf(kept.output.sourceKey) : undefined) ?? localSource());
        return Promise.resolve();
      },
    }),
  );
  return {
    commands: {
      openPicker: (given) =>
        show().open(
          given instanceof vscode.Uri && given.scheme === "file" ? folderSource(folderOf(given.fsPath)) : localSource(),
        ),
      compareServerModels: async (address) => {
        const source = await servers.ask(typeof address === "string" ? address : undefined);
        if (source !== undefined) await show().open(source);
      },
    },
    open: (source) => show().open(source),
    desk: () => open?.desk,
    dispose: () => {
      closing.abort();
      open?.panel.dispose();
      subscriptions.dispose();
    },
  };
}

/** A model file stands for its siblings. */
function folderOf(file: string): string {
  return /\.gguf$/i.test(file) ? path.dirname(file) : file;
}

async function askForFolder(): Promise<string | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t("Choose a folder with model files"),
      openLabel: vscode.l10n.t("Compare Its Files"),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return folder?.fsPath;
}

/** As the person left them; what was kept by another version may have another form. */
function keptLimits({ memento, contextSize }: PickerDeps): LimitsView {
  const kept = v.safeParse(limitsSchema, memento.get(LIMITS_KEY));
  if (kept.success) return kept.output;
  const size = contextSize();
  return {
    contextSize: Math.max(256, size === 0 ? 8192 : size),
    promptTokens: 1000,
    leastTg: null,
    leastContext: null,
    mostMemoryBytes: null,
  };
}
