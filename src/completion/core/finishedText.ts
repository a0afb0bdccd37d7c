import { indentation, isBlank } from "./indentation";
import type { Place } from "./place";
import { repeatedEnd } from "./suffixOverlap";
import type { TakenSuffix } from "./takenSuffix";

export interface FinishedText {
  readonly text: string;
  /** UTF-16 units right of the cursor that the text takes the place of. */
  readonly replaces: number;
  /** Nothing is left, because what follows the cursor says it already. */
  readonly repeats: boolean;
}

/** What a suggestion's text is next to what follows the cursor on its line. */
export function finishedText(
  text: string,
  isCut: boolean,
  known: {
    readonly place: Place;
    readonly taken: TakenSuffix;
    /** Brackets and strings that the text opened and closed. */
    readonly pairs: readonly { readonly from: number; readonly to: number }[];
  },
): FinishedText {
  const { place, taken, pairs } = known;
  const { suffix, body } = place;
  const units = taken.units(text.length);
  if (isBlank(suffix)) return { text: text.trimEnd(), replaces: 0, repeats: false };
  if (body !== undefined && (text.includes("\n") || !body.onLine)) {
    if (units > 0 || isBlank(text)) return { text: text.trimEnd(), replaces: units, repeats: false };
    const { closes, replaces } = movedClosers(place);
    return { text: text.trimEnd() + closes, replaces, repeats: false };
  }
  // What came behind it has decided that the text's end stands for itself.
  if (isCut) return { text, replaces: units, repeats: false };
  // Closers that only end the text stay where they are.
  const { first } = taken;
  const isTail = first !== undefined && suffix.slice(0, units) === text.slice(first);
  const kept = isTail ? text.slice(0, first) : text;
  const replaces = isTail ? 0 : units;
  const repeated = replaces > 0 ? 0 : repeatedEnd(kept, suffix, pairs);
  const rest = kept.slice(0, kept.length - repeated);
  const keepsSpace = /^[^\s)\];,]/.test(suffix);
  return {
    text: keepsSpace ? rest : rest.trimEnd(),
    replaces,
    repeats: isBlank(rest) && !isBlank(text),
  };
}

/** What closes the body at the cursor, from behind it to a line of its own. */
export function movedClosers({ suffix, body, style }: Place): { readonly closes: string; readonly replaces: number } {
  const closers = suffix.trimEnd();
  return { closes: `\n${indentation(body?.base ?? 0, style)}${closers.trimStart()}`, replaces: closers.length };
}
