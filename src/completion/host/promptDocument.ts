import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import type { CompletionRecord } from "../core/completionRecord";
import { promptReport } from "../core/promptReport";
import { reasonWords } from "./reasonWords";

const scheme = "paddock-suggestion";
/** One document for all reports, so that a second look does not open a second one. */
const uri = vscode.Uri.from({ scheme, path: "/Prompt of the last suggestion.md" });

/** The report on the last suggestion as a read-only document, which nobody is asked to save. */
export class PromptDocument implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new vscode.EventEmitter<vscode.Uri>());
  readonly onDidChange = this.changes.event;
  private text = "";

  constructor() {
    this.subscriptions.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
  }

  provideTextDocumentContent(): string {
    return this.text;
  }

  /** Opens it as a preview. @param record undefined: nothing was asked for yet. */
  async show(record: CompletionRecord | undefined): Promise<void> {
    this.text = promptReport(record, reasonWords);
    this.changes.fire(uri);
    await vscode.workspace.openTextDocument(uri);
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}
