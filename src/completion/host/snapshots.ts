import * as vscode from "vscode";
import type { EditorSnapshot, TextLines } from "../core/editorSnapshot";
import { syntaxWindow } from "../core/syntaxAt";

/** What is accepted moves the cursor on. */
const SPARE_LINES = 64;

/** What an editor that nobody has told indents with. */
const USUAL_INDENT = 4;

/**
 * The document around the cursor as it is now. Requests outlive the keystroke that they were made for, so the lines are
 * taken along; a file of 20 MB costs no more than a small one.
 */
export function snapshotOf(
  document: vscode.TextDocument,
  cursor: vscode.Position,
  options: vscode.TextEditorOptions | undefined,
): EditorSnapshot {
  return {
    uri: document.uri.toString(),
    name: nameOf(document.uri),
    languageId: document.languageId,
    version: document.version,
    lines: copyAround(document, cursor.line),
    cursor: { line: cursor.line, character: cursor.character },
    indent: {
      spaces: options?.insertSpaces !== false,
      size: typeof options?.tabSize === "number" ? options.tabSize : USUAL_INDENT,
    },
  };
}

function copyAround(document: vscode.TextDocument, line: number): TextLines {
  // The grammar looks farther than the prompt.
  const window = syntaxWindow(line);
  const first = Math.max(0, window.first);
  const end = Math.min(document.lineCount, window.end + SPARE_LINES);
  const copy: string[] = [];
  for (let index = first; index < end; index++) copy.push(document.lineAt(index).text);
  return {
    lineCount: document.lineCount,
    line: (index) => {
      const text = copy[index - first];
      if (text === undefined) throw new RangeError(`Line ${index} is not among ${first} to ${end}.`);
      return text;
    },
  };
}

/** As the model is told of a file: its path in the workspace; of what is on no disk its name. */
export function nameOf(uri: vscode.Uri): string {
  if (uri.scheme === "untitled") return "";
  const name = vscode.workspace.asRelativePath(uri, false);
  // A file outside the workspace keeps its name only: where somebody keeps their files is nobody's business.
  return name.startsWith("/") || /^[A-Za-z]:/u.test(name) ? (uri.path.split("/").at(-1) ?? "") : name;
}
