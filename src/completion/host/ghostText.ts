import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { Reason } from "../core/reasons";
import type { Completions, NotSuggested, Suggested } from "../node/completions";
import type { PlaceRules } from "./placeRules";
import { snapshotOf } from "./snapshots";

/** VS Code tells of the cursor right after the text; where the cursor stays (Delete), it tells of the text only, ms. */
const CURSOR_MS = 8;

/** Where a suggestion was wanted last, and what became of it: what "Why No Suggestion?" explains. */
export interface LastAsked {
  readonly uri: string;
  readonly version: number;
  readonly position: vscode.Position;
  readonly outcome: Suggested | NotSuggested;
}

/** VS Code's inline suggestions: tells the completions of every change, and shows what they give. */
export class GhostText implements vscode.InlineCompletionItemProvider, Disposable {
  private readonly store = new DisposableStore();
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private edited: vscode.TextDocument | undefined;
  /** VS Code was asked to ask again, because a suggestion has grown: no person did. */
  private askedAgain: { readonly uri: string; readonly version: number } | undefined;
  last: LastAsked | undefined;

  constructor(
    private readonly completions: Completions,
    private readonly rules: PlaceRules,
  ) {
    this.store.add(vscode.languages.registerInlineCompletionItemProvider({ pattern: "**" }, this));
    this.store.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document === vscode.window.activeTextEditor?.document) this.soon(document);
      }),
    );
    this.store.add(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor !== vscode.window.activeTextEditor) return;
        if (this.edited === textEditor.document) this.flush();
        else this.tell(textEditor, "move");
      }),
    );
    this.store.add(
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor === undefined) this.completions.left();
        else this.tell(editor, "move");
      }),
    );
    this.store.add(completions.onDidGrow(({ uri }) => this.askAgain(uri)));
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    this.flush();
    const again = this.askedAgain?.uri === document.uri.toString() && this.askedAgain.version === document.version;
    this.askedAgain = undefined;
    const explicit = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke && !again;
    const { version } = document;
    const outcome = await this.outcome(
      document,
      position,
      explicit,
      context.selectedCompletionInfo !== undefined,
      token,
    );
    // VS Code asks anew for whatever changed meanwhile.
    if (token.isCancellationRequested) return [];
    this.last = { uri: document.uri.toString(), version, position, outcome };
    if (outcome.kind === "none") return [];
    return outcome.items.map(
      ({ text, replaces }) =>
        new vscode.InlineCompletionItem(text, new vscode.Range(position, position.translate(0, replaces))),
    );
  }

  /** Why the model is not asked at a place of an editor, whatever its text. */
  async reasonHere(editor: vscode.TextEditor): Promise<Reason | undefined> {
    return this.rules.against(editor.document);
  }

  dispose(): void {
    clearTimeout(this.flushing);
    this.store.dispose();
  }

  private async outcome(
    document: vscode.TextDocument,
    position: vscode.Position,
    explicit: boolean,
    suggestWidget: boolean,
    token: vscode.CancellationToken,
  ): Promise<Suggested | NotSuggested> {
    const editor = editorOf(document);
    if (editor !== undefined && (editor.selections.length > 1 || !editor.selection.isEmpty))
      return { kind: "none", reason: "selection" };
    const snapshot = snapshotOf(document, position, editor?.options);
    const against = await this.rules.against(document);
    if (against !== undefined) return { kind: "none", reason: against };
    const controller = new AbortController();
    const listener = token.onCancellationRequested(() => controller.abort());
    if (token.isCancellationRequested) controller.abort();
    try {
      return await this.completions.suggest(snapshot, { explicit, suggestWidget, signal: controller.signal });
    } finally {
      listener.dispose();
    }
  }

  private soon(document: vscode.TextDocument): void {
    this.edited = document;
    clearTimeout(this.flushing);
    this.flushing = setTimeout(() => this.flush(), CURSOR_MS);
  }

  private flush(): void {
    clearTimeout(this.flushing);
    const { edited } = this;
    this.edited = undefined;
    const editor = vscode.window.activeTextEditor;
    if (edited !== undefined && editor?.document === edited) this.tell(editor, "edit");
  }

  private tell(editor: vscode.TextEditor, what: "edit" | "move"): void {
    const { document, selection, selections, options } = editor;
    // What is not known yet is asked when VS Code asks for a suggestion.
    if (this.rules.known(document) !== "fine" || selections.length > 1 || !selection.isEmpty) {
      this.completions.left();
      return;
    }
    this.completions.changed(snapshotOf(document, selection.active, options), what);
  }

  /** Stable API has no way to say that a suggestion has grown but to have it asked for again. */
  private askAgain(uri: string): void {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.toString() !== uri || !vscode.window.state.focused) return;
    this.askedAgain = { uri, version: editor.document.version };
    void vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  }
}

function editorOf(document: vscode.TextDocument): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  return activeTextEditor?.document === document
    ? activeTextEditor
    : visibleTextEditors.find((editor) => editor.document === document);
}
