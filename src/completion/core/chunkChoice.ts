import { isList, maxChunkLines, mergeRegions, outsideWindow, type Region, regionOf, withLines } from "./chunkRegions";
import type { ChunkKind, ContextChunk } from "./contextChunk";
import { likeness, shareIn, tellingLines } from "./lineSets";

/** The most valuable first: what the code at the cursor is made of, then where the person works, then the rest. */
const byValue = [
  "definition",
  "imports",
  "enclosing",
  "recentEdit",
  "visible",
  "cell",
  "openEditor",
] as const satisfies readonly ChunkKind[];

/** What changes least first: the KV cache serves a prompt up to where it first differs from the last one. */
const bySteadiness = [
  "definition",
  "openEditor",
  "imports",
  "cell",
  "visible",
  "enclosing",
  "recentEdit",
] as const satisfies readonly ChunkKind[];

/** Chunks that are more alike than this say the same. */
const mostLikeness = 0.9;
/** A chunk of whose telling lines the window holds more than this share adds nothing. */
const mostHeld = 0.5;
/** What does not fit is cut to its first lines, unless so few would be left. */
const leastCutLines = 8;
/** So many kinds more valuable must a new chunk be to put a chosen one out; see `muchBetterThan`. */
const clearlyBetter = 3;

export interface ChunkWish {
  /** The best of a kind first. */
  readonly candidates: readonly ContextChunk[];
  /** The edited document. */
  readonly uri: string;
  /** What the prompt shows of it before and after the cursor. */
  readonly prefix: string;
  readonly suffix: string;
  /** For names and texts together, UTF-16 units. */
  readonly budget: number;
  /** The last choice for this document. */
  readonly previous?: readonly ContextChunk[];
}

/**
 * Chooses what of other places the model is shown, in the order of the prompt; the same for the same wish. While every
 * chunk of the previous choice is still there and nothing much better has appeared, it stays as it is: any change here
 * costs processing the whole window anew.
 */
export function chooseChunks(wish: ChunkWish): readonly ContextChunk[] {
  const window = tellingLines(`${wish.prefix}\n${wish.suffix}`);
  const candidates = wish.candidates.map(regionOf);
  const fresh = fill(distinct(clean(candidates, wish.uri, window)), wish.budget);
  const { previous } = wish;
  if (previous === undefined) return inOrder(fresh, []);
  const kept = stillThere(previous, candidates, window);
  const isWhole = kept.length === previous.length && costOf(kept) <= wish.budget;
  if (isWhole && !fresh.some(muchBetterThan(kept, wish.budget))) {
    return kept.every((chunk, index) => chunk === previous[index]) ? previous : kept;
  }
  return inOrder(fresh, previous);
}

/** What a chunk takes of the budget, UTF-16 units. */
function costOf(chunks: readonly ContextChunk[]): number {
  return chunks.reduce((sum, { name, text }) => sum + name.length + 1 + text.length, 0);
}

function rankOf({ kind }: ContextChunk): number {
  return byValue.indexOf(kind);
}

/** The most valuable first, overlaps put together, without what the window holds. */
function clean(candidates: readonly Region[], uri: string, window: ReadonlySet<string>): readonly Region[] {
  const ranked = candidates.toSorted((a, b) => rankOf(a.chunk) - rankOf(b.chunk));
  const short = ranked.map((region) => withMost(region, maxChunkLines));
  const merged = mergeRegions(short, maxChunkLines).toSorted((a, b) => rankOf(a.chunk) - rankOf(b.chunk));
  return merged
    .map((region) => (region.chunk.uri === uri ? outsideWindow(region, window) : region))
    .filter(({ chunk }) => saysMore(chunk, window));
}

function withMost(region: Region, most: number): Region {
  return region.lines.length <= most ? region : withLines(region, region.lines.slice(0, most));
}

/** Whether the chunk says anything, and most of it is not in the window. */
function saysMore({ text }: ContextChunk, window: ReadonlySet<string>): boolean {
  const telling = tellingLines(text);
  return telling.size > 0 && shareIn(telling, window) <= mostHeld;
}

