import type { EditorSnapshot } from "./editorSnapshot";

/** What a grammar says of the cursor's place. Lines are the snapshot's. */
export interface SyntaxAt {
  readonly within: "code" | "string" | "comment";
  /** The innermost body around the cursor; undefined where there is none, or where the text is too broken to tell. */
  readonly body: SyntaxBody | undefined;
  /** The definitions around the cursor, the outermost first. */
  readonly heads: readonly EnclosingHead[];
}

/** A block, or a list in brackets that may stand over several lines. */
export interface SyntaxBody {
  /** The line that opens it. */
  readonly openerLine: number;
  /** Nothing but comments stands in it. */
  readonly empty: boolean;
}

/** The head of a class, function or the like: the lines before its body begins. */
export interface EnclosingHead {
  /** Empty where it has none. */
  readonly name: string;
  readonly firstLine: number;
  /** Inclusive. */
  readonly lastLine: number;
}

/** Reads the text around the cursor with the language's grammar. */
export interface SyntaxReader {
  /**
   * Never waits and never throws: undefined where the language has no grammar, or where it is not loaded yet (asking
   * loads it).
   */
  syntaxAt(snapshot: EditorSnapshot): SyntaxAt | undefined;
}

const linesBefore = 512;
const linesAfter = 64;
const grid = 128;

/** The lines that are parsed for a cursor, on a grid, so that typing leaves the window where it is. `end` is exclusive. */
export function syntaxWindow(line: number): { readonly first: number; readonly end: number } {
  return {
    first: Math.max(0, Math.floor((line - linesBefore) / grid) * grid),
    end: Math.ceil((line + linesAfter) / grid) * grid,
  };
}
