import type { Edit, Parser, Point, Tree } from "@vscode/tree-sitter-wasm";
import type { Logger } from "../../platform/core/logger";
import { type EditorSnapshot, joinedLines } from "../core/editorSnapshot";
import { type SyntaxAt, type SyntaxReader, syntaxWindow } from "../core/syntaxAt";
import { Grammars } from "./grammars";
import { readTree } from "./readTree";

/** UTF-16 units: more in so few lines is data. */
const longestText = 100_000;
/** ms that a parse may hold up the editor. What is not finished goes on when there is time, for the next key. */
const parseBudget = 6;

interface Parsed {
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
  readonly tree: Tree;
}

/**
 * Parses a window around the cursor with the grammars VS Code itself ships. After a key only what changed is parsed
 * anew: the last document's tree is kept.
 */
export class Syntax implements SyntaxReader {
  private readonly grammars: Grammars;
  private parsed: Parsed | undefined;
  private unfinished: { readonly parser: Parser; readonly text: string; readonly next: NodeJS.Immediate } | undefined;

  /**
   * @param folder where the grammars' .wasm files are.
   * @param budget ms.
   */
  constructor(
    folder: string,
    private readonly log: Logger,
    private readonly budget = parseBudget,
  ) {
    this.grammars = new Grammars(folder, log);
  }

  syntaxAt(snapshot: EditorSnapshot): SyntaxAt | undefined {
    try {
      const parser = this.grammars.parser(snapshot.languageId);
      if (parser === undefined) return undefined;
      const { lines, cursor } = snapshot;
      const { first, end } = syntaxWindow(cursor.line);
      const text = joinedLines(lines, first, end);
      if (text.length > longestText) return undefined;
      const tree = this.tree(parser, snapshot, text);
      if (tree === undefined) return undefined;
      const at = joinedLines(lines, first, cursor.line).length + cursor.character;
      return readTree(tree, text, at, first);
    } catch (error) {
      this.fail(snapshot.languageId, error);
      return undefined;
    }
  }

  /** Resolves when the language's grammar is there, if it has one. */
  ready(languageId: string): Promise<void> {
    return this.grammars.ready(languageId);
  }

  dispose(): void {
    this.forget();
    this.grammars.dispose();
  }

  private tree(parser: Parser, { uri, languageId }: EditorSnapshot, text: string): Tree | undefined {
    const { unfinished } = this;
    if (unfinished !== undefined) {
      if (unfinished.parser === parser && unfinished.text === text) return undefined;
      this.forget();
    }
    if (this.parsed?.uri !== uri || this.parsed.languageId !== languageId) this.forget();
    const known = this.parsed;
    if (known?.text === text) return known.tree;
    known?.tree.edit(editBetween(known.text, text));
    const parse = (): Tree | undefined => {
      const tree = parseFor(this.budget, parser, text, known?.tree);
      if (tree === null) {
        this.unfinished = { parser, text, next: setImmediate(goOn) };
        return undefined;
      }
      this.unfinished = undefined;
      this.forget();
      this.parsed = { uri, languageId, text, tree };
      return tree;
    };
    const goOn = (): void => {
      try {
        parse();
      } catch (error) {
        this.fail(languageId, error);
      }
    };
    return parse();
  }

  private fail(languageId: string, error: unknown): void {
    this.forget();
    this.log.error(`completion: ${languageId} could not be parsed; indentation decides instead`, error);
  }

  private forget(): void {
    if (this.unfinished !== undefined) {
      clearImmediate(this.unfinished.next);
      // Else the parser would take up the old text.
      this.unfinished.parser.reset();
    }
    this.unfinished = undefined;
    this.parsed?.tree.delete();
    this.parsed = undefined;
  }
}

/** @returns null: the time is over; the next call with the same text goes on. */
function parseFor(ms: number, parser: Parser, text: string, old: Tree | undefined): Tree | null {
  const until = performance.now() + ms;
  return parser.parse(text, old, { progressCallback: () => performance.now() > until });
}

/** The one place where two texts differ. */
function editBetween(before: string, after: string): Edit {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let end = 0;
  while (
    end < shortest - start &&
    before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)
  ) {
    end++;
  }
  return {
    startIndex: start,
    oldEndIndex: before.length - end,
    newEndIndex: after.length - end,
    startPosition: pointAt(before, start),
    oldEndPosition: pointAt(before, before.length - end),
    newEndPosition: pointAt(after, after.length - end),
  };
}

function pointAt(text: string, at: number): Point {
  let row = 0;
  let lineStart = 0;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", lineStart)) {
    row++;
    lineStart = next + 1;
  }
  return { row, column: at - lineStart };
}
