import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { cancelled } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionProgress } from "../node/actionRun";

/** What a tooltip shows of what is being written. */
const maxPreview = 600;
const contextKey = "paddock.actionRunning";

export interface RunningAction {
  readonly signal: AbortSignal;
  report(progress: ActionProgress): void;
}

/** Says in the status bar what is being worked on and how far it is; a click or a command cancels. */
export class RunningActions implements Disposable {
  private readonly store = new DisposableStore();
  private readonly status: vscode.StatusBarItem;
  private readonly running = new Map<AbortController, { readonly what: string; progress: ActionProgress }>();

  constructor() {
    this.status = this.store.add(
      vscode.window.createStatusBarItem("paddock.action", vscode.StatusBarAlignment.Left, 9),
    );
    this.status.name = vscode.l10n.t("Paddock: running action");
    this.status.command = "paddock.cancelAction";
  }

  /**
   * @param name for people: "Paddock: fixing". Rejects with what `work` rejects with, and with `cancelled`.
   * @param destination where text goes that a model is asked; undefined: it stays on this machine.
   */
  async run<T>(name: string, work: (action: RunningAction) => Promise<T>, destination?: string): Promise<T> {
    const abort = new AbortController();
    const what = destination === undefined ? name : vscode.l10n.t("{0} at {1}", name, visibleText(destination));
    const state = { what, progress: { phase: "waiting", text: "" } as ActionProgress };
    this.running.set(abort, state);
    this.show();
    try {
      const result = await work({
        signal: abort.signal,
        report: (progress) => {
          state.progress = progress;
          this.show();
        },
      });
      // Work that was done before it heard of it goes no further either.
      if (abort.signal.aborted) throw cancelled();
      return result;
    } finally {
      this.running.delete(abort);
      this.show();
    }
  }

  cancelAll(): void {
    for (const abort of this.running.keys()) abort.abort();
  }

  dispose(): void {
    this.cancelAll();
    this.store.dispose();
  }

  private show(): void {
    const newest = [...this.running.values()].at(-1);
    void vscode.commands.executeCommand("setContext", contextKey, newest !== undefined);
    if (newest === undefined) {
      this.status.hide();
      return;
    }
    const { what, progress } = newest;
    const state = stateText(progress);
    this.status.text = `$(loading~spin) ${what}: ${state}`;
    // A plain string: what a model writes is no Markdown here.
    const preview = visibleText(progress.text.slice(-maxPreview));
    const cancel = vscode.l10n.t("Click to cancel.");
    this.status.tooltip = preview === "" ? cancel : `${preview}\n\n${cancel}`;
    this.status.accessibilityInformation = { label: vscode.l10n.t("{0}. Cancel", what), role: "button" };
    this.status.show();
  }
}

function stateText({ phase, text }: ActionProgress): string {
  switch (phase) {
    case "waiting":
      return vscode.l10n.t("waiting for the model");
    case "prompt":
      return vscode.l10n.t("reading the code");
    case "writing":
      return vscode.l10n.t("{0} characters", text.length);
  }
}
