import * as vscode from "vscode";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionRequest } from "../core/actionRequest";
import { runAction } from "../node/actionRunner";
import type { ActionsDeps, CommitChange } from "./actionDeps";
import { refusalText, workingText } from "./actionTexts";
import type { RunningActions } from "./runningActions";

/** Writes the message for what is staged into the Source Control view's box; what stands there is not lost unasked. */
export class CommitBox {
  /** What was written by us, and may go for another try. */
  private readonly written = new WeakMap<CommitChange["box"], string>();

  constructor(
    private readonly deps: ActionsDeps,
    private readonly running: RunningActions,
  ) {}

  /** @param root the repository's folder, where the person clicked in its title. */
  async write(root: vscode.Uri | undefined): Promise<void> {
    const { deps } = this;
    const model = deps.model();
    const found = await this.running.run(vscode.l10n.t("Paddock: {0}", workingText("commit")), async (action) => {
      const { signal, report } = action;
      const change = await deps.commitChange(root, signal);
      if (change === undefined) return undefined;
      const { files, recent, box } = change;
      const typed = box.value.trim();
      const isOurs = this.written.get(box) === box.value;
      const request: ActionRequest = {
        kind: "commit",
        subject: { files, recent },
        // What somebody has begun to write says what the change is about.
        ...(typed === "" || isOurs ? {} : { instruction: `It is about this: ${typed.slice(0, 500)}` }),
        attempt: isOurs && typed !== "" ? 1 : 0,
      };
      const facts = await deps.facts(model.id, signal);
      const run = { backend: deps.backend, model: model.id, facts, request, signal, onProgress: report };
      return { change, outcome: await runAction(run), before: box.value };
    });
    if (found === undefined) return;
    const { change, outcome, before } = found;
    const { answer } = outcome;
    if (answer.kind !== "text" || answer.form !== "message") {
      const why = answer.kind === "refused" ? answer.why : "malformed";
      void vscode.window.showWarningMessage(refusalText(why, model.displayName));
      return;
    }
    await this.put(change.box, answer.text, before);
    this.tell(change);
  }

  private async put(box: CommitChange["box"], message: string, before: string): Promise<void> {
    // What was typed while the model wrote counts as well.
    const isFree = box.value.trim() === "" || this.written.get(box) === box.value;
    if (!isFree || (box.value !== before && box.value.trim() !== "")) {
      const replace = vscode.l10n.t("Replace What Is There");
      const above = vscode.l10n.t("Put It Above");
      const picked = await vscode.window.showQuickPick([replace, above], {
        title: visibleText(message.split("\n")[0] ?? ""),
        placeHolder: vscode.l10n.t("The box has a message already"),
      });
      if (picked === undefined) return;
      box.value = picked === above ? `${message}\n\n${box.value}` : message;
    } else box.value = message;
    this.written.set(box, box.value);
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
