import type { ChunkKind, ContextChunk } from "./contextChunk";
import { tellingLine } from "./lineSets";

/** A chunk of more lines says little more to a model and leaves no room for others. */
export const maxChunkLines = 40;

/** These are lists of lines from different places of a file; the others are lines that follow one another. */
export function isList(kind: ChunkKind): boolean {
  return kind === "imports" || kind === "enclosing";
}

/** A chunk by its lines, without line ends. */
export interface Region {
  readonly chunk: ContextChunk;
  readonly lines: readonly string[];
}

export function regionOf(chunk: ContextChunk): Region {
  const lines = chunk.text.split("\n");
  // The line end after the last line begins no further one.
  if (lines.at(-1) === "") lines.pop();
  return { chunk, lines };
}

/** The chunk with these lines instead, beginning `offset` lines further down. */
export function withLines({ chunk }: Region, lines: readonly string[], offset = 0): Region {
  const text = lines.map((line) => `${line}\n`).join("");
  return { chunk: { ...chunk, firstLine: chunk.firstLine + offset, text }, lines };
}

/**
 * Puts the regions of one file that overlap or touch together, as the more valuable of the two, where the whole has at
 * most `most` lines; else the less valuable one keeps only what is its own.
 * @param regions the more valuable first.
 */
export function mergeRegions(regions: readonly Region[], most: number): readonly Region[] {
  const merged: Region[] = [];
  for (const region of regions) {
    if (isList(region.chunk.kind)) merged.push(region);
    else addRegion(merged, region, most);
  }
  return merged;
}

/** @param apart what the region is the rest beside; putting these two together was no good. */
function addRegion(merged: Region[], region: Region, most: number, apart?: Region): void {
  for (const [index, other] of merged.entries()) {
    if (other === apart || isList(other.chunk.kind) || other.chunk.uri !== region.chunk.uri || !touch(other, region))
      continue;
    const whole = union(other, region);
    if (whole !== undefined && whole.lines.length <= most) {
      merged.splice(index, 1);
      // What it has become may touch a further one.
      addRegion(merged, whole, most);
      return;
    }
    for (const rest of without(region, other)) addRegion(merged, rest, most, other);
    // Touching without overlap leaves the region as it was: both stay.
    if (!overlap(other, region)) continue;
    return;
  }
  merged.push(region);
}

function first({ chunk }: Region): number {
  return chunk.firstLine;
}
function end({ chunk, lines }: Region): number {
  return chunk.firstLine + lines.length;
}
function overlap(a: Region, b: Region): boolean {
  return first(a) < end(b) && first(b) < end(a);
}
function touch(a: Region, b: Region): boolean {
  return first(a) <= end(b) && first(b) <= end(a);
}

/** Undefined where they differ in what both have: they were read at different times. */
function union(a: Region, b: Region): Region | undefined {
  const from = Math.min(first(a), first(b));
  const lines: string[] = [];
  for (let line = from; line < Math.max(end(a), end(b)); line++) {
    const ofA = a.lines[line - first(a)];
    const ofB = b.lines[line - first(b)];
    if (ofA !== undefined && ofB !== undefined && ofA !== ofB) return undefined;
    lines.push(ofA ?? ofB ?? "");
  }
  return withLines(a, lines, from - first(a));
}

/** What of `region` lies before and after `other`. */
function without(region: Region, other: Region): Region[] {
  if (!overlap(region, other)) return [];
  const before = region.lines.slice(0, Math.max(0, first(other) - first(region)));
  const offset = end(other) - first(region);
  const after = region.lines.slice(offset);
  return [
    ...(before.length > 0 ? [withLines(region, before)] : []),
    ...(after.length > 0 ? [withLines(region, after, offset)] : []),
  ];
}

/** Of a region of the edited file, without the lines at its ends that the prompt's window holds. */
export function outsideWindow(region: Region, window: ReadonlySet<string>): Region {
  const { lines, chunk } = region;
  const isHeld = (line: string): boolean => {
    const telling = tellingLine(line);
    return telling === undefined || window.has(telling);
  };
  if (isList(chunk.kind)) {
    const kept = lines.filter((line) => !isHeld(line));
    return kept.length === lines.length ? region : withLines(region, kept);
  }
  const from = lines.findIndex((line) => !isHeld(line));
  const last = lines.findLastIndex((line) => !isHeld(line));
  if (from === -1) return withLines(region, []);
  // Lines that say nothing belong to what stands beside them; only where the window goes on are they its own.
  const cutsStart = lines.slice(0, from).some((line) => tellingLine(line) !== undefined);
  const cutsEnd = lines.slice(last + 1).some((line) => tellingLine(line) !== undefined);
  if (!cutsStart && !cutsEnd) return region;
  return withLines(region, lines.slice(cutsStart ? from : 0, cutsEnd ? last + 1 : lines.length), cutsStart ? from : 0);
}
