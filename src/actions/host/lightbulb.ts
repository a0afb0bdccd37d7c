import * as vscode from "vscode";
import type { CodeActionKind } from "../core/actionKinds";
import type { GivenTarget } from "./codeTarget";

/** What the lightbulb's entries run; arguments are not for the palette. */
export const runGivenCommand = "paddock.runGivenAction";

export interface GivenAction extends GivenTarget {
  readonly kind: CodeActionKind;
}

const rewrites: readonly (readonly [CodeActionKind, () => string])[] = [
  ["edit", () => vscode.l10n.t("Edit with Paddock…")],
  ["simplify", () => vscode.l10n.t("Simplify with Paddock")],
  ["document", () => vscode.l10n.t("Document with Paddock")],
  ["tests", () => vscode.l10n.t("Write Tests with Paddock")],
];

/** Offers a fix at a problem and rewrites at a selection. Nothing is asked of a model before one is chosen. */
export class Lightbulb implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.RefactorRewrite],
  };

  constructor(private readonly isOn: () => boolean) {}

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range | vscode.Selection,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    if (!this.isOn() || !isChangeable(document.uri)) return [];
    const { only } = context;
    const wants = (kind: vscode.CodeActionKind): boolean => only === undefined || only.contains(kind);
    // A document is asked about whenever it is saved; a model is not what that is for.
    if (context.triggerKind === vscode.CodeActionTriggerKind.Automatic && only !== undefined) return [];
    const found: vscode.CodeAction[] = [];
    const diagnostics = context.diagnostics.filter(({ severity }) => severity !== vscode.DiagnosticSeverity.Hint);
    const [first] = diagnostics;
    if (first !== undefined && wants(vscode.CodeActionKind.QuickFix)) {
      const given = { document, range: first.range, diagnostics };
      const fix = entry("fix", vscode.l10n.t("Fix with Paddock"), vscode.CodeActionKind.QuickFix, given);
      fix.diagnostics = [...diagnostics];
      const explain = entry("explain", vscode.l10n.t("Explain with Paddock"), vscode.CodeActionKind.QuickFix, given);
      explain.diagnostics = [...diagnostics];
      found.push(fix, explain);
    }
    if (range.isEmpty || !wants(vscode.CodeActionKind.RefactorRewrite)) return found;
    for (const [kind, title] of rewrites) {
      found.push(entry(kind, title(), vscode.CodeActionKind.RefactorRewrite, { document, range }));
    }
    return found;
  }
}

function entry(kind: CodeActionKind, title: string, as: vscode.CodeActionKind, given: GivenTarget): vscode.CodeAction {
  const action = new vscode.CodeAction(title, as);
  action.command = { title, command: runGivenCommand, arguments: [{ kind, ...given } satisfies GivenAction] };
  return action;
}

/** Not what only shows something: a diff's old side, an output. */
function isChangeable({ scheme }: vscode.Uri): boolean {
  return scheme === "untitled" || vscode.workspace.fs.isWritableFileSystem(scheme) === true;
}
