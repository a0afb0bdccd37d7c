import { type EditorSnapshot, linesOfText } from "../../src/completion/core/editorSnapshot";

/** A snapshot of a text with its cursor at "|". */
export function snapshotAt(marked: string, given: Partial<EditorSnapshot> = {}): EditorSnapshot {
  const at = marked.indexOf("|");
  if (at === -1) throw new Error("The text has no cursor.");
  const before = marked.slice(0, at).split("\n");
  return {
    uri: "file:///project/a.ts",
    name: "a.ts",
    languageId: "typescript",
    version: 1,
    lines: linesOfText(marked.slice(0, at) + marked.slice(at + 1)),
    cursor: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
    indent: { spaces: true, size: 2 },
    ...given,
  };
}
