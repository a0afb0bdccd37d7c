import { formatCount } from "../../platform/core/format";
import { type Chart, chartOf, type ChartPoint, type ChartSeries, dayOf, timeOf } from "./chart";
import type { BenchRow } from "./speedContract";

/** The four ways of looking at results. */
export const benchCharts = ["depth", "batch", "models", "history"] as const;
export type BenchChart = (typeof benchCharts)[number];

/** What makes a row's figure another figure, apart from the model and the test. */
const settings = ["threads", "batchSize", "flashAttention", "kvCacheTypes", "gpuLayers", "useMmap"] as const;
type Setting = (typeof settings)[number];

const settingWords: Readonly<Record<Setting, (row: BenchRow) => string>> = {
  threads: ({ threads }) => `t${threads}`,
  batchSize: ({ batchSize }) => `b${batchSize}`,
  flashAttention: ({ flashAttention }) => `fa ${flashAttention ? 1 : 0}`,
  kvCacheTypes: ({ kvCacheTypes }) => kvCacheTypes,
  gpuLayers: ({ gpuLayers }) => `ngl ${gpuLayers}`,
  useMmap: ({ useMmap }) => `mmap ${useMmap ? 1 : 0}`,
};

/** @returns undefined where no result says anything of it. */
export function benchChart(kind: BenchChart, rows: readonly BenchRow[]): Chart | undefined {
  switch (kind) {
    case "depth":
      return tgAgainstDepth(rows);
    case "batch":
      return ppAgainstBatch(rows);
    case "models":
      return sideBySide(rows);
    case "history":
      return history(rows);
  }
}

function tgAgainstDepth(rows: readonly BenchRow[]): Chart | undefined {
  const tg = rows.filter(({ promptTokens, generatedTokens }) => promptTokens === 0 && generatedTokens > 0);
  return chartOf(
    "number",
    series(newest(tg), [], (row) => point(row, row.depth, formatCount(row.depth))),
  );
}

function ppAgainstBatch(rows: readonly BenchRow[]): Chart | undefined {
  const pp = rows.filter(({ promptTokens, generatedTokens }) => promptTokens > 0 && generatedTokens === 0);
  return chartOf(
    "number",
    series(newest(pp), ["batchSize"], (row) => point(row, row.batchSize, formatCount(row.batchSize)), true),
  );
}

/** A bar for each model in each test, of its fastest way of computing. */
function sideBySide(rows: readonly BenchRow[]): Chart | undefined {
  const best = new Map<string, BenchRow>();
  const manyMachines = new Set(rows.map(({ machineKey }) => machineKey)).size > 1;
  const nameOf = (row: BenchRow): string => (manyMachines ? `${row.model} · ${row.machine}` : row.model);
  for (const row of newest(rows)) {
    const key = `${nameOf(row)}\n${row.test}`;
    if (row.mean > (best.get(key)?.mean ?? 0)) best.set(key, row);
  }
  const names = [...new Set([...best.values()].map(nameOf))].sort();
  const byTest = grouped([...best.values()], ({ test }) => test);
  return chartOf(
    "names",
    [...byTest].map(([name, ofTest]) => ({
      name,
      points: ofTest.map((row) => point(row, names.indexOf(nameOf(row)), nameOf(row))),
    })),
    names,
  );
}

function history(rows: readonly BenchRow[]): Chart | undefined {
  return chartOf(
    "time",
    series(rows, [], (row) => point(row, row.at, momentWords(row)), true),
  );
}

function momentWords({ at, llamaCppVersion }: BenchRow): string {
  return `${dayOf(at)} ${timeOf(at)} · ${llamaCppVersion}`;
}

function point({ mean, deviation }: BenchRow, x: number, at: string): ChartPoint {
  return { x, y: mean, error: deviation, at };
}

/** Rows that differ only in what is drawn across make a line; its name says what tells it apart from the others. */
function series(
  rows: readonly BenchRow[],
  across: readonly Setting[],
  pointOf: (row: BenchRow) => ChartPoint,
  ofOneTest = false,
): ChartSeries[] {
  const own = settings.filter((setting) => !across.includes(setting));
  const differing = own.filter((setting) => new Set(rows.map(settingWords[setting])).size > 1);
  const manyModels = new Set(rows.map(({ modelKey }) => modelKey)).size > 1;
  const manyMachines = new Set(rows.map(({ machineKey }) => machineKey)).size > 1;
  const testOf = ({ test, promptTokens, generatedTokens }: BenchRow): string =>
    ofOneTest ? test : promptTokens > 0 ? `pp${promptTokens}` : `tg${generatedTokens}`;
  const manyTests = new Set(rows.map(testOf)).size > 1;
  const nameOf = (row: BenchRow): string => {
    const words = [
      ...(manyModels ? [row.model] : []),
      ...(manyTests ? [testOf(row)] : []),
      ...differing.map((setting) => settingWords[setting](row)),
      ...(manyMachines ? [row.machine] : []),
    ];
    return words.length === 0 ? `${row.model} ${testOf(row)}` : words.join(" · ");
  };
  const lines = grouped(rows, (row) =>
    [row.machineKey, row.modelKey, testOf(row), ...own.map((setting) => settingWords[setting](row))].join("\n"),
  );
  return [...lines.values()].map((line) => ({
    name: line[0] === undefined ? "" : nameOf(line[0]),
    points: line.map(pointOf),
  }));
}

/** Of what was measured again, the last. */
export function newest(rows: readonly BenchRow[]): BenchRow[] {
  const last = new Map<string, BenchRow>();
  for (const row of rows.toSorted((one, other) => one.at - other.at)) {
    const key = [row.machineKey, row.modelKey, row.test, ...settings.map((setting) => settingWords[setting](row))];
    last.set(key.join("\n"), row);
  }
  return [...last.values()];
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
