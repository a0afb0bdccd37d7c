import { type EditorSnapshot, lineSuffix } from "./editorSnapshot";
import type { Reason } from "./reasons";

/** A line of more than this many UTF-16 units is data or minified: nobody types code in it. */
const LONGEST_LINE = 1000;
/** What an editor puts behind the cursor by itself, or what ends a statement: a suggestion can go before it. */
const onlyClosers = /^[\s)\]}>"'`;,:]*$/u;
const wordAtStart = /^[\p{L}\p{N}_]/u;

export interface Asked {
  /** The person asked for it, so what merely would not be worth it is done anyway. */
  readonly explicit: boolean;
  /** The suggest widget has an entry selected. */
  readonly suggestWidget: boolean;
  /** The model sees what follows the cursor. */
  readonly seesSuffix: boolean;
}

/** Why the model is not asked at a place, by the text alone; undefined where it is. */
export function reasonAgainst(snapshot: EditorSnapshot, asked: Asked): Reason | undefined {
  if (snapshot.lines.line(snapshot.cursor.line).length > LONGEST_LINE) return "longLine";
  if (asked.suggestWidget && !asked.explicit) return "suggestWidget";
  const after = lineSuffix(snapshot);
  if (wordAtStart.test(after)) return "insideWord";
  if (!asked.explicit && !asked.seesSuffix && !onlyClosers.test(after)) return "midLine";
  return undefined;
}

export function isOnlyClosers(text: string): boolean {
  return onlyClosers.test(text);
}
