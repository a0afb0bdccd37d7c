import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { refusalOfPath, refusalOfSize, refusalOfText } from "../core/gate";
import { check } from "./gateChecks";
import { folderOutline } from "./folderOutline";
import { GitIgnored } from "./gitIgnored";
import { withProgress } from "./patience";
import { orRefusal, refusal, taken, together, type Taken } from "./taken";
import { nameOf, takeFile } from "./workspaceSources";

/** Something dropped or pasted on the chat; the same shape as the chat gives. */
export type Dropped =
  | { readonly kind: "uri"; readonly uri: string }
  | { readonly kind: "text"; readonly name: string; readonly text: string }
  | { readonly kind: "other"; readonly name: string; readonly mediaType: string };

/** More than this is a mistake of the hand. */
const most = 50;

/** Whoever drops something knows what it is, so it may lie outside the workspace; the gate asks all the same. */
export async function takeDropped(items: readonly Dropped[]): Promise<Taken> {
  const all = await Promise.all(items.slice(0, most).map(takeOne));
  if (items.length <= most) return together(all);
  const label = vscode.l10n.t("{0} more", items.length - most);
  const tooMany = new PaddockError("unsupported", vscode.l10n.t("{0} things can be attached at once.", most));
  return together([...all, refusal(label, tooMany)]);
}

/** A file's text or a folder's outline. */
export async function takeUri(uri: vscode.Uri): Promise<Taken> {
  const label = nameOf(uri);
  return orRefusal(label, async () => {
    if (!(await isFolder(uri))) return takeFile(uri);
    const title = vscode.l10n.t("Reading {0}", label);
    const outline = await withProgress(title, (signal) => folderOutline(uri, signal));
    return taken(outline, await new GitIgnored().isFolderIgnored(uri));
  });
}

async function takeOne(item: Dropped): Promise<Taken> {
  switch (item.kind) {
    case "uri":
      return orRefusal(item.uri, async () => takeUri(addressed(item.uri)));
    case "text":
      return orRefusal(item.name, () => {
        check(refusalOfPath(item.name));
        check(refusalOfSize(Buffer.byteLength(item.text)));
        check(refusalOfText(item.text));
        const uri = `paddock-context:dropped/${encodeURIComponent(item.name)}`;
        return Promise.resolve(taken({ label: item.name, uri, text: item.text }));
      });
    case "other":
      return refusal(
        item.name,
        item.mediaType.startsWith("image/")
          ? new PaddockError("unsupported", vscode.l10n.t("This model reads text only, so it can't see a picture."), {
              remedy: vscode.l10n.t("Describe in words what it shows, or copy the text in it into your question."),
            })
          : new PaddockError("unsupported", vscode.l10n.t("Only text can be attached, and this is none.")),
      );
  }
}

/** @throws PaddockError for an address that is none, or is not of a file that VS Code can read here. */
function addressed(text: string): vscode.Uri {
  const uri = parsed(text);
  const schemes = new Set(["file", "vscode-remote", "untitled"]);
  for (const folder of vscode.workspace.workspaceFolders ?? []) schemes.add(folder.uri.scheme);
  if (uri === undefined || !schemes.has(uri.scheme)) {
    throw new PaddockError("unsupported", vscode.l10n.t("This is not the address of a file."), {
      remedy: vscode.l10n.t("Drop a file or a folder, or copy its text into your question."),
    });
  }
  // The extension runs where the files are; to it, what the window calls remote is a file.
  if (uri.scheme === "vscode-remote" && vscode.env.remoteName !== undefined) {
    return uri.with({ scheme: "file", authority: "" });
  }
  if (
    uri.scheme === "file" &&
    vscode.env.remoteName !== undefined &&
    vscode.workspace.getWorkspaceFolder(uri) === undefined
  ) {
    throw new PaddockError("unsupported", vscode.l10n.t("This file lies on another machine than the workspace."), {
      remedy: vscode.l10n.t("Open it in the editor and copy what matters into your question."),
    });
  }
  return uri;
}

function parsed(text: string): vscode.Uri | undefined {
  try {
    return vscode.Uri.parse(text, true);
  } catch {
    return undefined;
  }
}

async function isFolder(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  } catch {
    // Taken for a file that can't be read, or one that was never saved.
    return false;
  }
}
