import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { PaddockError } from "../../platform/core/errors";
import type { ActionsDeps } from "./actionDeps";

/** An action that has run, as far as it can be asked for again. */
export interface RanAction {
  /** What it is called, for people. */
  readonly title: string;
  /** The model that answered. */
  readonly model: ModelId;
  /** Its answer goes to a review, which offers to ask again. */
  readonly isReviewed: boolean;
  /** @throws PaddockError where what it was about is not there any more as it was. */
  readonly check: () => void;
  /** Asks for the same; the model that answered tries again. */
  readonly repeat: (model: ModelId) => Promise<void>;
  /** Asks for the answer as the person wants it instead. */
  readonly refine: (wish: string) => Promise<void>;
}

const contextKey = "paddock.hasLastAction";
const reviewedKey = "paddock.lastActionIsReviewed";

/** What ran last, of whatever kind: it can be repeated with another model, and refined. */
export class LastAction {
  private last: RanAction | undefined;

  constructor(private readonly deps: Pick<ActionsDeps, "chooseModel" | "report">) {}

  set(action: RanAction): void {
    this.last = action;
    void vscode.commands.executeCommand("setContext", contextKey, true);
    void vscode.commands.executeCommand("setContext", reviewedKey, action.isReviewed);
  }

  /** With a model that the person chooses; with the same one it is another try. */
  async repeat(action = this.known()): Promise<void> {
    action.check();
    const model = await this.deps.chooseModel();
    if (model !== undefined) await action.repeat(model);
  }

  /** Changed as the person says. */
  async refine(action = this.known()): Promise<void> {
    action.check();
    const wish = await vscode.window.showInputBox({
      title: vscode.l10n.t("Refine: {0}", action.title),
      prompt: vscode.l10n.t("What should be different?"),
      ignoreFocusOut: true,
    });
    if (wish !== undefined && wish.trim() !== "") await action.refine(wish.trim());
  }

  /** Says why an answer is of no use, with what can be done about it. Nobody waits for the person. */
  offerMore(text: string, action: RanAction): void {
    const again = vscode.l10n.t("Try Again");
    const another = vscode.l10n.t("Another Model…");
    const refine = vscode.l10n.t("Refine…");
    const act = async (picked: string | undefined): Promise<void> => {
      if (picked === another) return this.repeat(action);
      if (picked === refine) return this.refine(action);
      if (picked !== again) return;
      action.check();
      await action.repeat(action.model);
    };
    void vscode.window.showWarningMessage(text, again, another, refine).then(act).then(undefined, this.deps.report);
  }

  private known(): RanAction {
    if (this.last !== undefined) return this.last;
    throw new PaddockError("unsupported", vscode.l10n.t("No action has run yet that could be repeated."), {
      remedy: vscode.l10n.t("Run one first, such as “Paddock: Fix”."),
    });
  }
}
