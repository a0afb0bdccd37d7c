import { applyLineEdits, type LineEdit } from "./lineEdit";

export interface DiffFile {
  /** As the diff names it, without "a/" and "b/"; undefined where it names none. */
  readonly path: string | undefined;
  readonly hunks: readonly DiffHunk[];
}

export interface DiffHunk {
  /** Zero-based line in the old text as the hunk's head says; models count badly, so it only decides between equals. */
  readonly line: number | undefined;
  readonly old: readonly string[];
  readonly new: readonly string[];
}

/** Reads a unified diff. Lines are told by their first character, since the counts in the heads are often wrong. */
export function parseUnifiedDiff(lines: readonly string[]): DiffFile[] {
  const files: { path: string | undefined; hunks: { line: number | undefined; old: string[]; new: string[] }[] }[] = [];
  let file: (typeof files)[number] | undefined;
  let hunk: (typeof files)[number]["hunks"][number] | undefined;
  const current = (): (typeof files)[number] => {
    if (file === undefined) files.push((file = { path: undefined, hunks: [] }));
    return file;
  };
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("--- ") && lines[index + 1]?.startsWith("+++ ") === true) {
      const [old, fresh] = [pathOf(line), pathOf(lines[index + 1] ?? "")];
      files.push((file = { path: fresh ?? old, hunks: [] }));
      hunk = undefined;
    } else if (line.startsWith("+++ ") && lines[index - 1]?.startsWith("--- ") === true) continue;
    else if (/^(?:diff --git|index [0-9a-f]+|new file|deleted file|similarity|rename) ?/.test(line)) hunk = undefined;
    else if (line.startsWith("@@")) {
      const number = /^@@+ -(\d+)/.exec(line)?.[1];
      hunk = { line: number === undefined ? undefined : Math.max(0, Number(number) - 1), old: [], new: [] };
      current().hunks.push(hunk);
    } else if (line.startsWith("\\")) continue;
    else {
      if (hunk === undefined) {
        if (line.trim() === "") continue;
        hunk = { line: undefined, old: [], new: [] };
        current().hunks.push(hunk);
      }
      const text = line.slice(1);
      if (line.startsWith("+")) hunk.new.push(text);
      else if (line.startsWith("-")) hunk.old.push(text);
      else {
        hunk.old.push(text);
        hunk.new.push(text);
      }
    }
  }
  for (const { hunks } of files) for (const one of hunks) dropBlankEnd(one);
  return files
    .map(({ path, hunks }) => ({ path, hunks: hunks.filter(({ old, new: fresh }) => old.length + fresh.length > 0) }))
    .filter(({ hunks }) => hunks.length > 0);
}

/** The fence's last line is empty; it is no context. */
function dropBlankEnd({ old, new: fresh }: { old: string[]; new: string[] }): void {
  while (old.length > 0 && old.at(-1) === "" && fresh.at(-1) === "") {
    old.pop();
    fresh.pop();
  }
}

function pathOf(line: string): string | undefined {
  const path = line.slice(4).split("\t")[0]?.trim() ?? "";
  return path === "" || path === "/dev/null" ? undefined : path.replace(/^[ab]\//, "");
}

export type DiffResult =
  | { readonly kind: "applied"; readonly proposed: string[] }
  /** Counted from 1: its old lines are not in the document, or in several places. */
  | { readonly kind: "refused"; readonly hunk: number };

/** Applies a file's hunks where their old lines stand exactly; nothing is guessed. */
export function applyDiff(document: readonly string[], hunks: readonly DiffHunk[]): DiffResult {
  const edits: LineEdit[] = [];
  let from = 0;
  for (const [index, hunk] of hunks.entries()) {
    const start = placeOf(document, hunk, from);
    if (start === undefined) return { kind: "refused", hunk: index + 1 };
    from = start + hunk.old.length;
    edits.push({ start, end: from, lines: hunk.new });
  }
  return { kind: "applied", proposed: applyLineEdits(document, edits) };
}

function placeOf(document: readonly string[], { line, old }: DiffHunk, from: number): number | undefined {
  const isEmpty = document.every((text) => text === "");
  // Nothing but new lines: only a file that is empty says where they go.
  if (old.length === 0) return isEmpty ? 0 : undefined;
  const places: number[] = [];
  for (let at = from; at + old.length <= document.length; at++) {
    if (old.every((text, index) => document[at + index] === text)) places.push(at);
  }
  if (line !== undefined && places.includes(line)) return line;
  return places.length === 1 ? places[0] : undefined;
}
