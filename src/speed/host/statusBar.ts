import * as vscode from "vscode";
import type { ModelId, ModelLifecycle, ModelState, TimingRecord } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { Event } from "../../platform/core/event";
import {
  formatBackend,
  formatBytes,
  formatMilliseconds,
  formatParameters,
  formatRate,
} from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import type { TimingHistory } from "../core/timingHistory";
import { memoryOf, statusOf } from "../core/status";

export interface StatusBarModel {
  readonly id: ModelId;
  readonly displayName: string;
}

export interface StatusBarDependencies {
  readonly lifecycle: ModelLifecycle;
  readonly history: TimingHistory;
  readonly model: () => StatusBarModel;
  readonly onDidChangeModel: Event<void>;
}

const tooltipCommands = [
  "paddock.openChat",
  "paddock.loadModel",
  "paddock.unloadModel",
  "paddock.switchModel",
  "paddock.restartEngine",
  "paddock.showSpeedDetails",
  "paddock.showSpeedPanel",
  "paddock.benchmarkModel",
  "paddock.showLog",
];

/** One status bar item: the model, its state, and the tg of its last answer. */
export function createStatusBar({ lifecycle, history, model, onDidChangeModel }: StatusBarDependencies): Disposable {
  const store = new DisposableStore();
  const item = store.add(vscode.window.createStatusBarItem("paddock.status", vscode.StatusBarAlignment.Right, 100));
  item.name = vscode.l10n.t("Paddock: model and speed");
  item.command = "paddock.openChat";

  const update = (): void => {
    const { id, displayName } = model();
    const state = lifecycle.state(id);
    const last = history.lastWithSpeed(id);
    const status = statusOf(state, last);
    const figure =
      status.tokensPerSecond !== null
        ? formatRate(status.tokensPerSecond)
        : status.percent !== null
          ? `${status.percent}%`
          : undefined;
    const words = stateWords(state);
    item.text = `$(${status.icon}) ${plain(displayName)}${figure === undefined ? "" : ` · ${figure}`}`;
    item.backgroundColor =
      status.severity === "error" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    item.tooltip = tooltip(displayName, words, state, last);
    item.accessibilityInformation = {
      label: vscode.l10n.t("Paddock, {0}: {1}{2}", displayName, words, figure === undefined ? "" : `, ${figure}`),
      role: "button",
    };
  };

  store.add(
    lifecycle.onDidChangeState((change) => {
      if (change.model === model().id) update();
    }),
  );
  store.add(history.onDidRecord(update));
  store.add(onDidChangeModel(update));
  update();
  item.show();
  return store;
}

function stateWords(state: ModelState): string {
  switch (state.status) {
    case "unloaded":
      return vscode.l10n.t("not loaded; the next question loads it");
    case "loading":
      return vscode.l10n.t("loading, {0}%", Math.floor(state.fraction * 100));
    case "ready":
      return state.busy ? vscode.l10n.t("working") : vscode.l10n.t("ready");
    case "elsewhere":
      return state.destination === undefined
        ? vscode.l10n.t("runs in another program")
        : vscode.l10n.t("what you ask goes to {0}", visibleText(state.destination));
    case "restarting":
      return vscode.l10n.t("starting again (attempt {0})", state.attempt);
    case "failed":
      return vscode.l10n.t("stopped");
  }
}

/** Names come from model files: they go in as text, and only our own commands can be linked. */
function tooltip(
  name: string,
  words: string,
  state: ModelState,
  last: TimingRecord | undefined,
): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: tooltipCommands };
  const line = (label: string, value: string): void => {
    text.appendMarkdown("\n\n");
    text.appendText(`${label}: ${value}`);
  };
  text.appendMarkdown("**");
  text.appendText(name);
  text.appendMarkdown("** — ");
  text.appendText(words);
  if (state.status === "ready") {
    const { info, engine, context } = state.loaded;
    const memory = memoryOf(state.loaded, last);
    line(
      vscode.l10n.t("Model"),
      vscode.l10n.t(
        "{0}, {1} parameters, {2}, file {3}",
        info.architecture,
        formatParameters(info.parameters),
        info.fileType,
        formatBytes(info.sizeBytes),
      ),
    );
    line(
      vscode.l10n.t("Memory"),
      memory.vram > 0
        ? vscode.l10n.t("{0} resident, {1} on the GPU (measured)", formatBytes(memory.rss), formatBytes(memory.vram))
        : vscode.l10n.t("{0} resident (measured)", formatBytes(memory.rss)),
    );
    line(
      vscode.l10n.t("Context"),
      last === undefined
        ? vscode.l10n.t("{0} tokens", context.contextSize.toLocaleString())
        : vscode.l10n.t(
            "{0} of {1} tokens used",
            last.machine.contextUsed.toLocaleString(),
            context.contextSize.toLocaleString(),
          ),
    );
    line(
      vscode.l10n.t("Backend"),
      vscode.l10n.t(
        "{0}, {1} threads, {2} of {3} layers on the GPU",
        formatBackend(engine.backend),
        context.threads,
        info.gpuLayers,
        info.layers,
      ),
    );
    text.appendMarkdown("\n\n");
    text.appendText(engine.backendReason);
  }
  if (state.status === "restarting") line(vscode.l10n.t("Why"), state.reason);
  if (state.status === "failed") {
    line(vscode.l10n.t("Why"), state.error.message);
    if (state.error.remedy !== undefined) {
      text.appendMarkdown("\n\n");
      text.appendText(state.error.remedy);
    }
  }
  if (last !== undefined) {
    const { timings } = last;
    const parts = [
      timings.ttft_ms === null ? undefined : `TTFT ${formatMilliseconds(timings.ttft_ms)}`,
      timings.prompt_per_second === null ? undefined : `pp ${formatRate(timings.prompt_per_second)}`,
      timings.predicted_per_second === null ? undefined : `tg ${formatRate(timings.predicted_per_second)}`,
    ].filter((part) => part !== undefined);
    line(vscode.l10n.t("Last answer"), vscode.l10n.t("{0} (measured)", parts.join(", ")));
  }
  text.appendMarkdown("\n\n---\n\n");
  const link = (label: string, command: string): string => `[${label}](command:${command})`;
  const loaded = state.status === "ready" || state.status === "loading";
  const load = loaded
    ? link(vscode.l10n.t("Unload"), "paddock.unloadModel")
    : link(vscode.l10n.t("Load"), "paddock.loadModel");
  text.appendMarkdown(
    [
      ...(state.status === "elsewhere" ? [] : [load]),
      ...(state.status === "failed" ? [link(vscode.l10n.t("Restart"), "paddock.restartEngine")] : []),
      link(vscode.l10n.t("Switch Model"), "paddock.switchModel"),
      link(vscode.l10n.t("Speed Details"), "paddock.showSpeedDetails"),
      link(vscode.l10n.t("Speed Panel"), "paddock.showSpeedPanel"),
      link(vscode.l10n.t("Benchmark"), "paddock.benchmarkModel"),
      link(vscode.l10n.t("Show Log"), "paddock.showLog"),
    ].join(" · "),
  );
  return text;
}

/** The status bar reads `$(name)` as an icon; a model's name must not. */
function plain(name: string): string {
  const bare = name.replace(/\$\(/g, "$ (").replace(/\p{C}/gu, "");
  return bare.length > 40 ? `${bare.slice(0, 39)}…` : bare;
}
