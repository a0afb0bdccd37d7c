import { type EditorSnapshot, linePrefix, lineSuffix } from "./editorSnapshot";
import { isOnlyClosers } from "./when";

/** A text for a place, and the surroundings that it was made for. */
export interface Suggestion {
  readonly id: number;
  readonly uri: string;
  readonly line: number;
  readonly character: number;
  /** The line left of its start, and the line above. */
  readonly head: string;
  readonly above: string | undefined;
  /** The line right of its start. */
  readonly tail: string;
  readonly text: string;
  /** UTF-16 units of `tail` that the text replaces. */
  readonly replaces: number;
}

export type Place = Pick<Suggestion, "uri" | "line" | "character" | "head" | "above" | "tail">;

/** What of a suggestion is still to come at the cursor. */
export interface Rest {
  readonly text: string;
  readonly replaces: number;
  /** UTF-16 units of it that are in the document. */
  readonly typed: number;
}

export function placeOf(snapshot: EditorSnapshot): Place {
  const { uri, cursor, lines } = snapshot;
  return {
    uri,
    line: cursor.line,
    character: cursor.character,
    head: linePrefix(snapshot),
    above: cursor.line === 0 ? undefined : lines.line(cursor.line - 1),
    tail: lineSuffix(snapshot),
  };
}

/** What was typed between a place and the cursor, "\n" between lines; undefined when the cursor is not after it. */
export function typedSince(place: Place, { uri, lines, cursor }: EditorSnapshot): string | undefined {
  if (uri !== place.uri || cursor.line < place.line || place.line >= lines.lineCount) return undefined;
  const first = lines.line(place.line);
  if (first.slice(0, place.character) !== place.head) return undefined;
  if (place.line > 0 && lines.line(place.line - 1) !== place.above) return undefined;
  if (cursor.line === place.line)
    return cursor.character < place.character ? undefined : first.slice(place.character, cursor.character);
  let text = first.slice(place.character);
  for (let line = place.line + 1; line < cursor.line; line++) text += `\n${lines.line(line)}`;
  return `${text}\n${lines.line(cursor.line).slice(0, cursor.character)}`;
}

/** Undefined when the document does not go on as the suggestion says. */
export function restOf(suggestion: Omit<Suggestion, "id">, snapshot: EditorSnapshot): Rest | undefined {
  // Most suggestions end on their line, and what is far below none was typed from it.
  const lineBreaks = snapshot.cursor.line - suggestion.line;
  if (lineBreaks < 0 || (lineBreaks > 0 && suggestion.text.split("\n").length <= lineBreaks)) return undefined;
  const typed = typedSince(suggestion, snapshot);
  if (typed === undefined || !suggestion.text.startsWith(typed)) return undefined;
  const text = suggestion.text.slice(typed.length);
  const replaces = replacesNow(suggestion, text, lineSuffix(snapshot));
  return replaces === undefined ? undefined : { text, replaces, typed: typed.length };
}

/**
 * What follows the cursor may have changed by the editor itself: a bracket was closed, or one that it had closed was
 * typed over or replaced.
 */
function replacesNow({ tail, replaces }: Pick<Suggestion, "tail" | "replaces">, rest: string, now: string) {
  if (now === tail) return replaces;
  if (now.endsWith(tail)) {
    const added = now.slice(0, now.length - tail.length);
    if (!isOnlyClosers(added)) return undefined;
    // VS Code shows a text over what it replaces only if that is in it, in order.
    return isSubsequence(added, rest) ? added.length + replaces : undefined;
  }
  if (tail.endsWith(now)) {
    const gone = tail.length - now.length;
    return isOnlyClosers(tail.slice(0, gone)) ? Math.max(0, replaces - gone) : undefined;
  }
  return undefined;
}

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of part) {
    at = whole.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** Enough for what was typed through, and deleted again, in one place. */
const MOST = 32;

/** The last suggestions, newest first: what still fits needs no model. */
export class Suggestions {
  private readonly list: Suggestion[] = [];

  add(suggestion: Suggestion): void {
    this.list.unshift(suggestion);
    if (this.list.length > MOST) this.list.pop();
  }

  /** The newest that goes on at the cursor; one that was typed to its end does not count. */
  find(snapshot: EditorSnapshot): (Rest & { readonly suggestion: Suggestion }) | undefined {
    for (const suggestion of this.list) {
      const rest = restOf(suggestion, snapshot);
      if (rest !== undefined && rest.text !== "") return { ...rest, suggestion };
    }
    return undefined;
  }

  clear(): void {
    this.list.length = 0;
  }
}
