import { type Field, fieldNames, fields, type LlamaBenchRow, usualOf } from "./llamaBenchRow";

/** How llama-bench prints its results, to the letter where its own words allow it; names are escaped, which it omits. */
export const benchFormats = ["md", "json", "jsonl", "csv", "sql"] as const;
export type BenchFormat = (typeof benchFormats)[number];

export function printRows(format: BenchFormat, rows: readonly LlamaBenchRow[]): string {
  switch (format) {
    case "md":
      return printMarkdown(rows);
    case "json":
      return `[\n${rows.map((row) => `  {\n${jsonFields(row, "    ").join(",\n")}\n  }`).join(",\n")}\n]\n`;
    case "jsonl":
      return rows.map((row) => `{${jsonFields(row, "").join(", ")}}\n`).join("");
    case "csv":
      return [fieldNames.join(","), ...rows.map((row) => valuesOf(row).map(quotedCsv).join(",")), ""].join("\n");
    case "sql":
      return printSql(rows);
  }
}

function valuesOf({ values }: LlamaBenchRow): string[] {
  return fieldNames.map((field) => values[field]);
}

function jsonFields({ values, samplesNs, samplesTs }: LlamaBenchRow, indent: string): string[] {
  return [
    ...fieldNames.map((field) => `${indent}"${field}": ${jsonValue(field, values[field])}`),
    `${indent}"samples_ns": [ ${samplesNs.map((ns) => Math.round(ns)).join(", ")} ]`,
    `${indent}"samples_ts": [ ${samplesTs.map((rate) => Number(rate.toPrecision(6))).join(", ")} ]`,
  ];
}

function jsonValue(field: Field, value: string): string {
  const { type } = fields[field];
  if (type === "text") return JSON.stringify(value);
  if (type === "boolean") return value === "0" ? "false" : "true";
  return /^-?\d+(\.\d+)?$/.test(value) ? value : "0";
}

