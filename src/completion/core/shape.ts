import type { InfillPiece, InfillResult } from "../../engine/infill";
import { type EditorSnapshot, lineSuffix } from "./editorSnapshot";
import type { Reason } from "./reasons";
import type { SyntaxAt } from "./syntaxAt";

export interface ShapeOptions {
  /** A copy of a window around the cursor will do. */
  readonly snapshot: EditorSnapshot;
  readonly syntax: SyntaxAt | undefined;
  /** Of a token, 0 to 1: below it the model is guessing. */
  readonly leastProbability: number;
  readonly maxLines: number;
}

export interface Shape {
  /** What may be shown now; empty for nothing yet. With "\n", and indentation as the file has it. */
  readonly text: string;
  /** UTF-16 units right of the cursor, on its line, that the text takes the place of. */
  readonly replaces: number;
  /** Nothing more is wanted: the generation can be stopped. */
  readonly done: boolean;
  /** `text` ends where a person would expect it to, so that it can be shown before it is finished. */
  readonly settled: boolean;
  /** Why there is nothing, when done and `text` is empty. */
  readonly reason: Reason | undefined;
}

/**
 * From generated pieces to the text that is shown. What was shown is never taken back: the `text` of one push begins
 * with that of the push before.
 */
export class Shaper {
  private raw = "";
  private shape: Shape = { text: "", replaces: 0, done: false, settled: false, reason: undefined };

  constructor(private readonly options: ShapeOptions) {}

  push(pieces: readonly InfillPiece[]): Shape {
    for (const { text, probability } of pieces) {
      if (this.shape.done) break;
      const bound = this.raw.trim() === "" ? this.options.leastProbability / 4 : this.options.leastProbability;
      if (probability < bound) return this.finish(this.raw, "unsure");
      this.raw += text;
      const end = this.raw.indexOf("\n");
      if (end >= 0) return this.finish(this.raw.slice(0, end), "empty");
    }
    return this.shape;
  }

  /** The generation has ended. */
  end(_stopReason: InfillResult["stopReason"]): Shape {
    return this.shape.done ? this.shape : this.finish(this.raw, "empty");
  }

  private finish(raw: string, reason: Reason): Shape {
    const suffix = lineSuffix(this.options.snapshot).trim();
    const text = (suffix !== "" && raw.trimEnd().endsWith(suffix) ? raw.slice(0, -suffix.length) : raw).trimEnd();
    const empty = text.trim() === "";
    this.shape = {
      text: empty ? "" : text,
      replaces: 0,
      done: true,
      settled: !empty,
      reason: empty ? reason : undefined,
    };
    return this.shape;
  }
}
