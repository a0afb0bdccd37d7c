/** A paragraph up to this length is rendered in one go. Characters. */
export const maxParagraph = 4_000;
const least = 2_000;

/**
 * Where a long paragraph may be cut so that both pieces read as they do in the whole: behind a blank at which nothing is
 * open that could reach over it, neither code nor emphasis, brackets nor a formula. Where there is no such place for
 * long, code and brackets at least are not cut; a text without blanks is cut anywhere.
 */
export function paragraphCut(text: string, from = 0): number {
  let code = 0;
  let brackets = 0;
  let round = 0;
  /** The runs of stars or tildes that are open. */
  const emphasis = new Set<string>();
  let dollars = 0;
  let good = 0;
  const end = Math.min(text.length, from + maxParagraph * 2);
  for (let at = from; at < end; at++) {
    const sign = text[at] ?? "";
    if (sign === "\\") at++;
    else if (sign === "`") {
      let ticks = 1;
      while (text[at + ticks] === "`") ticks++;
      if (code === 0) code = ticks;
      else if (code === ticks) code = 0;
      at += ticks - 1;
    } else if (isBlank(sign)) {
      const place = at + 1;
      if (place - from < least || code !== 0) continue;
      if (brackets > 0 || round > 0) continue;
      if (emphasis.size === 0 && dollars % 2 === 0) return place;
      if (place - from <= maxParagraph || good === 0) good = place;
    } else if (code !== 0) continue;
    else if (sign === "[") brackets++;
    else if (sign === "]") brackets = Math.max(0, brackets - 1);
    else if (sign === "(" && text[at - 1] === "]") round++;
    else if (sign === ")") round = Math.max(0, round - 1);
    else if (sign === "$") dollars++;
    else if (sign === "*" || sign === "~") {
      let run = sign;
      while (text[at + run.length] === sign) run += sign;
      if (emphasis.has(run)) emphasis.delete(run);
      else if (!isBetweenBlanks(text, at, run.length)) emphasis.add(run);
      at += run.length - 1;
    }
  }
  if (good !== 0) return good;
  const blank = Math.max(text.lastIndexOf(" ", end - 1), text.lastIndexOf("\n", end - 1)) + 1;
  if (blank > from + least) return blank;
  // Not between the halves of a surrogate pair.
  return /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;
}

/** A star as in "2 * 3" is no emphasis. */
function isBetweenBlanks(text: string, at: number, length: number): boolean {
  return isBlank(text[at - 1] ?? " ") && isBlank(text[at + length] ?? " ");
}

function isBlank(sign: string): boolean {
  return sign === " " || sign === "\n" || sign === "\t";
}
