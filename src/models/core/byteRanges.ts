/** Which bytes of a file are there: ranges without overlap, in order, `end` not included. */
export type ByteRanges = readonly (readonly [start: number, end: number])[];

export function addRange(ranges: ByteRanges, start: number, end: number): ByteRanges {
  if (end <= start) return ranges;
  const apart = ranges.filter(([from, to]) => to < start || from > end);
  const touching = ranges.filter(([from, to]) => to >= start && from <= end);
  const merged = [
    Math.min(start, ...touching.map(([from]) => from)),
    Math.max(end, ...touching.map(([, to]) => to)),
  ] as const;
  return [...apart, merged].sort(([a], [b]) => a - b);
}

export function coveredBytes(ranges: ByteRanges): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Up to where everything from the file's beginning on is there. */
export function prefixEnd(ranges: ByteRanges): number {
  const [first] = ranges;
  return first?.[0] === 0 ? first[1] : 0;
}

/** Only what lies before `size`. */
export function cutRanges(ranges: ByteRanges, size: number): ByteRanges {
  return ranges.flatMap(([start, end]) => (start >= size ? [] : [[start, Math.min(end, size)] as const]));
}

/**
 * The first bytes that are neither there nor on their way.
 * @param taken what others fetch now.
 * @param most bytes of one piece.
 * @returns undefined when there is nothing left to take.
 */
export function nextPiece(
  ranges: ByteRanges,
  taken: ByteRanges,
  size: number,
  most: number,
): { readonly start: number; readonly end: number } | undefined {
  const busy = taken.reduce((all, [start, end]) => addRange(all, start, end), ranges);
  const start = prefixEnd(busy);
  if (start >= size) return undefined;
  const next = busy.find(([from]) => from > start);
  return { start, end: Math.min(size, start + most, next?.[0] ?? size) };
}
