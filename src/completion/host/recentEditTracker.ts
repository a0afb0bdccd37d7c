import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import { type EditedRegion, RecentEdits } from "../core/recentEdits";
import { isWritten } from "./documentLines";

/** Follows where the person edits, in all documents of the window. */
export class RecentEditTracker implements vscode.Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly edits = new RecentEdits();

  constructor() {
    this.subscriptions.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0 || !isWritten(document.uri)) return;
        this.edits.changed(
          document.uri.toString(),
          contentChanges.map(({ range, text }) => ({
            from: range.start.line,
            to: range.end.line,
            lines: countLines(text),
          })),
        );
      }),
    );
    this.subscriptions.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.edits.forget(uri.toString())));
  }

  /** The latest first. */
  get regions(): readonly EditedRegion[] {
    return this.edits.regions;
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}

/** Without making an array of what somebody pasted. */
function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
