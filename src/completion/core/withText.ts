import type { EditorSnapshot } from "./editorSnapshot";

/** The snapshot as it will be when a text has been accepted at its cursor, replacing so much of what follows on the line. */
export function withText(snapshot: EditorSnapshot, text: string, replaces: number): EditorSnapshot {
  const { lines, cursor } = snapshot;
  const line = lines.line(cursor.line);
  const inserted = text.split("\n");
  const last = inserted.length - 1;
  const changed = inserted.map(
    (piece, index) =>
      (index === 0 ? line.slice(0, cursor.character) : "") +
      piece +
      (index === last ? line.slice(cursor.character + replaces) : ""),
  );
  const lastPiece = inserted[last] ?? "";
  return {
    ...snapshot,
    cursor: {
      line: cursor.line + last,
      character: (last === 0 ? cursor.character : 0) + lastPiece.length,
    },
    lines: {
      lineCount: lines.lineCount + last,
      line: (index) => {
        if (index < cursor.line) return lines.line(index);
        return changed[index - cursor.line] ?? lines.line(index - last);
      },
    },
  };
}
