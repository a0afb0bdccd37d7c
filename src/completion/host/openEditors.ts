import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import { isWritten, openDocument } from "./documentLines";

const maxRemembered = 20;
const maxOthers = 4;

/** Languages whose code is written for each other. */
const families: readonly (readonly string[])[] = [
  ["typescript", "typescriptreact", "javascript", "javascriptreact", "vue", "svelte"],
  ["c", "cpp", "cuda-cpp", "objective-c", "objective-cpp"],
  ["java", "kotlin", "groovy", "scala"],
  ["css", "scss", "less"],
];

export interface OpenEditor {
  readonly uri: vscode.Uri;
  readonly languageId: string;
}

/** What is open in tabs, by when it was last in front. */
export class OpenEditors implements vscode.Disposable {
  private readonly subscriptions = new DisposableStore();
  /** URIs; the latest first. */
  private recent: readonly string[] = [];

  constructor() {
    this.subscriptions.add(vscode.window.onDidChangeActiveTextEditor((editor) => this.note(editor)));
    this.note(vscode.window.activeTextEditor);
  }

  /** A few open editors besides this document's, of its language or one that goes with it; the last used first. */
  others(document: vscode.TextDocument): readonly OpenEditor[] {
    const uris = vscode.window.tabGroups.all.flatMap(({ tabs }) =>
      tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : [])),
    );
    const tabs = [...new Map(uris.map((uri) => [uri.toString(), uri])).entries()];
    // Those not in front yet in this window come last, as their tabs stand.
    const age = (key: string): number => (this.recent.includes(key) ? this.recent.indexOf(key) : maxRemembered);
    return tabs
      .filter(([key, uri]) => key !== document.uri.toString() && isWritten(uri))
      .sort(([a], [b]) => age(a) - age(b))
      .flatMap(([key, uri]) => {
        const languageId = openDocument(key)?.languageId ?? languageByName(uri, document);
        return languageId !== undefined && areRelated(languageId, document.languageId) ? [{ uri, languageId }] : [];
      })
      .slice(0, maxOthers);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private note(editor: vscode.TextEditor | undefined): void {
    if (editor === undefined) return;
    const key = editor.document.uri.toString();
    this.recent = [key, ...this.recent.filter((one) => one !== key)].slice(0, maxRemembered);
  }
}

/** Of a tab whose text is not loaded: the document's language where the names end alike. */
function languageByName(uri: vscode.Uri, document: vscode.TextDocument): string | undefined {
  return extensionOf(uri) !== "" && extensionOf(uri) === extensionOf(document.uri) ? document.languageId : undefined;
}

function extensionOf({ path }: vscode.Uri): string {
  return /\.[^./]+$/u.exec(path)?.[0].toLowerCase() ?? "";
}

function areRelated(a: string, b: string): boolean {
  return a === b || families.some((family) => family.includes(a) && family.includes(b));
}
