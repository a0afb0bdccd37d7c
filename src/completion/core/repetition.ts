/** The longest round that is looked for, in lines. */
const longestRound = 4;

/**
 * What the next line would be if the lines went round for a third time: small models get caught in circles.
 * @param lines those there are, the last one complete.
 */
export function thirdRounds(lines: readonly string[]): string[] {
  const found: string[] = [];
  for (let round = 1; round <= longestRound && lines.length >= 2 * round; round++) {
    const expected = lines.at(-round);
    const isRound = lines.slice(-round).every((line, index) => line === lines[lines.length - 2 * round + index]);
    if (isRound && expected !== undefined && hasWords(expected)) found.push(expected);
  }
  return found;
}

/** Brackets alone may well stand there again. */
export function hasWords(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}
