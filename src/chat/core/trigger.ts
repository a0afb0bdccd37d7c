/** What a person types to attach something ("@") or to use a prompt ("/"), and where it stands in the text. */
export interface Trigger {
  readonly kind: "@" | "/";
  /** What was typed after it. */
  readonly query: string;
  /** Offsets in UTF-16 units: of the mark, and behind the query. */
  readonly from: number;
  readonly to: number;
}

/** The host takes no longer query. */
const maxQuery = 200;

/**
 * "@" counts at the beginning of a word, so that an address is none; "/" only as the first thing of all, so that a
 * path within a sentence is none, and one with a second slash neither.
 * @param caret UTF-16 units.
 */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const before = text.slice(0, caret);
  const found = /(?:^|[\s(])(@)([^\s@]*)$/u.exec(before) ?? /^\s*(\/)([^\s/]*)$/u.exec(before);
  const kind = found?.[1];
  const query = found?.[2];
  if ((kind !== "@" && kind !== "/") || query === undefined || query.length > maxQuery) return undefined;
  return { kind, query, from: caret - query.length - 1, to: caret };
}

/** A text without the mark and the query in it, and with what takes their place. */
export function replaceTrigger(text: string, { from, to }: Trigger, put: string): { text: string; caret: number } {
  const after = text.slice(to);
  const gap = put !== "" && !/^\s/u.test(after) ? " " : "";
  // Nothing in their place leaves one space where there were two.
  const rest = put === "" && /(?:^|\s)$/u.test(text.slice(0, from)) ? after.replace(/^ /u, "") : after;
  return { text: text.slice(0, from) + put + gap + rest, caret: from + put.length + gap.length };
}

/** What stands in the text for what was attached: its name within a sentence, nothing where nothing else was written. */
export function nameInText(text: string, { from }: Trigger, attached: readonly string[]): string {
  const [name, ...others] = attached;
  return name === undefined || others.length > 0 || text.slice(0, from).trim() === "" ? "" : name;
}
