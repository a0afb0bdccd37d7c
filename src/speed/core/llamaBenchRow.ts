import * as v from "valibot";
import type { BenchMachine, BenchParameters, BenchResult, StatedRate } from "./benchmark";
import { doubtsOf, mean, rateOf, ratesOf, standardDeviation, statedDoubts } from "./statistics";

/**
 * llama-bench's fields, in its order (tools/llama-bench/llama-bench.cpp, llama.cpp v0.5.0), with what they hold and, for
 * those that this product never sets, what llama-bench has by default.
 */
export const fields = {
  build_commit: { type: "text" },
  build_number: { type: "integer" },
  cpu_info: { type: "text" },
  gpu_info: { type: "text" },
  backends: { type: "text" },
  model_filename: { type: "text" },
  model_type: { type: "text" },
  model_size: { type: "integer" },
  model_n_params: { type: "integer" },
  n_batch: { type: "integer", usual: "2048" },
  n_ubatch: { type: "integer", usual: "512" },
  n_threads: { type: "integer" },
  cpu_mask: { type: "text", usual: "0x0" },
  cpu_strict: { type: "boolean", usual: "0" },
  poll: { type: "integer", usual: "50" },
  type_k: { type: "text", usual: "f16" },
  type_v: { type: "text", usual: "f16" },
  n_gpu_layers: { type: "integer", usual: "-1" },
  n_cpu_moe: { type: "integer", usual: "0" },
  split_mode: { type: "text", usual: "layer" },
  main_gpu: { type: "integer", usual: "0" },
  no_kv_offload: { type: "boolean", usual: "0" },
  flash_attn: { type: "integer", usual: "-1" },
  devices: { type: "text", usual: "auto" },
  tensor_split: { type: "text", usual: "0.00" },
  tensor_buft_overrides: { type: "text", usual: "none" },
  load_mode: { type: "text", usual: "auto" },
  lazy_mode: { type: "text", usual: "auto" },
  embeddings: { type: "boolean", usual: "0" },
  no_op_offload: { type: "integer", usual: "0" },
  no_host: { type: "boolean", usual: "0" },
  fit_target: { type: "integer", usual: "0" },
  fit_min_ctx: { type: "integer", usual: "0" },
  n_prompt: { type: "integer" },
  n_gen: { type: "integer" },
  n_depth: { type: "integer" },
  test_time: { type: "text" },
  avg_ns: { type: "integer" },
  stddev_ns: { type: "integer" },
  avg_ts: { type: "real" },
  stddev_ts: { type: "real" },
} as const satisfies Record<
  string,
  { readonly type: "text" | "integer" | "boolean" | "real"; readonly usual?: string }
>;

export type Field = keyof typeof fields;
export const fieldNames = Object.keys(fields) as readonly Field[];

/** One result as llama-bench would write it: its fields as text, and each repetition. */
export interface LlamaBenchRow {
  readonly values: Readonly<Record<Field, string>>;
  readonly samplesNs: readonly number[];
  /** tokens/s */
  readonly samplesTs: readonly number[];
}

/** Fields that no parameter of a result holds: what they say is kept only where it is not the usual. */
const unnamed = [
  ...["cpu_mask", "cpu_strict", "poll", "n_cpu_moe", "split_mode", "main_gpu", "no_kv_offload", "devices"],
  ...["tensor_split", "tensor_buft_overrides", "lazy_mode", "embeddings", "no_op_offload", "no_host", "fit_target"],
  "fit_min_ctx",
] as Field[];

export function usualOf(field: Field): string | undefined {
  const known: { readonly type: string; readonly usual?: string } = fields[field];
  return known.usual;
}

