import * as vscode from "vscode";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionRequest } from "../core/actionRequest";
import type { FittedAnswer } from "../core/fittedAnswer";
import { runAction } from "../node/actionRunner";
import type { ActionsDeps, CommitChange } from "./actionDeps";
import { refusalText, workingText } from "./actionTexts";
import type { RunningAction, RunningActions } from "./runningActions";

interface Written {
  readonly change: CommitChange;
  readonly answer: FittedAnswer;
  /** What stood in the box when the model was asked. */
  readonly before: string;
}

/** Writes the message for what is staged into the Source Control view's box; what stands there is not lost unasked. */
export class CommitBox {
  /** By repository, because Git gives out another box at each call: what was written by us, and may go for another try. */
  private readonly written = new Map<string, string>();

  constructor(
    private readonly deps: ActionsDeps,
    private readonly running: RunningActions,
  ) {}

  /** @param root the repository's folder, where the person clicked in its title. */
  async write(root: vscode.Uri | undefined): Promise<void> {
    const { deps } = this;
    const model = deps.model();
    const work = async ({ signal, report }: RunningAction): Promise<Written | undefined> => {
      const change = await deps.commitChange(root, signal);
      if (change === undefined) return undefined;
      const { files, recent, box } = change;
      const before = box.value;
      const typed = before.trim();
      const isOurs = this.isOurs(change);
      const request: ActionRequest = {
        kind: "commit",
        subject: { files, recent },
        // What somebody has begun to write says what the change is about.
        ...(typed === "" || isOurs ? {} : { instruction: `It is about this: ${typed.slice(0, 500)}` }),
        attempt: isOurs && typed !== "" ? 1 : 0,
      };
      const facts = await deps.facts(model.id, signal);
      const run = { backend: deps.backend, model: model.id, facts, request, signal, onProgress: report };
      const { answer } = await runAction(run);
      return { change, answer, before };
    };
    const what = vscode.l10n.t("Paddock: {0}", workingText("commit"));
    const found = await this.running.run(what, work, deps.destination(model.id));
    if (found === undefined) return;
    const { change, answer, before } = found;
    if (answer.kind !== "text" || answer.form !== "message") {
      const why = answer.kind === "refused" ? answer.why : "malformed";
      void vscode.window.showWarningMessage(refusalText(why, model.displayName));
      return;
    }
    await this.put(change, answer.text, before);
    this.tell(change);
  }

  private isOurs({ root, box }: CommitChange): boolean {
    return this.written.get(root.toString()) === box.value;
  }

  private async put(change: CommitChange, message: string, before: string): Promise<void> {
    const { box } = change;
    // What was typed while the model wrote counts as well.
    const isFree = box.value.trim() === "" || (box.value === before && this.isOurs(change));
    if (!isFree) {
      const replace = vscode.l10n.t("Replace What Is There");
      const above = vscode.l10n.t("Put It Above");
      const picked = await vscode.window.showQuickPick([replace, above], {
        title: visibleText(message.split("\n")[0] ?? ""),
        placeHolder: vscode.l10n.t("The box has a message already"),
        // A look at the box or the changes must not lose what a model took its time for.
        ignoreFocusOut: true,
      });
      if (picked === undefined) return;
      box.value = picked === above ? `${message}\n\n${box.value}` : message;
    } else box.value = message;
    this.written.set(change.root.toString(), box.value);
  }

  private tell({ staged, refused }: CommitChange): void {
    const notes = [
      ...(staged ? [] : [vscode.l10n.t("Nothing is staged: the message is about all changes.")]),
      ...(refused.length === 0
        ? []
        : [
            vscode.l10n.t(
              "Not shown to the model, because it may hold secrets: {0}.",
              refused.map(visibleText).join(", "),
            ),
          ]),
    ];
    if (notes.length > 0) void vscode.window.setStatusBarMessage(notes.join(" "), 10_000);
  }
}
