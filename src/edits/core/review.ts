import { diffLines } from "./lineDiff";
import { hunksBetween } from "./hunks";
import { applyLineEdits, type LineEdit } from "./lineEdit";
import { splitLines } from "./lines";

export type Decision = "open" | "accepted" | "rejected";
/**
 * ready: the lines it replaces stand where they stood when it was proposed, or have moved as they were.
 * held: somebody changed them meanwhile; it is never applied while that is so.
 * present: somebody made the very change already.
 */
export type Standing = "ready" | "held" | "present";

export interface ReviewHunk {
  /** Counted from 0, in the order of the proposal. */
  readonly id: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** Where it is in the document as it is now: `size` lines from line `at`. */
  readonly at: number;
  readonly size: number;
  readonly decision: Decision;
  readonly standing: Standing;
}

/** Where a hunk is in the text that would result. */
export interface ShownHunk {
  readonly hunk: ReviewHunk;
  readonly start: number;
  /** Exclusive; the same as `start` where lines only go. */
  readonly end: number;
}

type Mutable = { -readonly [K in keyof ReviewHunk]: ReviewHunk[K] } & {
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/**
 * A proposal under review: what was decided about each hunk, and where each is while the document goes on changing.
 * It changes nothing itself; `edits` are what was accepted and still fits.
 */
export class Review {
  private document: string[];
  private readonly all: Mutable[];
  private readonly decided: { readonly id: number; readonly was: Decision }[][] = [];

  constructor(document: readonly string[], proposed: readonly string[]) {
    this.document = [...document];
    this.all = hunksBetween(document, proposed).map(({ start, removed, added, before, after }, id) => ({
      id,
      removed,
      added,
      before,
      after,
      at: start,
      size: removed.length,
      decision: "open",
      standing: "ready",
    }));
  }

  get hunks(): readonly ReviewHunk[] {
    return this.all;
  }

  /** The document as the review knows it. */
  get lines(): readonly string[] {
    return this.document;
  }

  /** Hunks that still want a word: undecided ones, and accepted ones that no longer fit. */
  get left(): readonly ReviewHunk[] {
    return this.all.filter(
      ({ decision, standing }) =>
        standing !== "present" && (decision === "open" || (decision === "accepted" && standing === "held")),
    );
  }

  /** What was accepted and fits. */
  get accepted(): readonly ReviewHunk[] {
    return this.all.filter(({ decision, standing }) => decision === "accepted" && standing === "ready");
  }

  get edits(): LineEdit[] {
    return edits(this.accepted);
  }

  /** The document with what was accepted. */
  result(): string[] {
    return applyLineEdits(this.document, this.edits);
  }

  /** The document with all that has not been rejected, and where to find the hunks in it. */
  shown(): { readonly lines: string[]; readonly hunks: ShownHunk[] } {
    const offered = this.all.filter(({ decision, standing }) => decision !== "rejected" && standing === "ready");
    const shown: ShownHunk[] = [];
    let moved = 0;
    let next = 0;
    for (const hunk of this.all) {
      if (hunk.decision === "rejected" || hunk.standing === "present") continue;
      for (let one = offered[next]; one !== undefined && one.at < hunk.at; one = offered[++next]) {
        moved += one.added.length - one.size;
      }
      const start = hunk.at + moved;
      shown.push({ hunk, start, end: start + (hunk.standing === "ready" ? hunk.added.length : hunk.size) });
    }
    return { lines: applyLineEdits(this.document, edits(offered)), hunks: shown };
  }

  decide(ids: readonly number[], decision: Decision): void {
    const step = this.all
      .filter((hunk) => ids.includes(hunk.id) && hunk.decision !== decision)
      .map((hunk) => {
        const was = hunk.decision;
        hunk.decision = decision;
        return { id: hunk.id, was };
      });
    if (step.length > 0) this.decided.push(step);
  }

  /** @returns the hunks whose last decision was taken back; none when nothing was decided. */
  takeBack(): readonly number[] {
    const step = this.decided.pop() ?? [];
    for (const { id, was } of step) {
      const hunk = this.all[id];
      if (hunk !== undefined) hunk.decision = was;
    }
    return step.map(({ id }) => id);
  }

  /** The document changed between two places, as an editor tells it: zero-based, the end exclusive. */
  change(startLine: number, startCharacter: number, endLine: number, endCharacter: number, text: string): void {
    const first = this.document[startLine]?.slice(0, startCharacter) ?? "";
    const last = this.document[endLine]?.slice(endCharacter) ?? "";
    this.replace(startLine, endLine + 1, splitLines(first + text + last));
    this.look();
  }

  /** The document became this in a way nobody told. */
  sync(lines: readonly string[]): void {
    for (const { start, end, addedStart, addedEnd } of diffLines(this.document, lines).reverse()) {
      this.replace(start, end, lines.slice(addedStart, addedEnd));
    }
    this.look();
  }

  private replace(from: number, to: number, lines: readonly string[]): void {
    let head = 0;
    const old = this.document.slice(from, to);
    while (head < old.length && head < lines.length && old[head] === lines[head]) head++;
    let tail = 0;
    while (
      tail < old.length - head &&
      tail < lines.length - head &&
      old[old.length - 1 - tail] === lines[lines.length - 1 - tail]
    )
      tail++;
    const start = from + head;
    const end = from + old.length - tail;
    const inserted = lines.slice(head, lines.length - tail);
    if (start === end && inserted.length === 0) return;
    this.document = this.document.slice(0, start).concat(inserted, this.document.slice(end));
    const delta = inserted.length - (end - start);
    for (const hunk of this.all) {
      const hunkEnd = hunk.at + hunk.size;
      const isReady = hunk.standing === "ready";
      const madeByHand = hunk.size === 0 && start === end && start === hunk.at && equal(inserted, hunk.added);
      // Lines put right beside a hunk that fits are not its own; beside one that was touched they may be.
      const touched = madeByHand || (isReady ? start < hunkEnd && end > hunk.at : start <= hunkEnd && end >= hunk.at);
      if (!touched) {
        if (end <= hunk.at) hunk.at += delta;
      } else {
        hunk.at = Math.min(start, hunk.at);
        hunk.size = Math.max(end, hunkEnd) + delta - hunk.at;
        hunk.standing = "held";
      }
    }
  }

  /** What was touched may fit again, by Undo for one, or may have been done by hand. */
  private look(): void {
    for (const [index, hunk] of this.all.entries()) {
      if (hunk.standing === "ready") continue;
      const above = this.all.slice(0, index).findLast(({ standing }) => standing === "ready");
      const below = this.all.slice(index + 1).find(({ standing }) => standing === "ready");
      const from = Math.max(above === undefined ? 0 : above.at + above.size, hunk.at);
      const to = Math.min(below === undefined ? this.document.length : below.at, hunk.at + hunk.size);
      const found = this.placesOf(hunk, from, to);
      if (found.length === 1) {
        hunk.at = found[0] ?? hunk.at;
        hunk.size = hunk.removed.length;
        hunk.standing = "ready";
      } else {
        hunk.standing = equal(this.document.slice(hunk.at, hunk.at + hunk.size), hunk.added) ? "present" : "held";
      }
    }
  }

  private placesOf({ removed, before, after }: Mutable, from: number, to: number): number[] {
    const places: number[] = [];
    for (let at = from; at + removed.length <= to; at++) {
      const fits =
        removed.length > 0
          ? removed.every((line, index) => line === this.document[at + index])
          : this.document[at - 1] === before && this.document[at] === after;
      if (fits) places.push(at);
    }
    return places;
  }
}

function edits(hunks: readonly ReviewHunk[]): LineEdit[] {
  return hunks.map(({ at, size, added }) => ({ start: at, end: at + size, lines: added }));
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
