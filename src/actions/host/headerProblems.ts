import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { ownActionForm } from "../core/ownAction";
import type { ActionsDeps } from "./actionDeps";
import { unknownModelText, unknownValueText } from "./actionTexts";

/** Says in a prompt file, while it is written, what of its header no action would understand. */
export class HeaderProblems implements Disposable {
  private readonly store = new DisposableStore();
  private readonly problems = this.store.add(vscode.languages.createDiagnosticCollection("paddock.actions"));

  constructor(private readonly deps: Pick<ActionsDeps, "promptHeader" | "modelNamed">) {
    const { workspace } = vscode;
    this.store.add(workspace.onDidOpenTextDocument((document) => this.show(document)));
    this.store.add(workspace.onDidChangeTextDocument(({ document }) => this.show(document)));
    this.store.add(workspace.onDidCloseTextDocument(({ uri }) => this.problems.delete(uri)));
    for (const document of workspace.textDocuments) this.show(document);
  }

  dispose(): void {
    this.store.dispose();
  }

  private show(document: vscode.TextDocument): void {
    const fields = this.deps.promptHeader(document);
    if (fields === undefined) return;
    const form = ownActionForm(fields);
    const found = (form?.unknown ?? []).map((value) =>
      problemAt(document, value.field, unknownValueText(value), vscode.DiagnosticSeverity.Error),
    );
    if (form?.model !== undefined && this.deps.modelNamed(form.model) === undefined) {
      // Other products' files name models that are not here; the action runs all the same.
      found.push(problemAt(document, "model", unknownModelText(), vscode.DiagnosticSeverity.Information));
    }
    this.problems.set(document.uri, found);
  }
}

/** At the line of the field, which is the first one of that name. */
function problemAt(
  document: vscode.TextDocument,
  field: string,
  words: string,
  severity: vscode.DiagnosticSeverity,
): vscode.Diagnostic {
  const lines = document.getText().split(/\r\n|\r|\n/u);
  const at = lines.findIndex((line) => line.toLowerCase().startsWith(field) && /^\s*:/u.test(line.slice(field.length)));
  const diagnostic = new vscode.Diagnostic(document.lineAt(Math.max(0, at)).range, words, severity);
  diagnostic.source = "Paddock";
  return diagnostic;
}
