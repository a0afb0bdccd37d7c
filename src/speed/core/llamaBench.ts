import { PaddockError } from "../../platform/core/errors";
import type { BenchResult } from "./benchmark";
import { mostRows, parseRows } from "./llamaBenchParse";
import { fromRow, type LlamaBenchRow, toRow } from "./llamaBenchRow";
import { type BenchFormat, printRows } from "./llamaBenchText";

/** Characters of a file that is read; llama-bench writes about 1.5 KB for a test. */
export const mostImported = 32 * 1024 * 1024;

/** Results in llama-bench's fields. A result's doubts, its model's fingerprint and the binding's version have none. */
export function toRows(results: readonly BenchResult[]): LlamaBenchRow[] {
  return results.map(toRow);
}

/** A file as llama-bench writes it with `-o FORMAT`. A table in Markdown and CSV and SQL hold no single repetitions. */
export function writeResults(format: BenchFormat, results: readonly BenchResult[]): string {
  return printRows(format, toRows(results));
}

export interface ReadResults {
  readonly results: readonly BenchResult[];
  /** Rows that were no results, or made no sense. */
  readonly leftOut: number;
}

/**
 * Results of a llama-bench file in any of its formats, of this version or older ones; the text may hold anything.
 * What a file does not tell is what llama-bench has by default. The same row read again is a result with the same id.
 * @param now ms since 1970: of results that tell no time.
 * @throws PaddockError unsupported, where it is no such file or too long.
 */
export function readResults(text: string, now = Date.now()): ReadResults {
  const remedy = "llama-bench writes what can be read with -o json, jsonl, csv, sql or md.";
  if (text.length > mostImported)
    throw new PaddockError("unsupported", "The file is too long for benchmark results.", { remedy });
  const parsed = parseRows(text);
  if (parsed === undefined)
    throw new PaddockError("unsupported", "This is no file of llama-bench results.", { remedy });
  const kept = parsed.rows.slice(0, mostRows);
  const results = new Map<string, BenchResult>();
  let leftOut = parsed.broken + parsed.rows.length - kept.length;
  for (const row of kept) {
    const result = fromRow(row, now);
    if (result === undefined) leftOut++;
    else results.set(result.id, result);
  }
  return { results: [...results.values()], leftOut };
}
