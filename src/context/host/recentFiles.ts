import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";

const most = 20;

/** The files that were last in front in this window, the latest first. */
export class RecentFiles {
  private readonly subscriptions = new DisposableStore();
  /** By URI; the latest last. */
  private readonly seen = new Map<string, vscode.Uri>();

  constructor() {
    this.subscriptions.add(vscode.window.onDidChangeActiveTextEditor((editor) => this.note(editor?.document.uri)));
    this.note(vscode.window.activeTextEditor?.document.uri);
  }

  /** What is open in tabs comes with it, since most of that was opened in an earlier session. */
  list(): vscode.Uri[] {
    const tabs = vscode.window.tabGroups.all.flatMap(({ tabs }) =>
      tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : [])),
    );
    const all = new Map([...this.seen.values()].reverse().map((uri) => [uri.toString(), uri]));
    for (const uri of tabs) if (!all.has(uri.toString())) all.set(uri.toString(), uri);
    return [...all.values()].slice(0, most);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private note(uri: vscode.Uri | undefined): void {
    if (uri === undefined) return;
    const key = uri.toString();
    this.seen.delete(key);
    this.seen.set(key, uri);
    const oldest = this.seen.keys().next().value;
    if (this.seen.size > most && oldest !== undefined) this.seen.delete(oldest);
  }
}
