/** A document by its lines, read only where somebody looks: a file may have 20 MB. */
export interface TextLines {
  readonly lineCount: number;
  /** Without its line end. @throws RangeError outside the document. */
  line(index: number): string;
}

/** As VS Code counts: from 0, `character` in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A document and its cursor at one moment. `lines` must be asked before the document changes, or be a copy. */
export interface EditorSnapshot {
  /** Tells documents apart. */
  readonly uri: string;
  /** How the model is told of the file: its path in the workspace, or its name. */
  readonly name: string;
  /** VS Code's name for the language, such as "typescript" or "typescriptreact". */
  readonly languageId: string;
  readonly version: number;
  readonly lines: TextLines;
  readonly cursor: Position;
  /** What the editor indents with: spaces, this many, or a tab shown this wide. */
  readonly indent: { readonly spaces: boolean; readonly size: number };
}

/** Lines of a string, for what holds a whole text: tests, benches, a window of a document. */
export function linesOfText(text: string): TextLines {
  const lines = text.split(/\r\n|\r|\n/u);
  return {
    lineCount: lines.length,
    line: (index) => {
      const line = lines[index];
      if (line === undefined) throw new RangeError(`There is no line ${index}.`);
      return line;
    },
  };
}

/** The text from `from` (inclusive) to `to` (exclusive) with "\n" after each line. */
export function joinedLines(lines: TextLines, from: number, to: number): string {
  let text = "";
  for (let index = Math.max(0, from); index < Math.min(to, lines.lineCount); index++) text += `${lines.line(index)}\n`;
  return text;
}

export function linePrefix({ lines, cursor }: Pick<EditorSnapshot, "lines" | "cursor">): string {
  return lines.line(cursor.line).slice(0, cursor.character);
}

export function lineSuffix({ lines, cursor }: Pick<EditorSnapshot, "lines" | "cursor">): string {
  return lines.line(cursor.line).slice(cursor.character);
}