/** Without the less valuable of those that say the same. */
function distinct(regions: readonly Region[]): readonly Region[] {
  const seen: ReadonlySet<string>[] = [];
  return regions.filter(({ chunk }) => {
    const telling = tellingLines(chunk.text);
    if (seen.some((other) => likeness(telling, other) > mostLikeness)) return false;
    seen.push(telling);
    return true;
  });
}

function fill(regions: readonly Region[], budget: number): readonly ContextChunk[] {
  const chosen: ContextChunk[] = [];
  let room = budget;
  for (const region of regions) {
    const fitting = cutTo(region, room);
    if (fitting === undefined) continue;
    chosen.push(fitting);
    room -= costOf([fitting]);
  }
  return chosen;
}

function cutTo(region: Region, room: number): ContextChunk | undefined {
  if (costOf([region.chunk]) <= room) return region.chunk;
  let left = room - region.chunk.name.length - 1;
  const more = region.lines.findIndex((line) => (left -= line.length + 1) < 0);
  return more < leastCutLines ? undefined : withLines(region, region.lines.slice(0, more)).chunk;
}

/** The chunks of a choice whose text still stands in what was gathered now, at their present lines. */
function stillThere(
  previous: readonly ContextChunk[],
  candidates: readonly Region[],
  window: ReadonlySet<string>,
): readonly ContextChunk[] {
  // A chunk may have been put together of several, which may since be others.
  const regions = mergeRegions(candidates, Number.POSITIVE_INFINITY);
  return previous.flatMap((chunk) => {
    const lines = regionOf(chunk).lines;
    const found = regions
      .filter(({ chunk: one }) => one.uri === chunk.uri && isList(one.kind) === isList(chunk.kind))
      .flatMap((region) => placeIn(region, lines, isList(chunk.kind)) ?? []);
    if (found.length === 0 || !saysMore(chunk, window)) return [];
    const [firstLine = chunk.firstLine] = found.toSorted(
      (a, b) => Math.abs(a - chunk.firstLine) - Math.abs(b - chunk.firstLine),
    );
    return [firstLine === chunk.firstLine ? chunk : { ...chunk, firstLine }];
  });
}

/** The line of the document where these lines begin. */
function placeIn(region: Region, lines: readonly string[], anyOrder: boolean): number | undefined {
  if (anyOrder) {
    const all = new Set(region.lines);
    return lines.every((line) => all.has(line)) ? region.chunk.firstLine : undefined;
  }
  const last = region.lines.length - lines.length;
  for (let at = 0; at <= last; at++) {
    if (lines.every((line, index) => line === region.lines[at + index])) return region.chunk.firstLine + at;
  }
  return undefined;
}

/**
 * Tells whether a new chunk is worth processing the prompt anew: where the choice has room for it and it is of what the
 * person works with, or half of the budget is free; or where it is clearly more valuable than what it would put out.
 */
function muchBetterThan(kept: readonly ContextChunk[], budget: number): (chunk: ContextChunk) => boolean {
  const known = tellingLines(kept.map(({ text }) => text).join(""));
  const taken = costOf(kept);
  const leastValuable = Math.max(...kept.map(rankOf));
  return (chunk) => {
    // Mostly what the choice has already: a region that has grown by a line.
    if (shareIn(tellingLines(chunk.text), known) > mostHeld) return false;
    if (taken + costOf([chunk]) > budget) return leastValuable - rankOf(chunk) >= clearlyBetter;
    return taken * 2 <= budget || rankOf(chunk) <= byValue.indexOf("recentEdit");
  };
}

/** By steadiness, but what the last prompt began with stays in front as far as it is the same. */
function inOrder(chosen: readonly ContextChunk[], previous: readonly ContextChunk[]): readonly ContextChunk[] {
  const left = [...chosen];
  const front: ContextChunk[] = [];
  for (const { uri, text } of previous) {
    const index = left.findIndex((chunk) => chunk.uri === uri && chunk.text === text);
    if (index === -1) break;
    front.push(...left.splice(index, 1));
  }
  const steadiness = ({ kind }: ContextChunk): number => bySteadiness.indexOf(kind);
  return [
    ...front,
    ...left.sort((a, b) => steadiness(a) - steadiness(b) || compare(a.name, b.name) || a.firstLine - b.firstLine),
  ];
}

/** Not by the person's language: the same chunks stand in the same order everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