function quotedCsv(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

const sqlTypes = { text: "TEXT", integer: "INTEGER", boolean: "INTEGER", real: "REAL" } as const;

function printSql(rows: readonly LlamaBenchRow[]): string {
  const columns = fieldNames.map((field) => `  ${field} ${sqlTypes[fields[field].type]}`).join(",\n");
  const inserts = rows.map((row) => {
    const values = valuesOf(row).map((value) => `'${value.replaceAll("'", "''").replaceAll("\0", "")}'`);
    return `INSERT INTO llama_bench (${fieldNames.join(", ")}) VALUES (${values.join(", ")});\n`;
  });
  return `CREATE TABLE IF NOT EXISTS llama_bench (\n${columns}\n);\n\n${inserts.join("")}`;
}

// --- the table ------------------------------------------------------------------------------------------------------

/** llama-bench's short names of columns. */
export const shortNames: Partial<Record<Field, string>> = {
  n_gpu_layers: "ngl",
  split_mode: "sm",
  n_threads: "threads",
  no_kv_offload: "nkvo",
  flash_attn: "fa",
  load_mode: "lm",
  embeddings: "embd",
  no_op_offload: "nopo",
  no_host: "noh",
  devices: "dev",
  tensor_split: "ts",
  tensor_buft_overrides: "ot",
  fit_target: "fitt",
  fit_min_ctx: "fitc",
};

/** Columns that stand in the table only where a value is not the usual one, in llama-bench's order. */
const sometimes: readonly Field[] = [
  ...(["n_cpu_moe", "n_threads", "cpu_mask", "cpu_strict", "poll", "n_batch", "n_ubatch", "type_k", "type_v"] as const),
  ...(["main_gpu", "split_mode", "no_kv_offload", "flash_attn", "devices", "tensor_split"] as const),
  ...(["tensor_buft_overrides", "load_mode", "lazy_mode", "embeddings", "no_op_offload", "no_host"] as const),
  ...(["fit_target", "fit_min_ctx"] as const),
];
const MIB = 1024 ** 2;

interface Column {
  readonly name: string;
  /** Characters; negative: to the left, as printf has it. */
  readonly width: number;
  readonly cell: (row: LlamaBenchRow) => string;
}

/** llama-bench names one build below its table, so each build and backend has a table. */
function printMarkdown(rows: readonly LlamaBenchRow[]): string {
  const tables = new Map<string, LlamaBenchRow[]>();
  for (const row of rows) {
    const { build_commit, build_number, backends } = row.values;
    const key = JSON.stringify([build_commit, build_number, computesOnCpu(backends)]);
    tables.set(key, [...(tables.get(key) ?? []), row]);
  }
  return [...tables.values()].map(printTable).join("\n");
}

function printTable(rows: readonly LlamaBenchRow[]): string {
  const columns = columnsOf(rows);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const { build_commit, build_number } = rows[0]?.values ?? { build_commit: "", build_number: "0" };
  return [
    line(columns.map(({ name, width }) => padded(name, width))),
    line(columns.map(({ width }) => `${"-".repeat(Math.abs(width) - 1)}${width > 0 ? ":" : "-"}`)),
    ...rows.map((row) => line(columns.map(({ cell, width }) => padded(escapedCell(cell(row)), width)))),
    "",
    `build: ${escapedCell(build_commit)} (${build_number})`,
    "",
  ].join("\n");
}

function columnsOf(rows: readonly LlamaBenchRow[]): Column[] {
  const onCpu = rows.every(({ values }) => computesOnCpu(values.backends));
  const isShown = (field: Field): boolean =>
    field === "n_threads"
      ? onCpu || new Set(rows.map(({ values }) => values[field])).size > 1
      : rows.some(({ values }) => values[field] !== usualOf(field));
  const plain = (field: Field): Column => ({
    name: shortNames[field] ?? field,
    width: widthOf(field),
    cell: ({ values }) => values[field],
  });
  return [
    { name: "model", width: -30, cell: ({ values }) => values.model_type },
    { name: "size", width: 10, cell: ({ values }) => sizeText(Number(values.model_size)) },
    { name: "params", width: 10, cell: ({ values }) => parametersText(Number(values.model_n_params)) },
    { name: "backend", width: -10, cell: ({ values }) => values.backends },
    ...(onCpu ? [] : [plain("n_gpu_layers")]),
    ...sometimes.filter(isShown).map(plain),
    { name: "test", width: 15, cell: ({ values }) => testText(values) },
    { name: "t/s", width: 20, cell: ({ values }) => rateText(values) },
  ];
}

function computesOnCpu(backends: string): boolean {
  return /CPU|BLAS|ZenDNN/.test(backends);
}

const widths: Partial<Record<Field, number>> = {
  ...{ n_gpu_layers: 3, n_threads: 7, n_batch: 7, n_ubatch: 8, type_k: 6, type_v: 6, split_mode: 6, load_mode: 10 },
  ...{ flash_attn: 3, devices: -12, no_op_offload: 4, no_host: 4 },
};

function widthOf(field: Field): number {
  const width = Math.max(field.length, 10);
  return widths[field] ?? (fields[field].type === "text" ? -width : width);
}

function padded(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}

function sizeText(bytes: number): string {
  return bytes < 1024 * MIB ? `${(bytes / MIB).toFixed(2)} MiB` : `${(bytes / MIB / 1024).toFixed(2)} GiB`;
}

function parametersText(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e9).toFixed(2)} B`;
}

function testText({ n_prompt, n_gen, n_depth }: LlamaBenchRow["values"]): string {
  const parts = [...(n_prompt === "0" ? [] : [`pp${n_prompt}`]), ...(n_gen === "0" ? [] : [`tg${n_gen}`])];
  return `${parts.join("+")}${n_depth === "0" ? "" : ` @ d${n_depth}`}`;
}

function rateText({ avg_ts, stddev_ts }: LlamaBenchRow["values"]): string {
  return `${Number(avg_ts).toFixed(2)} ± ${Number(stddev_ts).toFixed(2)}`;
}

/** Names come from files: they stay in their cell, and are text there. */
function escapedCell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|<>`]/g, "\\$&");
}
