import * as vscode from "vscode";
import type { TextLines } from "../core/editorSnapshot";

/** A document by its lines, as it is when somebody asks; none is copied. */
export function documentLines(document: vscode.TextDocument): TextLines {
  return {
    get lineCount() {
      return document.lineCount;
    },
    line: (index) => {
      if (index < 0 || index >= document.lineCount) throw new RangeError(`There is no line ${index}.`);
      return document.lineAt(index).text;
    },
  };
}

/** The length of a document in UTF-16 units, without making one text of it. */
export function documentLength(document: vscode.TextDocument): number {
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
}

export function openDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri);
}

/** What people write in. An editor also shows output, comparisons' old sides, settings and much else as documents. */
export function isWritten(uri: vscode.Uri): boolean {
  return (
    ["file", "untitled", "vscode-remote", "vscode-notebook-cell"].includes(uri.scheme) ||
    vscode.workspace.getWorkspaceFolder(uri) !== undefined
  );
}
