import type { InfillPiece } from "../infill";
import { heldBack } from "./textStream";

/** Pieces of a completion as they may be shown: one that has no whole character yet, or might begin a mark, waits. */
export class PieceStream {
  private readonly waiting: InfillPiece[] = [];
  /** Least probability of tokens that have given no text yet. */
  private least = 1;
  private ended = false;

  /** @param marks texts that end the completion; nothing of them is shown. */
  constructor(private readonly marks: readonly string[]) {}

  /** A mark was met. */
  get stopped(): boolean {
    return this.ended;
  }

  /** @returns pieces that are ready; none after a mark. */
  push(text: string, probability: number): InfillPiece[] {
    if (this.ended) return [];
    this.least = Math.min(this.least, probability);
    if (text === "") return [];
    this.waiting.push({ text, probability: this.least });
    this.least = 1;
    if (this.marks.length === 0) return this.waiting.splice(0);
    const all = this.waiting.map((piece) => piece.text).join("");
    const found = this.marks.map((mark) => all.indexOf(mark)).filter((at) => at !== -1);
    this.ended = found.length > 0;
    const ready = this.take(this.ended ? Math.min(...found) : all.length - heldBack(all, this.marks));
    if (this.ended) this.waiting.length = 0;
    return ready;
  }

  /** What is left at the end: it began no mark after all. */
  end(): InfillPiece[] {
    return this.waiting.splice(0);
  }

  private take(length: number): InfillPiece[] {
    const ready: InfillPiece[] = [];
    for (let left = length; left > 0;) {
      const piece = this.waiting.shift();
      if (piece === undefined) break;
      if (piece.text.length > left) {
        this.waiting.unshift({ ...piece, text: piece.text.slice(left) });
        ready.push({ ...piece, text: piece.text.slice(0, left) });
        break;
      }
      ready.push(piece);
      left -= piece.text.length;
    }
    return ready;
  }
}
