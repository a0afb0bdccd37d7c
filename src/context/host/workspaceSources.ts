import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { refusalOfSize, refusalOfText } from "../core/gate";
import { check, refused, refusalOfUri } from "./gateChecks";
import { isIgnored } from "./gitIgnored";
import { orRefusal, taken, type Taken, together, type WorkspaceReference } from "./taken";

/** The selection of the active editor. @throws PaddockError `unsupported`: nothing selected, or refused by the gate. */
export async function selectedText(): Promise<WorkspaceReference> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    throw new PaddockError("unsupported", vscode.l10n.t("Nothing is selected."), {
      remedy: vscode.l10n.t("Select some lines in an editor and try again."),
    });
  }
  const { document, selection } = editor;
  return rangeText(document, selection, `${nameOf(document.uri)}:${linesOf(selection)}`);
}

/** Lines of a document, refused where the whole of it would be. */
export async function rangeText(
  document: vscode.TextDocument,
  range: vscode.Range,
  label: string,
): Promise<WorkspaceReference> {
  check(await refusalOfUri(document.uri));
  const text = document.getText(range);
  check(refusalOfSize(Buffer.byteLength(text)));
  // A few lines of a key's file show it as well as the whole does.
  check(refusalOfText(document.getText()));
  return { label, uri: document.uri.toString(), text };
}

/** "3-9", or "3" for one line. A range that ends before a line's first character does not have that line. */
export function linesOf({ start, end }: vscode.Range): string {
  const from = start.line + 1;
  const to = end.line + (end.character === 0 && end.line > start.line ? 0 : 1);
  return from === to ? String(from) : `${from}-${to}`;
}

/**
 * A file as it is in the editor, or on disk where it isn't open. @throws PaddockError when the gate refuses it.
 * @param words for that, where the file is not attached but used otherwise.
 */
export async function fileText(uri: vscode.Uri, words = refused): Promise<WorkspaceReference> {
  check(await refusalOfUri(uri), words);
  const label = nameOf(uri);
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  const text = open?.getText() ?? (await readText(uri, label, words));
  check(refusalOfSize(Buffer.byteLength(text)), words);
  check(refusalOfText(text), words);
  return { label, uri: uri.toString(), text };
}

/** The same for one of several: what is refused or ignored says so at its name. */
export function takeFile(uri: vscode.Uri): Promise<Taken> {
  return orRefusal(nameOf(uri), async () => taken(await fileText(uri), await isIgnored(uri)));
}

export async function takeFiles(uris: readonly vscode.Uri[]): Promise<Taken> {
  return together(await Promise.all([...new Map(uris.map((uri) => [uri.toString(), uri])).values()].map(takeFile)));
}

/** As the person knows it: its path in the workspace. */
export function nameOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}

async function readText(uri: vscode.Uri, label: string, words: typeof refused): Promise<string> {
  let bytes: Uint8Array;
  try {
    const { size, type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0) {
      throw new PaddockError("unsupported", vscode.l10n.t("{0} is not a file.", label));
    }
    check(refusalOfSize(size), words);
    bytes = await vscode.workspace.fs.readFile(uri);
  } catch (error) {
    if (error instanceof PaddockError) throw error;
    throw new PaddockError("unsupported", vscode.l10n.t("{0} can't be read.", label), { detail: String(error) });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw words({ why: "binary" });
  }
}
