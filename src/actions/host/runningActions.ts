import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { cancelled } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionProgress } from "../node/actionRun";
import type { Sending } from "./sending";

/** What a tooltip shows of what is being written. */
const maxPreview = 600;
const contextKey = "paddock.actionRunning";

export interface RunningAction {
  readonly signal: AbortSignal;
  report(progress: ActionProgress): void;
}

interface Running {
  /** "Paddock: fixing", with where text goes. */
  readonly what: string;
  /** The same, with who answers. */
  readonly whoAndWhat: string;
  progress: ActionProgress;
}

/** Says in the status bar what is being worked on and how far it is; a click or a command cancels. */
export class RunningActions implements Disposable {
  private readonly store = new DisposableStore();
  private readonly status: vscode.StatusBarItem;
  private readonly running = new Map<AbortController, Running>();

  constructor(private readonly sending: Pick<Sending, "agree">) {
    this.status = this.store.add(
      vscode.window.createStatusBarItem("paddock.action", vscode.StatusBarAlignment.Left, 9),
    );
    this.status.name = vscode.l10n.t("Paddock: running action");
    this.status.command = "paddock.cancelAction";
  }

  /**
   * @param name for people: "Paddock: fixing". Rejects with what `work` rejects with, and with `cancelled`.
   * @param destination where text goes that a model is asked, which a person has agreed to before the work begins;
   * undefined: it stays on this machine.
   * @param model who is asked, for people; undefined: no model is.
   */
  async run<T>(
    name: string,
    work: (action: RunningAction) => Promise<T>,
    destination?: string,
    model?: string,
  ): Promise<T> {
    if (destination !== undefined) await this.sending.agree(destination);
    const abort = new AbortController();
    const what = destination === undefined ? name : vscode.l10n.t("{0} at {1}", name, visibleText(destination));
    const whoAndWhat = model === undefined ? what : vscode.l10n.t("{0}, with {1}", what, visibleText(model));
    const state: Running = { what, whoAndWhat, progress: { phase: "waiting", text: "" } };
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
    const { what, whoAndWhat, progress } = newest;
    this.status.text = `$(loading~spin) ${what}: ${stateText(progress)}`;
    // A plain string: what a model writes is no Markdown here.
    const preview = visibleText(progress.text.slice(-maxPreview));
    const cancel = vscode.l10n.t("Click to cancel.");
    this.status.tooltip = [whoAndWhat, preview, cancel].filter((text) => text !== "").join("\n\n");
    // Without the count, which would be another label with each token.
    const label = vscode.l10n.t("{0}: {1}. Press Enter to cancel.", whoAndWhat, spokenState(progress));
    this.status.accessibilityInformation = { label, role: "button" };
    this.status.show();
  }
}

function stateText(progress: ActionProgress): string {
  return progress.phase === "writing" ? vscode.l10n.t("{0} characters", progress.text.length) : spokenState(progress);
}

function spokenState({ phase }: ActionProgress): string {
  switch (phase) {
    case "waiting":
      return vscode.l10n.t("waiting for the model");
    case "prompt":
      return vscode.l10n.t("reading the code");
    case "writing":
      return vscode.l10n.t("the model is writing");
  }
}
