import { diffArrays } from "diff";

/** Lines [start, end) of the base become lines [addedStart, addedEnd) of the proposal. */
export interface LineChange {
  readonly start: number;
  readonly end: number;
  readonly addedStart: number;
  readonly addedEnd: number;
}

/**
 * Myers' algorithm takes time by the square of the number of changed lines: 1,000 took about a tenth of a second on two
 * slow cores. Texts that differ more are cut at lines that both have exactly once, and the pieces compared.
 */
const maxChangedLines = 1_000;
/** A change slides over no more lines than these; a text of one and the same line would make it slide for ever. */
const farthest = 100;

/** How two texts differ, line by line. Takes well under a second for 50,000 lines, however much they differ. */
export function diffLines(base: readonly string[], proposed: readonly string[]): LineChange[] {
  const numbers = new Map<string, number>();
  const intern = (line: string): number => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    numbers.set(line, numbers.size);
    return numbers.size - 1;
  };
  const changes: LineChange[] = [];
  compare(base.map(intern), proposed.map(intern), 0, 0, maxChangedLines, changes);
  const apart = joined(changes);
  for (const [index, change] of apart.entries()) {
    // A line stays between two changes, so that they stay two.
    const above = change.start - (apart[index - 1]?.end ?? -1) - 1;
    const below = (apart[index + 1]?.start ?? base.length + 1) - change.end - 1;
    apart[index] = slid(change, base, proposed, above, below);
  }
  return apart;
}

function compare(
  base: readonly number[],
  proposed: readonly number[],
  baseFrom: number,
  proposedFrom: number,
  limit: number,
  changes: LineChange[],
): void {
  let head = 0;
  while (head < base.length && head < proposed.length && base[head] === proposed[head]) head++;
  let tail = 0;
  while (
    tail < base.length - head &&
    tail < proposed.length - head &&
    base[base.length - 1 - tail] === proposed[proposed.length - 1 - tail]
  )
    tail++;
  const a = base.slice(head, base.length - tail);
  const b = proposed.slice(head, proposed.length - tail);
  const from = baseFrom + head;
  const to = proposedFrom + head;
  if (a.length === 0 && b.length === 0) return;
  const whole = { start: from, end: from + a.length, addedStart: to, addedEnd: to + b.length };
  if (a.length === 0 || b.length === 0) {
    changes.push(whole);
    return;
  }
  const found = diffArrays(a, b, { maxEditLength: limit });
  if (found !== undefined) {
    let at = from;
    let addedAt = to;
    for (const { count, added, removed } of found) {
      if (added) changes.push({ start: at, end: at, addedStart: addedAt, addedEnd: (addedAt += count) });
      else if (removed) changes.push({ start: at, end: (at += count), addedStart: addedAt, addedEnd: addedAt });
      else {
        at += count;
        addedAt += count;
      }
    }
    return;
  }
  const anchors = uniquePairs(a, b);
  if (anchors.length === 0) {
    changes.push(whole);
    return;
  }
  // Many small pieces must not take longer together than one large one.
  const less = Math.max(50, Math.floor(limit / 8));
  let aFrom = 0;
  let bFrom = 0;
  for (const [aAt, bAt] of [...anchors, [a.length, b.length] as const]) {
    compare(a.slice(aFrom, aAt), b.slice(bFrom, bAt), from + aFrom, to + bFrom, less, changes);
    aFrom = aAt + 1;
    bFrom = bAt + 1;
  }
}

/** Places of lines that stand exactly once in each, in an order that both have: the longest such row. */
function uniquePairs(a: readonly number[], b: readonly number[]): (readonly [number, number])[] {
  const inA = onlyPlaces(a);
  const inB = onlyPlaces(b);
  const pairs = [...inA].flatMap(([line, at]): (readonly [number, number])[] => {
    const other = inB.get(line);
    return other === undefined ? [] : [[at, other]];
  });
  // Patience sorting; `before` leads from the end of the longest row back to its start.
  const tops: number[] = [];
  const before: number[] = [];
  for (const [index, [, at]] of pairs.entries()) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] ?? 0]?.[1] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? (tops[low - 1] ?? -1) : -1;
    tops[low] = index;
  }
  const row: (readonly [number, number])[] = [];
  for (let index = tops.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) {
    const pair = pairs[index];
    if (pair !== undefined) row.push(pair);
  }
  return row.reverse();
}

function onlyPlaces(lines: readonly number[]): Map<number, number> {
  const places = new Map<number, number>();
  const seen = new Set<number>();
  for (const [at, line] of lines.entries()) {
    if (seen.has(line)) places.delete(line);
    else places.set(line, at);
    seen.add(line);
  }
  return places;
}

/** Changes that touch are one. */
function joined(changes: readonly LineChange[]): LineChange[] {
  const result: LineChange[] = [];
  for (const change of changes) {
    const last = result.at(-1);
    if (last?.end === change.start && last.addedEnd === change.addedStart) {
      result[result.length - 1] = { ...last, end: change.end, addedEnd: change.addedEnd };
    } else result.push(change);
  }
  return result;
}

/**
 * Lines that were only added or only removed can often stand a little higher or lower with the same result: a new
 * function between two others ends in a "}" that may be its own or its neighbour's. Takes the place a person would.
 */
function slid(
  change: LineChange,
  base: readonly string[],
  proposed: readonly string[],
  above: number,
  below: number,
): LineChange {
  const { start, end, addedStart, addedEnd } = change;
  const [lines, from, to] =
    start === end ? [proposed, addedStart, addedEnd] : addedStart === addedEnd ? [base, start, end] : [base, 0, 0];
  if (from === to) return change;
  let up = 0;
  while (up < Math.min(above, farthest) && lines[from - up - 1] === lines[to - up - 1]) up++;
  let down = 0;
  while (down < Math.min(below, farthest) && lines[from + down] === lines[to + down]) down++;
  let best = { by: down, worth: -1 };
  for (let by = down; by >= -up; by--) {
    const opensWell = !isText(lines[from + by]) ? 1 : isText(lines[from + by - 1]) ? 0 : 2;
    const closesWell = isText(lines[to + by - 1]) ? 0 : 1;
    const startsWithBracket = /^\s*[)\]}]/.test(lines[from + by] ?? "") ? -1 : 0;
    const worth = opensWell + closesWell + startsWithBracket;
    if (worth > best.worth) best = { by, worth };
  }
  const { by } = best;
  return { start: start + by, end: end + by, addedStart: addedStart + by, addedEnd: addedEnd + by };
}

function isText(line: string | undefined): boolean {
  return line !== undefined && line.trim() !== "";
}
