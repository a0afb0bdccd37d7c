import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { abortable } from "../../platform/core/abortable";
import { plainLabel } from "../../platform/host/plainLabel";
import type { ActionKind } from "../core/actionKinds";
import { betterModel, isUseless, type MeasuredUse, measuredUse } from "../core/usefulness";
import type { ActionsDeps } from "./actionDeps";
import { actionTitle } from "./actionTexts";
import type { RunningActions } from "./runningActions";

type Deps = Pick<ActionsDeps, "model" | "modelsHere" | "findModel" | "report">;
type Choice = vscode.QuickPickItem & { readonly model: ModelId };

/** Which model does an action: the one in use, unless it is of no use with it and the person takes a better one. */
export class ModelForAction {
  /** By model and action, what the person was told and chose, for as long as the window is open. */
  private readonly chosen = new Map<string, ModelId>();

  constructor(
    private readonly deps: Deps,
    private readonly running: Pick<RunningActions, "run">,
  ) {}

  /** Rejects with `cancelled` where the action was, while models were looked for. */
  async get(kind: ActionKind): Promise<ModelId> {
    const { id, displayName } = this.deps.model();
    const use = measuredUse(id, kind);
    if (use === undefined || !isUseless(id, kind)) return id;
    const key = `${id} ${kind}`;
    if (this.chosen.get(key) === id) return id;
    const here = await this.running.run(vscode.l10n.t("Paddock: looking for a better model"), ({ signal }) =>
      abortable(this.deps.modelsHere(), signal),
    );
    const before = this.chosen.get(key);
    if (before !== undefined && (before === id || here.some((one) => one.id === before))) return before;
    // Of two that are asked for at once only the first asks.
    this.chosen.set(key, id);
    const better = betterModel(kind, id, here);
    const measured = vscode.l10n.t(
      "“{0}” was of use in {1} of {2} measured cases with {3}.",
      actionTitle(kind),
      use.useful,
      use.cases,
      displayName,
    );
    if (better === undefined) {
      this.tell(measured);
      return id;
    }
    const picked = await vscode.window.showQuickPick<Choice>(
      [
        {
          label: vscode.l10n.t("Use {0}", plainLabel(better.displayName)),
          description: reason(measuredUse(better.id, kind)),
          detail: vscode.l10n.t("For this action, until the window is closed"),
          model: better.id,
        },
        { label: vscode.l10n.t("Go On with {0}", plainLabel(displayName)), model: id },
      ],
      { title: measured, placeHolder: vscode.l10n.t("Another model on this machine may do it better") },
    );
    // Nobody is held up by a question: who leaves it goes on as they had begun.
    const model = picked?.model ?? id;
    this.chosen.set(key, model);
    return model;
  }

  /** There is nothing to choose, so nobody waits for an answer. */
  private tell(measured: string): void {
    const find = vscode.l10n.t("Find a Model…");
    void vscode.window
      .showInformationMessage(
        vscode.l10n.t("{0} There is no larger model on this machine that could do it better.", measured),
        find,
      )
      .then((picked) => (picked === find ? this.deps.findModel() : undefined))
      .then(undefined, this.deps.report);
  }
}

function reason(use: MeasuredUse | undefined): string {
  return use === undefined
    ? vscode.l10n.t("larger; nobody has measured it with this action")
    : vscode.l10n.t("of use in {0} of {1} measured cases", use.useful, use.cases);
}
