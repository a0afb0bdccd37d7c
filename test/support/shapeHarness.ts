import { expect } from "vitest";
import type { InfillPiece, InfillResult } from "../../src/engine/infill";
import { type EditorSnapshot, linesOfText } from "../../src/completion/core/editorSnapshot";
import { type Shape, Shaper } from "../../src/completion/core/shape";
import type { SyntaxAt } from "../../src/completion/core/syntaxAt";
import { seededRandom } from "./random";

export interface ShapeCase {
  readonly language?: string;
  readonly indent?: EditorSnapshot["indent"];
  readonly syntax?: SyntaxAt;
  readonly leastProbability?: number;
  readonly maxLines?: number;
  readonly stopReason?: InfillResult["stopReason"];
}

/** A document whose cursor stands at the "|". */
export function snapshotAt(marked: string, { language = "typescript", indent }: ShapeCase = {}): EditorSnapshot {
  const at = marked.indexOf("|");
  if (at < 0) throw new Error("The cursor is missing.");
  const before = marked.slice(0, at).split("\n");
  return {
    uri: "file:///a",
    name: "a",
    languageId: language,
    version: 1,
    lines: linesOfText(marked.slice(0, at) + marked.slice(at + 1)),
    cursor: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
    indent: indent ?? { spaces: true, size: 2 },
  };
}

/** As a model might cut it: each piece a word with the space before it, or a mark. */
export function piecesOf(text: string, probability = 1): InfillPiece[] {
  return (text.match(/\n\s*| ?[\p{L}\p{N}_]+|./gsu) ?? []).map((piece) => ({ text: piece, probability }));
}

export interface Run {
  readonly last: Shape;
  /** After each piece, up to the end. */
  readonly shapes: readonly Shape[];
}

export function runPieces(marked: string, pieces: readonly InfillPiece[], options: ShapeCase = {}): Run {
  const shaper = new Shaper({
    snapshot: snapshotAt(marked, options),
    syntax: options.syntax,
    leastProbability: options.leastProbability ?? 0.1,
    maxLines: options.maxLines ?? 20,
  });
  const shapes: Shape[] = [];
  for (const piece of pieces) {
    shapes.push(shaper.push([piece]));
    if (shapes.at(-1)?.done) break;
  }
  const last = shapes.at(-1)?.done ? shapes.at(-1) : shaper.end(options.stopReason ?? "end");
  if (last === undefined) throw new Error("No shape.");
  if (last !== shapes.at(-1)) shapes.push(last);
  return { last, shapes };
}

/** The result, after a check that nothing shown is taken back, however the text is cut into pieces. */
export function shaped(marked: string, text: string, options: ShapeCase = {}): Shape {
  const { last } = runPieces(marked, piecesOf(text), options);
  const random = seededRandom(text.length);
  for (let round = 0; round < 12; round++) {
    const pieces: InfillPiece[] = [];
    for (let at = 0; at < text.length;) {
      const length = round === 0 ? 1 : 1 + Math.floor(random() * 7);
      pieces.push({ text: text.slice(at, at + length), probability: 1 });
      at += length;
    }
    const run = runPieces(marked, pieces, options);
    expect(run.last).toEqual(last);
    expectGrowth(run.shapes);
  }
  return last;
}

export function expectGrowth(shapes: readonly Shape[]): void {
  for (const [index, { text }] of shapes.entries()) {
    const before = shapes[index - 1];
    if (before !== undefined && !text.startsWith(before.text)) {
      throw new Error(`${JSON.stringify(before.text)} was shown and then ${JSON.stringify(text)}`);
    }
  }
}

/** The document after the suggestion is accepted, with "|" behind it. */
export function accepted(marked: string, text: string, options: ShapeCase = {}): string {
  const { text: inserted, replaces } = shaped(marked, text, options);
  const at = marked.indexOf("|");
  return `${marked.slice(0, at)}${inserted}|${marked.slice(at + 1 + replaces)}`;
}
