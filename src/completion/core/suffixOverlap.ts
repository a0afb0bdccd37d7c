/** The longest end of `text` that is a beginning of `following`, in UTF-16 units: it may turn out to repeat it. */
export function overlap(text: string, following: string): number {
  return overlaps(text, following)[0] ?? 0;
}

/** Of less it cannot be told that it is the same and not only alike. */
const leastOverlap = 3;

/**
 * The end of `text` that what follows the cursor on its line repeats, in UTF-16 units.
 * @param pairs where brackets and strings of `text` open and close: no pair is torn apart.
 */
export function repeatedEnd(
  text: string,
  suffix: string,
  pairs: readonly { readonly from: number; readonly to: number }[],
): number {
  const following = suffix.trimEnd();
  for (const length of overlaps(text, following)) {
    const at = text.length - length;
    const isWordCut = /[\p{L}\p{N}_]/u.test(text[at] ?? "") && /[\p{L}\p{N}_]$/u.test(text.slice(0, at));
    const isTorn = pairs.some(({ from, to }) => from < at && to > at);
    if ((length === following.length || length >= leastOverlap) && !isWordCut && !isTorn) return length;
  }
  return 0;
}

/** The longest first. */
function overlaps(text: string, following: string): number[] {
  const lengths: number[] = [];
  for (let length = Math.min(text.length, following.length); length > 0; length--) {
    if (text.endsWith(following.slice(0, length))) lengths.push(length);
  }
  return lengths;
}
