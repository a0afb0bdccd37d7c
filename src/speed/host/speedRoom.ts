import path from "node:path";
import * as vscode from "vscode";
import type { TimingSink } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { DeskPanel } from "../../platform/host/deskPanel";
import type { ErrorWords } from "../../platform/host/errorWords";
import type { PlanKeeper } from "../node/benchDesk";
import { cpuLoad } from "../node/cpuLoad";
import { RequestStore } from "../node/requestStore";
import { ResultStore } from "../node/resultStore";
import { SpeedDesk, type SpeedDeskNeeds, type SpeedModel } from "../node/speedDesk";
import type { TuningStore } from "../node/tuningStore";
import { askForModel, clearHistory, exportResults, importResults } from "./speedDialogs";
import { panelType, speedPanel } from "./speedPanel";
import { speedWords } from "./speedWords";

/** All that the room is given. */
export interface SpeedRoomDeps {
  readonly extensionUri: vscode.Uri;
  /** The extension's storage on this machine, of all windows. */
  readonly storage: vscode.Uri;
  /** Of this window's workspace. */
  readonly memento: vscode.Memento;
  readonly requests: RequestStore;
  readonly tunings: TuningStore;
  readonly measuring: Pick<SpeedDeskNeeds["bench"], "openSession"> &
    Pick<SpeedDeskNeeds["roofline"], "probe"> &
    Pick<SpeedDeskNeeds["tuning"], "divergence" | "generate">;
  readonly machine: SpeedDeskNeeds["machine"];
  readonly urgent: SpeedDeskNeeds["urgent"];
  readonly sampleText: SpeedDeskNeeds["tuning"]["sampleText"];
  /** That the system can use. */
  readonly cores: number;
  readonly models: () => Promise<readonly SpeedModel[]>;
  readonly active: { file(): string | undefined; readonly onDidChange: Event<void> };
  /** As the person knows a model. */
  readonly modelName: (id: string) => string;
  readonly describeError: (error: PaddockError) => ErrorWords;
  readonly log: Logger;
}

export interface SpeedRoom extends Disposable {
  /** By the name after "paddock."; an item of the Models view comes as the file it is. */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  readonly desk: SpeedDesk;
  /** Every real request's timings go here. */
  readonly requests: TimingSink;
  /** Deletes all that the room keeps. */
  erase(): Promise<void>;
  /** Ends what is measured and writes what is not yet on disk. */
  close(): Promise<void>;
}

