import type { InfillPiece, InfillResult } from "../../engine/infill";
import type { EditorSnapshot } from "./editorSnapshot";
import { placeOf } from "./place";
import type { Reason } from "./reasons";
import { SuggestedText } from "./suggestedText";
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
  /** What is to stand behind `text` as long as it is not finished, so that it can be accepted: a body's moved closers. */
  readonly closes: string;
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
 * Of the least probability, while there is nothing to show yet: a name is spread over many ways to say the same, and the
 * most probable one helps more than none.
 */
const firstWordShare = 1 / 8;

/**
 * From generated pieces to the text that is shown. What was shown is never taken back: the `text` of one push begins
 * with that of the push before. How a text is cut into pieces makes no difference.
 */
export class Shaper {
  private readonly text: SuggestedText;
  private readonly leastProbability: number;

  constructor({ snapshot, syntax, leastProbability, maxLines }: ShapeOptions) {
    this.text = new SuggestedText(placeOf(snapshot, syntax), maxLines);
    this.leastProbability = leastProbability;
  }

  push(pieces: readonly InfillPiece[]): Shape {
    for (const { text, probability } of pieces) {
      if (this.text.isDone()) break;
      const least = this.leastProbability * (this.text.hasWords(text) ? 1 : firstWordShare);
      if (probability < least) this.text.cut("unsure", text);
      else this.text.add(text);
    }
    return this.text.shape();
  }

  /** The generation has ended. */
  end(stopReason: InfillResult["stopReason"]): Shape {
    if (stopReason === "end") this.text.end();
    else this.text.cut("empty", "");
    return this.text.shape();
  }
}
