import { type Fence, fenceAt } from "./fences";
import { maxParagraph, paragraphCut } from "./paragraphCut";
import { type BlockStart, blockStarts, copyOf, type MarkdownEnv } from "./parser";

/** So much of a text is parsed in one go, about 1 ms of a slow machine. Characters. */
const windowLength = 6_000;
/** A list is put in place in pieces of about this length, and a shorter one as a whole. Characters. */
const listPiece = 2_000;
const rowsAtOnce = 10;
/** Of a paragraph, what comes after is shown by the button of long text. Characters. */
const maxWords = 100_000;

/** A block that has been begun and may go on. Its pieces go into one element. */
export type OpenBlock =
  /** `head`: its first two lines. */
  | { readonly kind: "table"; readonly head: string }
  | { readonly kind: "list"; readonly type: string; readonly markup: string }
  /** A paragraph. `length`: of what has been planned. */
  | { readonly kind: "words"; readonly length: number };

/** A piece of a text that nothing can change any more, small enough to be put in place in one go. */
export type Piece = {
  /** It goes to here; characters of the source. */
  readonly to: number;
} & (
  | { readonly kind: "block"; readonly text: string }
  | { readonly kind: "fence"; readonly fence: Fence }
  /** Text as it was written. */
  | { readonly kind: "source"; readonly text: string }
  /** `begins`: it is the first of its block. A table's text has the head before its rows. */
  | { readonly kind: "table" | "list" | "words"; readonly begins: boolean; readonly text: string }
);

export interface Planned {
  readonly pieces: readonly Piece[];
  /** What comes from here on is not planned. */
  readonly at: number;
  /** The block that goes on there. */
  readonly open: OpenBlock | undefined;
}

/**
 * The next finished pieces of a text.
 * @param from and `open`: as the last call has left them. @param whole the text does not grow any more.
 * @param env gets the link definitions where the text is whole. @returns no progress where there is nothing to plan.
 */
export function nextPieces(
  source: string,
  from: number,
  open: OpenBlock | undefined,
  whole: boolean,
  env: MarkdownEnv,
): Planned {
  if (open === undefined) {
    const fence = fenceAt(source, afterBlankLines(source, from));
    if (fence !== undefined) {
      const ended = whole || (fence.closed && source[fence.end - 1] === "\n");
      return ended ? { pieces: [{ kind: "fence", fence, to: fence.end }], at: fence.end, open } : nothing(from, open);
    }
  }
  const available = whole ? source.length : source.lastIndexOf("\n") + 1;
  for (let size = windowLength; from < available; size *= 2) {
    const to = windowEnd(source, from, from + size, available);
    const planned = planWindow(
      source.slice(from, to),
      from,
      open,
      whole && to === source.length,
      whole ? env : copyOf(env),
    );
    if (planned.at > from || to === available) return planned;
  }
  // The line that is not whole yet settles nothing; but when it is a long paragraph, its begin is no other thing any more.
  if (!whole && source.length - from > maxParagraph * 2) return planWords(source.slice(from), from, open, env);
  return nothing(from, open);
}

/** How much of what follows an open block belongs to it. Characters; 0: it has ended. */
export function ofOpenBlock(text: string, open: OpenBlock, env: MarkdownEnv): number {
  const context = contextOf(open);
  const [first, second] = blockStarts(context + text, copyOf(env));
  return goesOn(first, open) ? (second?.offset ?? context.length + text.length) - context.length : 0;
}

export function afterBlankLines(source: string, from: number): number {
  const blank = /(?:[ \t]*\n)*/y;
  blank.lastIndex = from;
  return from + (blank.exec(source)?.[0].length ?? 0);
}

function nothing(at: number, open: OpenBlock | undefined): Planned {
  return { pieces: [], at, open };
}

/** Whole lines. */
function windowEnd(source: string, from: number, wanted: number, available: number): number {
  if (wanted >= available) return available;
  const before = source.lastIndexOf("\n", wanted - 1) + 1;
  if (before > from) return before;
  const after = source.indexOf("\n", wanted) + 1;
  return after === 0 || after > available ? available : after;
}

/** What has to stand before the rest of an open block so that the parser reads it as that. */
function contextOf(open: OpenBlock | undefined): string {
  if (open?.kind === "table") return open.head;
  return open?.kind === "words" ? "p " : "";
}

function goesOn(first: BlockStart | undefined, open: OpenBlock): boolean {
  if (first === undefined) return false;
  if (open.kind === "table") return first.type === "table_open";
  if (open.kind === "list") return first.type === open.type && first.markup === open.markup;
  // A line of signs below it makes a heading of a paragraph; of one that long it is no heading any more.
  return first.type === "paragraph_open" || first.type === "heading_open";
}

/** Plans one window. Positions in it are `base` less than in the source. @param ended nothing comes after it. */
function planWindow(
  text: string,
  base: number,
  open: OpenBlock | undefined,
  ended: boolean,
  env: MarkdownEnv,
): Planned {
  const context = contextOf(open);
  const all = context + text;
  const starts = blockStarts(all, env);
  if (starts.length === 0 && !ended) return nothing(base, open);
  if (open !== undefined && !goesOn(starts[0], open)) return planWindow(text, base, undefined, ended, env);
  const pieces: Piece[] = [];
  const toSource = (at: number): number => base + at - context.length;
  let at = base;
  const [first] = starts;
  if (open === undefined && all.slice(0, first?.offset).trim() !== "") {
    // Link definitions have no block.
    at = toSource(first?.offset ?? all.length);
    pieces.push({ kind: "block", text: all.slice(0, first?.offset), to: at });
  }
  for (const [index, start] of starts.entries()) {
    const next = starts[index + 1];
    const end = next?.offset ?? all.length;
    const block: WindowBlock = {
      start,
      from: index === 0 && open !== undefined ? context.length : start.offset,
      end,
      // A table ends with an empty line, whatever comes after it.
      complete: next !== undefined || ended || (start.type === "table_open" && /\n[ \t]*\n$/.test(all)),
    };
    const goingOn = index === 0 ? open : undefined;
    const planned = planBlock(all, block, goingOn, toSource);
    pieces.push(...planned.pieces);
    at = planned.at;
    if (!block.complete) return { pieces, at, open: planned.open };
  }
  if (starts.length === 0) at = base + text.length;
  return { pieces, at, open: undefined };
}

