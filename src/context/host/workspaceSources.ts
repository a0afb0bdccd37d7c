import { realpath } from "node:fs/promises";
import path from "node:path";
import ignore from "ignore";
import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { formatBytes } from "../../platform/core/format";
import { type Refusal, refusalOfPath, refusalOfSize, refusalOfText } from "../core/gate";

/** Something of the workspace with its text as it is now. */
export interface WorkspaceReference {
  /** "src/app.ts" or "src/app.ts:3-9". */
  readonly label: string;
  readonly uri: string;
  readonly text: string;
}

/** The selection of the active editor. @throws PaddockError `unsupported`: nothing selected, or refused by the gate. */
export async function selectedText(): Promise<WorkspaceReference> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    throw new PaddockError("unsupported", vscode.l10n.t("Nothing is selected."), {
      remedy: vscode.l10n.t("Select some lines in an editor and try again."),
    });
  }
  const { document, selection } = editor;
  await checkPath(document.uri);
  const text = document.getText(selection);
  check(refusalOfSize(Buffer.byteLength(text)));
  // A few lines of a key's file show it as well as the whole does.
  check(refusalOfText(document.getText()));
  const from = selection.start.line + 1;
  const to = selection.end.line + (selection.end.character === 0 && selection.end.line > selection.start.line ? 0 : 1);
  const lines = from === to ? String(from) : `${from}-${to}`;
  return { label: `${vscode.workspace.asRelativePath(document.uri)}:${lines}`, uri: document.uri.toString(), text };
}

/** A file as it is in the editor, or on disk where it isn't open. @throws PaddockError when the gate refuses it. */
export async function fileText(uri: vscode.Uri): Promise<WorkspaceReference> {
  await checkPath(uri);
  const label = vscode.workspace.asRelativePath(uri);
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  const text = open?.getText() ?? (await readText(uri, label));
  check(refusalOfSize(Buffer.byteLength(text)));
  check(refusalOfText(text));
  return { label, uri: uri.toString(), text };
}

/** A .gitignore between the file and its workspace folder covers it. */
export async function isIgnored(uri: vscode.Uri): Promise<boolean> {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (folder === undefined) return false;
  const pieces = path.posix.relative(folder.uri.path, uri.path).split("/");
  let isCovered = false;
  for (let depth = 0; depth < pieces.length; depth++) {
    const rules = await readRules(vscode.Uri.joinPath(folder.uri, ...pieces.slice(0, depth), ".gitignore"));
    if (rules === undefined) continue;
    const { ignored, unignored } = ignore().add(rules).test(pieces.slice(depth).join("/"));
    // A deeper file has the last word.
    if (ignored) isCovered = true;
    else if (unignored) isCovered = false;
  }
  return isCovered;
}

async function readRules(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    // Most folders have none.
    return undefined;
  }
}

async function readText(uri: vscode.Uri, label: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const { size, type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0) {
      throw new PaddockError("unsupported", vscode.l10n.t("{0} is not a file.", label));
    }
    check(refusalOfSize(size));
    bytes = await vscode.workspace.fs.readFile(uri);
  } catch (error) {
    if (error instanceof PaddockError) throw error;
    throw new PaddockError("unsupported", vscode.l10n.t("{0} can't be read.", label), { detail: String(error) });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused({ why: "binary" });
  }
}

/** A link's name says nothing about what it leads to. */
async function checkPath(uri: vscode.Uri): Promise<void> {
  check(refusalOfPath(uri.path));
  if (uri.scheme !== "file") return;
  const real = await realpath(uri.fsPath).catch(() => uri.fsPath);
  check(refusalOfPath(real));
}

function check(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw refused(refusal);
}

function refused(refusal: Refusal): PaddockError {
  switch (refusal.why) {
    case "secret":
      return new PaddockError(
        "unsupported",
        vscode.l10n.t("Paddock never shows a model what looks like a secret: {0}.", refusal.what),
        { remedy: vscode.l10n.t("Copy what is no secret into your question yourself.") },
      );
    case "binary":
      return new PaddockError("unsupported", vscode.l10n.t("Only text can be attached, and this is none."));
    case "tooLarge":
      return new PaddockError(
        "unsupported",
        vscode.l10n.t(
          "This has {0}; what is attached may have {1}.",
          formatBytes(refusal.bytes),
          formatBytes(refusal.most),
        ),
        { remedy: vscode.l10n.t("Select the part that matters and attach the selection.") },
      );
  }
}
