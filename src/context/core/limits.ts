/**
 * What is gathered for a question (an outline, problems, a command's output, changes) may have so many characters:
 * some 8,000 tokens, what a chat's context holds by default. A file that somebody names may be larger (`gate.ts`),
 * because they know which one they asked for.
 */
export const maxGathered = 32 * 1024;

/** @returns the longest beginning of whole lines that fits, and how many lines are left. */
export function firstLines(lines: readonly string[], most: number): { readonly kept: string[]; readonly left: number } {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > most) break;
    kept.push(line);
  }
  return { kept, left: lines.length - kept.length };
}