interface WindowBlock {
  readonly start: BlockStart;
  readonly from: number;
  readonly end: number;
  /** Nothing that follows can change it. */
  readonly complete: boolean;
}

function planBlock(
  all: string,
  block: WindowBlock,
  open: OpenBlock | undefined,
  toSource: (at: number) => number,
): Planned {
  const { start, from, end, complete } = block;
  const text = all.slice(from, end);
  const asBlock = (): Planned =>
    complete
      ? { pieces: [{ kind: "block", text, to: toSource(end) }], at: toSource(end), open: undefined }
      : nothing(toSource(from), open);
  if (open?.kind === "words" || (start.type === "paragraph_open" && text.length > maxParagraph))
    return words(all, block, open?.kind === "words" ? open : undefined, toSource);
  if (start.type === "table_open") return rows(all, block, open?.kind === "table" ? open : undefined, toSource);
  if (start.type.endsWith("_list_open") && (open !== undefined || text.length > listPiece))
    return items(all, block, open !== undefined, toSource);
  if (start.type === "fence" && complete) {
    const fence = fenceAt(all, start.offset);
    if (fence !== undefined)
      return { pieces: [{ kind: "fence", fence, to: toSource(end) }], at: toSource(end), open: undefined };
  }
  return asBlock();
}

function rows(
  all: string,
  { start, from, end, complete }: WindowBlock,
  open: Extract<OpenBlock, { kind: "table" }> | undefined,
  toSource: (at: number) => number,
): Planned {
  const head = open?.head ?? /^[^\n]*\n[^\n]*(?:\n|$)/.exec(all.slice(start.offset))?.[0] ?? "";
  const pieces: Piece[] = [];
  let at = open === undefined ? start.offset + head.length : from;
  let begins = open === undefined;
  const last = complete ? start.end : all.length;
  while (begins || at < last) {
    let to = at;
    for (let row = 0; row < rowsAtOnce && to < last; row++)
      to = !all.includes("\n", to) ? last : all.indexOf("\n", to) + 1;
    to = Math.min(to, last);
    pieces.push({ kind: "table", begins, text: head + all.slice(at, to), to: toSource(to) });
    begins = false;
    at = to;
  }
  if (!complete) return { pieces, at: toSource(at), open: { kind: "table", head } };
  // What stands between it and the next block: blank lines and link definitions.
  if (all.slice(at, end).trim() !== "") pieces.push({ kind: "block", text: all.slice(at, end), to: toSource(end) });
  return { pieces, at: toSource(end), open: undefined };
}

function items(
  all: string,
  { start, from, end, complete }: WindowBlock,
  goesOn: boolean,
  toSource: (at: number) => number,
): Planned {
  const { type, markup } = start;
  // The last one may go on.
  const ends = complete ? [...start.items.slice(1), end] : start.items.slice(1);
  const pieces: Piece[] = [];
  let at = from;
  for (const [index, to] of ends.entries()) {
    if (to - at < listPiece && !(complete && index === ends.length - 1)) continue;
    pieces.push({ kind: "list", begins: !goesOn && pieces.length === 0, text: all.slice(at, to), to: toSource(to) });
    at = to;
  }
  const begun = goesOn || pieces.length > 0;
  return { pieces, at: toSource(at), open: complete || !begun ? undefined : { kind: "list", type, markup } };
}

function words(
  all: string,
  { start, from, end, complete }: WindowBlock,
  open: Extract<OpenBlock, { kind: "words" }> | undefined,
  toSource: (at: number) => number,
): Planned {
  const pieces: Piece[] = [];
  let at = from;
  let length = open?.length ?? 0;
  const last = complete ? start.end : end;
  const push = (to: number): void => {
    const text = all.slice(at, to);
    pieces.push({
      kind: "words",
      begins: length === 0,
      text: length === 0 ? text.trimStart() : text,
      to: toSource(to),
    });
    length += to - at;
    at = to;
  };
  while (last - at > maxParagraph && length < maxWords) push(paragraphCut(all.slice(0, last), at));
  if (!complete) return { pieces, at: toSource(at), open: length === 0 ? undefined : { kind: "words", length } };
  if (last - at > maxParagraph) pieces.push({ kind: "source", text: all.slice(at, last), to: toSource(last) });
  else if (all.slice(at, last).trim() !== "") push(last);
  if (all.slice(last, end).trim() !== "") pieces.push({ kind: "block", text: all.slice(last, end), to: toSource(end) });
  return { pieces, at: toSource(end), open: undefined };
}

function planWords(text: string, base: number, open: OpenBlock | undefined, env: MarkdownEnv): Planned {
  if (open !== undefined && open.kind !== "words") return nothing(base, open);
  const context = contextOf(open);
  const all = context + text;
  const starts = blockStarts(all, copyOf(env));
  const [start] = starts;
  if (start?.type !== "paragraph_open" || starts.length > 1) return nothing(base, open);
  const block: WindowBlock = {
    start,
    from: open === undefined ? start.offset : context.length,
    end: all.length,
    complete: false,
  };
  return words(all, block, open, (at) => base + at - context.length);
}
