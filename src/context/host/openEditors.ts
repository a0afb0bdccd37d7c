import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { refusal, together, type Taken } from "./taken";
import { nameOf, takeFile } from "./workspaceSources";

/** More open files than this are no choice any more. */
const most = 50;

/** What is open in tabs, once each, the groups from left to right; what is shown in no text editor too. */
export function openUris(): vscode.Uri[] {
  const uris = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.flatMap(({ input }) => uriOf(input)));
  const isFile = (uri: vscode.Uri): boolean =>
    uri.scheme === "untitled" ||
    uri.scheme === "file" ||
    uri.scheme === "vscode-remote" ||
    vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  return [...new Map(uris.filter(isFile).map((uri) => [uri.toString(), uri])).values()];
}

/** Of the tab in front: it is there before its text is, and a custom editor's file has no text editor. */
export function frontTabUri(): vscode.Uri | undefined {
  return uriOf(vscode.window.tabGroups.activeTabGroup.activeTab?.input)[0];
}

/** @throws PaddockError where nothing is open. */
export async function takeOpenEditors(): Promise<Taken> {
  const uris = openUris();
  if (uris.length === 0) {
    throw new PaddockError("unsupported", vscode.l10n.t("No file is open."), {
      remedy: vscode.l10n.t("Open a file and try again."),
    });
  }
  const all = await Promise.all(uris.slice(0, most).map(takeFile));
  const more = uris.slice(most);
  const tooMany = new PaddockError(
    "unsupported",
    vscode.l10n.t("More than {0} files are open; attach the ones that matter.", most),
  );
  return together([...all, ...more.map((uri) => refusal(nameOf(uri), tooMany))]);
}

function uriOf(input: unknown): vscode.Uri[] {
  if (input instanceof vscode.TabInputTextDiff) return [input.modified];
  if (
    input instanceof vscode.TabInputText ||
    input instanceof vscode.TabInputCustom ||
    input instanceof vscode.TabInputNotebook
  ) {
    return [input.uri];
  }
  return [];
}
