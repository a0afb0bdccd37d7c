import type { EditorSnapshot, TextLines } from "../../../src/completion/core/editorSnapshot";

/** llama.vscode's ring of chunks, by its published behaviour and constants (see serverCompletions.ts). */
const CHUNKS = 16;
const QUEUED = 16;
const CHUNK_LINES = 64;
const SCOPE_LINES = 1024;
const PREFIX_LINES = 256;
const SUFFIX_LINES = 64;
/** Nothing is picked before the cursor has moved by more lines than this. */
const MOVED_LINES = 32;
const FEWEST_LINES = 3;
/** Chunks more alike than this (Jaccard, by lines) give way to the new one. */
const ALIKE = 0.9;

export interface RingChunk {
  readonly filename: string;
  readonly text: string;
  readonly lines: readonly string[];
}

export class Ring {
  private inUse: RingChunk[] = [];
  private queued: RingChunk[] = [];
  private lastPick = -Infinity;

  constructor(private readonly random: () => number) {}

  get chunks(): readonly RingChunk[] {
    return this.inUse;
  }

  /** A document came to the front: what is around its cursor. */
  opened({ name, lines, cursor }: EditorSnapshot): void {
    const around = between(lines, cursor.line - CHUNK_LINES / 2, cursor.line + CHUNK_LINES / 2);
    this.pick(name, around, true);
  }

  /** A suggestion was shown: what lies beyond the prompt's window on both sides, where the cursor has moved far. */
  shown({ name, lines, cursor }: EditorSnapshot): void {
    if (Math.abs(cursor.line - this.lastPick) <= MOVED_LINES) return;
    this.pick(name, between(lines, cursor.line - SCOPE_LINES, cursor.line - PREFIX_LINES), false);
    const below = cursor.line + SUFFIX_LINES;
    this.pick(name, between(lines, below, below + CHUNK_LINES), false);
    this.lastPick = cursor.line;
  }

  /** Takes one queued chunk into use. @returns whether there was one. */
  advance(): boolean {
    const next = this.queued.shift();
    if (next === undefined) return false;
    this.inUse.push(next);
    if (this.inUse.length > CHUNKS) this.inUse.shift();
    return true;
  }

  private pick(filename: string, lines: readonly string[], evict: boolean): void {
    if (lines.length < FEWEST_LINES) return;
    let chosen = lines;
    if (lines.length + 1 >= CHUNK_LINES) {
      const from = Math.floor(this.random() * Math.max(0, lines.length - CHUNK_LINES / 2 + 1));
      chosen = lines.slice(from, from + CHUNK_LINES / 2);
    }
    const text = `${chosen.join("\n")}\n`;
    if (evict) {
      if ([...this.inUse, ...this.queued].some((chunk) => chunk.text === text)) return;
      const other = (chunk: RingChunk): boolean => likeness(chunk.lines, chosen) <= ALIKE;
      this.inUse = this.inUse.filter(other);
      this.queued = this.queued.filter(other);
    }
    if (this.queued.length >= QUEUED) this.queued.shift();
    this.queued.push({ filename, text, lines: chosen });
  }
}

/** Lines from `from` to `to`, both within the document and both included. */
function between(lines: TextLines, from: number, to: number): string[] {
  const last = lines.lineCount - 1;
  const [first, end] = [from, to].map((line) => Math.min(last, Math.max(0, line))) as [number, number];
  return Array.from({ length: end - first + 1 }, (_, index) => lines.line(first + index));
}

function likeness(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [new Set(a), new Set(b)];
  const shared = [...left].filter((line) => right.has(line)).length;
  const union = left.size + right.size - shared;
  return union === 0 ? 1 : shared / union;
}
