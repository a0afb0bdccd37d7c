import { realpath } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import { workspacePath } from "../core/workspacePath";

/**
 * The files that a path may mean: one where it is plain, several where folders of the workspace have it each, none
 * where no folder is open. Rejects where the path may not be a target.
 */
export async function filesInWorkspace(raw: string, near: vscode.Uri | undefined): Promise<readonly vscode.Uri[]> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const parsed = workspacePath(raw);
  if (parsed.kind === "refused") {
    throw new PaddockError(
      "unsupported",
      vscode.l10n.t("“{0}” is not a file inside the workspace that may be changed.", visibleText(raw).slice(0, 200)),
      { remedy: vscode.l10n.t("Open the file that is meant and try again, or copy the code.") },
    );
  }
  const [first = "", ...rest] = parsed.segments;
  // In a workspace of several folders people write the folder's name first.
  const isNamed = (folder: vscode.WorkspaceFolder): boolean =>
    folders.length > 1 && rest.length > 0 && folder.name === first;
  const named = folders.filter(isNamed).map(({ uri }) => vscode.Uri.joinPath(uri, ...rest));
  const plain = folders.map(({ uri }) => vscode.Uri.joinPath(uri, ...parsed.segments));
  const existing: vscode.Uri[] = [];
  for (const uri of [...named, ...plain]) if (await exists(uri)) existing.push(uri);
  const choices = existing.length > 0 ? existing : named.length > 0 ? named : plain;
  if (near === undefined) return choices;
  // The editor in front says which of several is meant: the file itself, or one of the folder that the person is in.
  const own = vscode.workspace.getWorkspaceFolder(near)?.uri.toString();
  const nearby = choices.filter((uri) => vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() === own);
  const itself = choices.filter((uri) => uri.toString() === near.toString());
  return itself.length > 0 ? itself : nearby.length > 0 ? nearby : choices;
}

export async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** Rejects with a reason where the target is read-only, no text, or leads out of the workspace by a link. */
export async function checkTarget(uri: vscode.Uri, isNew: boolean): Promise<void> {
  if (uri.scheme === "untitled") return;
  const name = vscode.workspace.asRelativePath(uri);
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const readOnly = vscode.l10n.t("{0} is read-only.", name);
  if (vscode.workspace.fs.isWritableFileSystem(uri.scheme) !== true) throw new PaddockError("unsupported", readOnly);
  if (isNew && (folder === undefined || (await leadsOut(uri, folder.uri)))) {
    throw new PaddockError(
      "unsupported",
      vscode.l10n.t("{0} is outside the workspace's folders, so it is not made.", name),
    );
  }
  if (!isNew && folder !== undefined && (await leadsOut(uri, folder.uri))) {
    throw new PaddockError(
      "unsupported",
      vscode.l10n.t("{0} leads to a file outside the workspace, so it is not changed from here.", name),
      { remedy: vscode.l10n.t("Open that file itself and try again.") },
    );
  }
  if (isNew || !(await exists(uri))) return;
  const { permissions } = await vscode.workspace.fs.stat(uri);
  if (permissions !== undefined && (permissions & vscode.FilePermission.Readonly) !== 0) {
    throw new PaddockError("unsupported", readOnly);
  }
}

/** Whether links on the disk lead from inside the folder to somewhere else. */
async function leadsOut(uri: vscode.Uri, folder: vscode.Uri): Promise<boolean> {
  if (uri.scheme !== "file") return false;
  const root = await realpath(folder.fsPath).catch(() => undefined);
  if (root === undefined) return false;
  for (let at = uri.fsPath; ; at = path.dirname(at)) {
    const real = await realpath(at).catch(() => undefined);
    if (real !== undefined) {
      const relative = path.relative(root, real);
      return relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
    }
    if (at === path.dirname(at)) return true;
  }
}
