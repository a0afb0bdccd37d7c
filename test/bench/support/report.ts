import { rename, writeFile } from "node:fs/promises";
import os from "node:os";

/** What every benchmark and evaluation of the project writes with --json. */
export interface BenchReport {
  readonly figures: Readonly<Record<string, number>>;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
}

export function thisMachine(): BenchReport["machine"] {
  const [first] = os.cpus();
  return {
    cpu: first?.model ?? "unknown",
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    platform: `${process.platform}-${process.arch}`,
    loadAverage: os.loadavg()[0] ?? 0,
  };
}

/** Whole or not at all: a reader never sees half a report. */
export async function writeReport(file: string, report: BenchReport): Promise<void> {
  await writeFile(`${file}.part`, `${JSON.stringify(report, null, 2)}\n`);
  await rename(`${file}.part`, file);
}

/** @throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("The median of nothing.");
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The median of the ratios of runs that stood beside each other, which drift of the machine's speed leaves alone. */
export function medianRatio(pairs: readonly (readonly [ours: number, yardstick: number])[]): number {
  return median(pairs.map(([ours, yardstick]) => ours / yardstick));
}

/** Rows of equal length; the first is the head. Numbers are right-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}
