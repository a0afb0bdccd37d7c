import { maxGathered } from "./limits";

export interface OutlineFile {
  /** Names below the folder; the last one is the file's. */
  readonly pieces: readonly string[];
  /** The names of its top-level symbols, where they are known. */
  readonly symbols: readonly string[];
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: { readonly name: string; readonly symbols: readonly string[] }[];
}

/** Enough to see what a file is for. */
const maxSymbols = 12;

/**
 * The files of a folder as an indented tree. Where it gets too long, the symbols go first, then the folders that lie
 * deepest are only counted, then the end is cut.
 * @returns `cut`: lines that did not fit even so.
 */
export function outlineText(files: readonly OutlineFile[]): { readonly text: string; readonly cut: number } {
  const root = treeOf(files);
  const deepest = Math.max(0, ...files.map(({ pieces }) => pieces.length));
  const attempts = [
    { depth: deepest, withSymbols: true },
    ...Array.from({ length: deepest }, (_, index) => ({ depth: deepest - index, withSymbols: false })),
  ];
  let lines: string[] = [];
  for (const { depth, withSymbols } of attempts) {
    lines = render(root, 0, depth, withSymbols);
    if (lengthOf(lines) <= maxGathered) return { text: lines.join("\n"), cut: 0 };
  }
  let length = 0;
  const kept = lines.filter((line) => (length += line.length + 1) <= maxGathered);
  return { text: kept.join("\n"), cut: lines.length - kept.length };
}

function treeOf(files: readonly OutlineFile[]): Folder {
  const root: Folder = { folders: new Map(), files: [] };
  for (const { pieces, symbols } of files) {
    let folder = root;
    for (const name of pieces.slice(0, -1)) {
      let next = folder.folders.get(name);
      if (next === undefined) {
        next = { folders: new Map(), files: [] };
        folder.folders.set(name, next);
      }
      folder = next;
    }
    folder.files.push({ name: pieces.at(-1) ?? "", symbols });
  }
  return root;
}

function render(folder: Folder, level: number, depth: number, withSymbols: boolean): string[] {
  const indent = "  ".repeat(level);
  const folders = [...folder.folders].sort(([a], [b]) => compare(a, b));
  const files = [...folder.files].sort((a, b) => compare(a.name, b.name));
  return [
    ...folders.flatMap(([name, inner]) =>
      level + 1 < depth
        ? [`${indent}${name}/`, ...render(inner, level + 1, depth, withSymbols)]
        : [`${indent}${name}/ (${countOf(inner) === 1 ? "1 file" : `${countOf(inner)} files`})`],
    ),
    ...files.map(({ name, symbols }) =>
      withSymbols && symbols.length > 0
        ? `${indent}${name}: ${symbols.slice(0, maxSymbols).join(", ")}${symbols.length > maxSymbols ? ", …" : ""}`
        : `${indent}${name}`,
    ),
  ];
}

/** Not by the person's language: the same folder gives the same text everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function countOf(folder: Folder): number {
  return folder.files.length + [...folder.folders.values()].reduce((sum, inner) => sum + countOf(inner), 0);
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
