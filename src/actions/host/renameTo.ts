import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { currentName } from "../core/names";
import type { ActionsDeps } from "./actionDeps";
import { proposalLabel } from "./actionTexts";
import type { CodeTarget } from "./codeTarget";

/** A rename of one name that touches more files than this is a decision for the language's own dialog. */
const mostFiles = 20;

/**
 * Renames what the target defines, as the language's own extension knows where it is used; each file goes to review.
 * Without one the name is changed inside the selection only.
 */
export async function renameTo(deps: Pick<ActionsDeps, "propose">, target: CodeTarget, name: string): Promise<void> {
  const { document, range, subject } = target;
  const current = currentName(subject);
  if (current === undefined) {
    await vscode.env.clipboard.writeText(name);
    void vscode.window.showInformationMessage(
      vscode.l10n.t("{0} is on the clipboard: the selection has no name of its own that could be changed.", name),
    );
    return;
  }
  const word = new RegExp(`(?<![\\p{L}\\p{N}_$])${escaped(current)}(?![\\p{L}\\p{N}_$])`, "gu");
  const at = document.getText(range).search(word);
  const place = document.positionAt(document.offsetAt(range.start) + Math.max(0, at));
  const everywhere = await renamedEverywhere(document.uri, place, name);
  const label = proposalLabel("name", "");
  if (everywhere === undefined) {
    const base = subject.before + subject.selected + subject.after;
    const text = subject.before + subject.selected.replace(word, () => name) + subject.after;
    await deps.propose({ target: document.uri, change: { kind: "whole", text, base }, label });
    return;
  }
  for (const [uri, edits] of everywhere) {
    const changed = await vscode.workspace.openTextDocument(uri);
    const base = changed.getText();
    const text = withEdits(changed, edits);
    await deps.propose({ target: uri, change: { kind: "whole", text, base }, label });
  }
}

/** @returns undefined where the language has nobody who renames. @throws PaddockError for very many files. */
async function renamedEverywhere(
  uri: vscode.Uri,
  place: vscode.Position,
  name: string,
): Promise<[vscode.Uri, readonly vscode.TextEdit[]][] | undefined> {
  let edit: vscode.WorkspaceEdit | undefined;
  try {
    edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit | undefined>(
      "vscode.executeDocumentRenameProvider",
      uri,
      place,
      name,
    );
  } catch {
    // It says so by failing, too, where there is nothing to rename at this place.
    return undefined;
  }
  const entries = edit?.entries() ?? [];
  if (entries.length === 0) return undefined;
  if (entries.length > mostFiles) {
    throw new PaddockError("unsupported", vscode.l10n.t("This name is used in {0} files.", entries.length), {
      remedy: vscode.l10n.t("Use the editor's own “Rename Symbol” with the name {0}.", name),
    });
  }
  return entries;
}

function withEdits(document: vscode.TextDocument, edits: readonly vscode.TextEdit[]): string {
  const text = document.getText();
  const places = edits
    .map(({ range, newText }) => ({ from: document.offsetAt(range.start), to: document.offsetAt(range.end), newText }))
    .sort((a, b) => a.from - b.from);
  let at = 0;
  let result = "";
  for (const { from, to, newText } of places) {
    result += text.slice(at, from) + newText;
    at = to;
  }
  return result + text.slice(at);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&");
}
