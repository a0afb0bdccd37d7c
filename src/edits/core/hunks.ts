import { diffLines, type LineChange } from "./lineDiff";
import { isSignificant } from "./lines";

/** One change of a proposal: at line `start` of the base, `removed` becomes `added`; one of them may be empty. */
export interface Hunk {
  readonly start: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** The lines around it in the base; undefined at the ends. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** So many blank lines or lone brackets between two changes do not make them two for a person. */
const maxGap = 2;

/** What a proposal changes, from top to bottom, with at least one unchanged line between any two. */
export function hunksBetween(base: readonly string[], proposed: readonly string[]): Hunk[] {
  const groups: LineChange[] = [];
  for (const change of diffLines(base, proposed)) {
    const last = groups.at(-1);
    const gap = last === undefined ? [] : base.slice(last.end, change.start);
    if (last !== undefined && gap.length <= maxGap && !gap.some(isSignificant)) {
      groups[groups.length - 1] = { ...last, end: change.end, addedEnd: change.addedEnd };
    } else groups.push(change);
  }
  return groups.map(({ start, end, addedStart, addedEnd }) => ({
    start,
    removed: base.slice(start, end),
    added: proposed.slice(addedStart, addedEnd),
    before: base[start - 1],
    after: base[end],
  }));
}