export function toRow({ at, machine, model, parameters, test, samplesNs, stated }: BenchResult): LlamaBenchRow {
  const rate = rateOf({ test, samplesNs, stated });
  const tokens = test.promptTokens + test.generatedTokens;
  const isStated = samplesNs.length === 0 && rate.mean > 0;
  const averageNs = isStated ? (tokens * 1e9) / rate.mean : mean(samplesNs);
  const deviationNs = isStated ? (averageNs * rate.deviation) / rate.mean : standardDeviation(samplesNs);
  const usual = Object.fromEntries(unnamed.map((field) => [field, usualOf(field) ?? ""]));
  const others = Object.entries(parameters.besides ?? {}).filter(([field]) => Object.hasOwn(fields, field));
  const values: Partial<Record<Field, string>> = {
    ...buildOf(machine.llamaCppVersion),
    cpu_info: machine.cpu,
    gpu_info: machine.gpu,
    backends: machine.backend,
    model_filename: model.fileName,
    model_type: model.type,
    model_size: String(model.sizeBytes),
    model_n_params: String(model.parameters),
    n_batch: String(parameters.batchSize),
    n_ubatch: String(parameters.microBatchSize),
    n_threads: String(parameters.threads),
    type_k: parameters.kvCacheKeyType,
    type_v: parameters.kvCacheValueType,
    n_gpu_layers: String(parameters.gpuLayers),
    flash_attn: parameters.flashAttention ? "1" : "0",
    load_mode: parameters.useMmap ? "mmap" : "none",
    ...usual,
    ...Object.fromEntries(others),
    n_prompt: String(test.promptTokens),
    n_gen: String(test.generatedTokens),
    n_depth: String(test.depth),
    test_time: `${new Date(at).toISOString().slice(0, 19)}Z`,
    avg_ns: String(Math.floor(averageNs)),
    stddev_ns: String(Math.floor(deviationNs)),
    avg_ts: rate.mean.toFixed(6),
    stddev_ts: rate.deviation.toFixed(6),
  };
  const ordered = Object.fromEntries(fieldNames.map((field) => [field, values[field] ?? ""])) as Record<Field, string>;
  return { values: ordered, samplesNs, samplesTs: ratesOf(test, samplesNs) };
}

/** A version of our own is a tag, and goes where llama-bench has its commit; one from there is "commit (number)". */
function buildOf(version: string): { readonly build_commit: string; readonly build_number: string } {
  const fromBench = /^(\S+) \((\d{1,9})\)$/.exec(version);
  return {
    build_commit: fromBench?.[1] ?? version,
    build_number: fromBench?.[2] ?? /^b(\d{1,9})$/.exec(version)?.[1] ?? "0",
  };
}

function versionOf(commit: string, number: number): string {
  return number === 0 || commit === `b${number}` ? commit : `${commit} (${number})`;
}

// --- reading: a file from elsewhere may hold anything ----------------------------------------------------------------

const MAX_TEXT = 2000;
const MAX_SAMPLES = 10_000;
const MAX_TOKENS = 100_000_000;
/** Eleven days. */
const MAX_NS = 1e15;

const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const number = v.pipe(
  v.union([
    v.number(),
    v.boolean(),
    v.pipe(v.string(), v.maxLength(40), v.regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i)),
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((word) => word === "true"),
    ),
  ]),
  v.transform(Number),
  v.finite(),
);
const whole = (most: number, least = 0) => v.pipe(number, v.integer(), v.minValue(least), v.maxValue(most));
const positive = v.pipe(number, v.minValue(0));
const optionalText = v.optional(text, "");

const rowSchema = v.object({
  build_commit: optionalText,
  build_number: v.optional(whole(999_999_999), 0),
  cpu_info: optionalText,
  gpu_info: optionalText,
  backends: v.optional(text),
  model_filename: optionalText,
  model_type: optionalText,
  model_size: v.optional(whole(Number.MAX_SAFE_INTEGER), 0),
  model_n_params: v.optional(whole(Number.MAX_SAFE_INTEGER), 0),
  n_batch: v.optional(whole(MAX_TOKENS, 1), 2048),
  n_ubatch: v.optional(whole(MAX_TOKENS, 1), 512),
  n_threads: v.optional(whole(100_000, 0), 0),
  type_k: v.optional(text, "f16"),
  type_v: v.optional(text, "f16"),
  n_gpu_layers: v.optional(whole(1_000_000, -2), -1),
  flash_attn: v.optional(whole(1, -1), -1),
  load_mode: v.optional(text),
  /** Before load_mode. */
  use_mmap: v.optional(number),
  use_direct_io: v.optional(number),
  n_prompt: v.optional(whole(MAX_TOKENS), 0),
  n_gen: v.optional(whole(MAX_TOKENS), 0),
  n_depth: v.optional(whole(MAX_TOKENS), 0),
  test_time: optionalText,
  avg_ns: v.optional(positive),
  stddev_ns: v.optional(positive),
  avg_ts: v.optional(positive),
  stddev_ts: v.optional(positive),
  samples_ns: v.optional(
    v.pipe(v.array(v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_NS))), v.maxLength(MAX_SAMPLES)),
    [],
  ),
});
type ReadRow = v.InferOutput<typeof rowSchema>;
/** Before the field "backends" there was one for each. */
const oldBackends = { cuda: "CUDA", metal: "MTL", vulkan: "Vulkan", sycl: "SYCL", rpc: "RPC", kompute: "Kompute" };

/**
 * What one row of a llama-bench file says; undefined where it is no result.
 * @param now ms since 1970, for a row that does not tell its time.
 */
