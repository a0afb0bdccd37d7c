import * as vscode from "vscode";
import { abortable } from "../../platform/core/abortable";
import { PaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import { currentName } from "../core/names";
import type { ActionsDeps } from "./actionDeps";
import { proposalLabel } from "./actionTexts";
import type { CodeTarget } from "./codeTarget";
import type { RunningActions } from "./runningActions";

/** A rename of one name that touches more files than this is a decision for the language's own dialog. */
const mostFiles = 20;
/** Of another extension's words. */
const mostSaid = 300;

/**
 * Renames what the target defines, as the language's own extension knows where it is used; each file goes to review.
 * Without one the name is changed inside the selection only.
 */
export async function renameTo(
  deps: Pick<ActionsDeps, "propose">,
  running: Pick<RunningActions, "run">,
  target: CodeTarget,
  name: string,
): Promise<void> {
  const { document, range, subject } = target;
  const current = currentName(subject);
  if (current === undefined) {
    await vscode.env.clipboard.writeText(name);
    void vscode.window.showInformationMessage(
      vscode.l10n.t("{0} is on the clipboard: the selection has no name of its own that could be changed.", name),
    );
    return;
  }
  checkUnchanged(target);
  const word = new RegExp(`(?<![\\p{L}\\p{N}_$])${escaped(current)}(?![\\p{L}\\p{N}_$])`, "gu");
  const at = document.getText(range).search(word);
  if (at < 0) {
    throw new PaddockError("unsupported", vscode.l10n.t("The name {0} is not in the selection.", current), {
      remedy: vscode.l10n.t("Use the editor's own “Rename Symbol” with the name {0}.", name),
    });
  }
  const place = document.positionAt(document.offsetAt(range.start) + at);
  const everywhere = await running.run(vscode.l10n.t("Paddock: renaming"), ({ signal, report }) => {
    report({ phase: "prompt", text: "" });
    return abortable(renamedEverywhere(document.uri, place, current, name), signal);
  });
  // The places of the edits are those of the text that the language's extension was asked about.
  checkUnchanged(target);
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

/** What the model was asked about is what is there. @throws PaddockError where it is not. */
function checkUnchanged({ document, version }: CodeTarget): void {
  if (!document.isClosed && document.version === version) return;
  throw new PaddockError("unsupported", vscode.l10n.t("The file was changed since, so nothing is renamed."), {
    remedy: vscode.l10n.t("Select the code again and run the action anew."),
  });
}

/**
 * @returns undefined where the language has nobody who renames.
 * @throws PaddockError where whoever renames refuses or fails, and for very many files.
 */
async function renamedEverywhere(
  uri: vscode.Uri,
  place: vscode.Position,
  current: string,
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
  } catch (error) {
    // Without a provider there is an empty edit; whoever fails knows why this name may not be changed.
    const said = visibleText(error instanceof Error ? error.message : String(error)).slice(0, mostSaid);
    const words = vscode.l10n.t("The language's extension did not rename {0}: {1}", current, said);
    throw new PaddockError("unsupported", words, {
      remedy: vscode.l10n.t("Nothing is changed. Try the editor's own “Rename Symbol” with the name {0}.", name),
      cause: error,
    });
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