/** How fast models are here, why, and what would make them faster. */
export function createSpeed(deps: SpeedRoomDeps): SpeedRoom {
  const subscriptions = new DisposableStore();
  const { measuring, tunings, requests, models, active, log } = deps;
  let known: readonly SpeedModel[] = [];
  const listed = async (): Promise<readonly SpeedModel[]> => (known = await models());
  const { openSession } = measuring;
  const tuningOf = (file: string) => tunings.ofFile(file);
  const desk = new SpeedDesk({
    bench: {
      ...{ openSession, busyCores: cpuLoad(), tuningOf },
      results: new ResultStore(path.join(deps.storage.fsPath, "benchmarks"), log),
      plans: planKeeper(deps),
      sizeOf: (file) => known.find((model) => model.file === file)?.sizeBytes,
    },
    roofline: { openSession, probe: measuring.probe, tuningOf },
    tuning: {
      ...{ openSession, divergence: measuring.divergence, generate: measuring.generate },
      store: tunings,
      sampleText: deps.sampleText,
      cores: deps.cores,
      now: () => performance.now(),
    },
    requests,
    models: listed,
    activeFile: () => active.file(),
    ...{ machine: deps.machine, urgent: deps.urgent },
    words: speedWords(deps),
    log,
  });
  let panel: DeskPanel | undefined;

  const show = (existing?: vscode.WebviewPanel): void => {
    // What there is to show comes as it is read; nobody waits for it.
    void desk.refresh();
    if (panel !== undefined) {
      panel.reveal();
      return;
    }
    panel = speedPanel(
      existing ??
        vscode.window.createWebviewPanel(panelType, vscode.l10n.t("Speed"), vscode.ViewColumn.Active, {
          retainContextWhenHidden: false,
        }),
      {
        ...{ extensionUri: deps.extensionUri, desk, log },
        exportResults: () => exportResults(desk),
        importResults: () => importResults(desk),
        clearHistory: async () => {
          await clearHistory(desk);
        },
      },
      () => {
        panel = undefined;
      },
    );
  };
  /** The model of an item of the Models view, else one that the person chooses. */
  const chosen = async (title: string, given: unknown): Promise<string | undefined> =>
    given instanceof vscode.Uri ? given.fsPath : askForModel(title, await listed(), active.file());

  subscriptions.add(active.onDidChange(() => void desk.refresh()));
  subscriptions.add(
    requests.onDidChange(() => {
      // A panel that is looked at follows; for nobody nothing is read.
      if (panel !== undefined) desk.refreshRequests().catch((error: unknown) => desk.fail(error));
    }),
  );
  subscriptions.add(
    vscode.window.registerWebviewPanelSerializer(panelType, {
      deserializeWebviewPanel: (existing) => {
        show(existing);
        return Promise.resolve();
      },
    }),
  );
  return {
    desk,
    requests,
    commands: {
      showSpeedPanel: () => show(),
      benchmarkModel: async (given) => {
        const file = await chosen(vscode.l10n.t("Benchmark Model"), given);
        if (file === undefined) return;
        show();
        desk.want("benchmark", file);
      },
      tuneModel: async (given) => {
        const file = await chosen(vscode.l10n.t("Tune Model for This Machine"), given);
        if (file === undefined) return;
        show();
        desk.want("tuning", file);
      },
      undoTuning: async (given) => {
        const file = given instanceof vscode.Uri ? given.fsPath : await askForTuned(desk, listed);
        if (file === undefined) return;
        const words = (await desk.undoTuning(file))
          ? vscode.l10n.t("The tuning of {0} is undone.", path.basename(file))
          : vscode.l10n.t("{0} is not tuned.", path.basename(file));
        void vscode.window.showInformationMessage(words);
      },
      exportBenchmarkResults: async () => {
        await desk.bench.load();
        if (desk.bench.all().length === 0)
          void vscode.window.showInformationMessage(vscode.l10n.t("There are no benchmark results yet."));
        else await exportResults(desk);
      },
      importBenchmarkResults: async () => {
        show();
        await importResults(desk);
      },
      clearSpeedHistory: async () => {
        if (await clearHistory(desk))
          void vscode.window.showInformationMessage(vscode.l10n.t("The speed history is deleted."));
      },
    },
    erase: async () => {
      await desk.clear();
      await tunings.clear();
    },
    close: async () => {
      await desk.close();
      await requests.flush();
    },
    dispose: () => {
      panel?.dispose();
      subscriptions.dispose();
      desk.dispose();
    },
  };
}

const PLAN_KEY = "paddock.speed.plan";

function planKeeper({ memento, log }: Pick<SpeedRoomDeps, "memento" | "log">): PlanKeeper {
  return {
    read: () => memento.get(PLAN_KEY),
    keep: async (plan) => {
      try {
        await memento.update(PLAN_KEY, plan);
      } catch (error) {
        log.warn(`What is missing of a benchmark could not be kept: ${String(error)}`);
      }
    },
  };
}

async function askForTuned(desk: SpeedDesk, listed: () => Promise<readonly SpeedModel[]>): Promise<string | undefined> {
  await listed();
  await desk.refresh();
  const { tuned } = desk.view().tune;
  if (tuned.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("No model is tuned."));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    tuned.map(({ id, model, what }) => ({ label: model, description: what, id })),
    { title: vscode.l10n.t("Undo Tuning") },
  );
  return picked?.id;
}