export function fromRow(raw: unknown, now: number): BenchResult | undefined {
  const parsed = v.safeParse(rowSchema, raw);
  if (!parsed.success) return undefined;
  const row = parsed.output;
  const others = othersOf(raw, row);
  const fileName = row.model_filename.split(/[\\/]/).at(-1) ?? "";
  const test = { promptTokens: row.n_prompt, generatedTokens: row.n_gen, depth: row.n_depth };
  const stated = row.samples_ns.length > 0 ? undefined : statedOf(row);
  if (others === undefined || row.n_prompt + row.n_gen === 0 || (fileName === "" && row.model_type === ""))
    return undefined;
  if (row.samples_ns.length === 0 && stated === undefined) return undefined;
  const parameters: BenchParameters = {
    threads: row.n_threads,
    batchSize: row.n_batch,
    microBatchSize: row.n_ubatch,
    // Automatic: wherever llama.cpp has it for the model.
    flashAttention: row.flash_attn !== 0,
    kvCacheKeyType: row.type_k.toLowerCase(),
    kvCacheValueType: row.type_v.toLowerCase(),
    gpuLayers: row.n_gpu_layers,
    useMmap:
      row.load_mode === undefined ? row.use_mmap !== 0 : row.load_mode === "auto" || row.load_mode.includes("mmap"),
    ...(Object.keys(others).length === 0 ? {} : { besides: others }),
  };
  const result = {
    at: timeOf(row.test_time, now),
    from: "imported" as const,
    machine: machineOf(raw, row),
    model: {
      fileName,
      type: row.model_type,
      sizeBytes: row.model_size,
      parameters: row.model_n_params,
      hash: null,
    },
    parameters,
    test,
    samplesNs: row.samples_ns,
    ...(stated === undefined ? {} : { stated }),
    doubts:
      stated === undefined
        ? doubtsOf({ test, samplesNs: row.samples_ns, threads: row.n_threads })
        : statedDoubts(stated),
  };
  // A table tells no time: what is read a second time must still be the same result.
  return { id: `imported-${digest(JSON.stringify({ ...result, at: row.test_time }))}`, ...result };
}

function statedOf({ n_prompt, n_gen, avg_ts, stddev_ts, avg_ns, stddev_ns }: ReadRow): StatedRate | undefined {
  if (avg_ts !== undefined && avg_ts > 0) return { mean: avg_ts, deviation: stddev_ts ?? 0 };
  if (avg_ns === undefined || avg_ns <= 0) return undefined;
  const rate = ((n_prompt + n_gen) * 1e9) / avg_ns;
  return { mean: rate, deviation: (rate * (stddev_ns ?? 0)) / avg_ns };
}

function machineOf(raw: unknown, row: ReadRow): BenchMachine {
  const old = Object.entries(oldBackends).filter(([field]) => isYes(valueOf(raw, field)));
  return {
    cpu: row.cpu_info,
    gpu: row.gpu_info,
    backend: row.backends ?? (old.length === 0 ? "CPU" : old.map(([, name]) => name).join(",")),
    llamaCppVersion: versionOf(row.build_commit, row.build_number),
    bindingVersion: "",
  };
}

/** What was not as usual of the fields that have no place of their own; undefined where one of them is no such thing. */
function othersOf(raw: unknown, row: ReadRow): Record<string, string> | undefined {
  const others: Record<string, string> = {};
  for (const field of unnamed) {
    const value = valueOf(raw, field);
    if (value === undefined || value === null) continue;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
    const plain =
      typeof value === "boolean" || value === "true" || value === "false" ? (isYes(value) ? "1" : "0") : String(value);
    if (plain.length > MAX_TEXT) return undefined;
    if (plain !== usualOf(field)) others[field] = plain;
  }
  if (row.load_mode !== undefined && !["auto", "none", "mmap"].includes(row.load_mode))
    others.load_mode = row.load_mode;
  if (row.load_mode === undefined && isYes(row.use_direct_io)) others.load_mode = "dio";
  return others;
}

function valueOf(raw: unknown, field: string): unknown {
  if (typeof raw !== "object" || raw === null || !Object.hasOwn(raw, field)) return undefined;
  return (raw as Readonly<Record<string, unknown>>)[field];
}

function isYes(value: unknown): boolean {
  return value === true || value === 1 || value === "1" || value === "true";
}

function timeOf(time: string, now: number): number {
  const at = Date.parse(time);
  return Number.isFinite(at) && at > 0 && at <= now ? at : now;
}

/** Tells rows apart, no more: two rows of FNV-1a over the text's units. */
function digest(of: string): string {
  let one = 0x811c9dc5;
  let other = 0x9e3779b9;
  for (let index = 0; index < of.length; index++) {
    const unit = of.charCodeAt(index);
    one = Math.imul(one ^ unit, 0x01000193);
    other = Math.imul(other ^ unit ^ (one >>> 13), 0x01000193);
  }
  return [one, other].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}
