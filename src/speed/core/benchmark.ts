import type { EngineTuning } from "../../engine/tuning";

/**
 * A benchmark in llama-bench's terms: pp<n> processes n random tokens, tg<n> generates n, each behind `depth` tokens in
 * the KV cache ("@ d512").
 */
export interface BenchTest {
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly depth: number;
}

/** One model with one way of computing, and the tests to run with both. */
export interface BenchSetup {
  /** The model's first file. */
  readonly file: string;
  readonly tuning: EngineTuning;
  readonly tests: readonly BenchTest[];
  readonly repetitions: number;
}

/** Why a figure is not called good; none: it is. */
export type Doubt =
  /** Other programs had this many cores' worth of time, of those the test would use. */
  | { readonly kind: "busy"; readonly cores: number }
  /** The standard deviation as a share of the mean. */
  | { readonly kind: "variance"; readonly share: number }
  /** From the first to the last repetition, as a share: a processor that gets warm, or a battery. */
  | { readonly kind: "drift"; readonly share: number }
  /** A person typed or chatted meanwhile, and it waited. ms */
  | { readonly kind: "paused"; readonly ms: number }
  /** Only so many of the repetitions were made. */
  | { readonly kind: "incomplete"; readonly made: number };

/** The machine and programs a result is of; results of different keys are never averaged, but can be compared. */
export interface BenchMachine {
  readonly cpu: string;
  readonly gpu: string;
  readonly backend: string;
  /** llama.cpp's, as the binding tells it ("b6000"). */
  readonly llamaCppVersion: string;
  readonly bindingVersion: string;
}

/** What is known of the model from its file. */
export interface BenchModel {
  /** The file's name, without folders; empty where a table from elsewhere does not tell. */
  readonly fileName: string;
  /** As llama-bench writes it: "llama 1B Q4_0". */
  readonly type: string;
  /** Of its tensors. */
  readonly sizeBytes: number;
  readonly parameters: number;
  /** Fingerprint; null where a file from elsewhere does not tell. */
  readonly hash: string | null;
}

/** The settings that a test really ran with, in llama-bench's fields and words ("f16"). */
export interface BenchParameters {
  readonly threads: number;
  readonly batchSize: number;
  readonly microBatchSize: number;
  readonly flashAttention: boolean;
  readonly kvCacheKeyType: string;
  readonly kvCacheValueType: string;
  /** -1: as many as llama.cpp finds right, which a file from elsewhere may say. */
  readonly gpuLayers: number;
  readonly useMmap: boolean;
  /** What else was not as usual, by field name ("load_mode": "mlock", "n_cpu_moe": "12"); absent: nothing. */
  readonly besides?: Readonly<Record<string, string>>;
}

/** One row of the table: a test's repetitions. */
export interface BenchResult {
  readonly id: string;
  /** ms since 1970, of the test's start. */
  readonly at: number;
  /** "imported" rows come from llama-bench files made elsewhere. */
  readonly from: "here" | "imported";
  readonly machine: BenchMachine;
  readonly model: BenchModel;
  readonly parameters: BenchParameters;
  readonly test: BenchTest;
  /** Of each repetition, ns. Empty only where a file from elsewhere tells no more than `stated`. */
  readonly samplesNs: readonly number[];
  readonly stated?: StatedRate;
  readonly doubts: readonly Doubt[];
}

/** tokens/s: the mean of the repetitions and their standard deviation. */
export interface StatedRate {
  readonly mean: number;
  readonly deviation: number;
}

/** "pp512", "tg128 @ d4096", "pp512+tg128", as llama-bench prints them. */
export function testName({ promptTokens, generatedTokens, depth }: BenchTest): string {
  const parts = [
    ...(promptTokens > 0 ? [`pp${promptTokens}`] : []),
    ...(generatedTokens > 0 ? [`tg${generatedTokens}`] : []),
  ];
  return `${parts.join("+")}${depth > 0 ? ` @ d${depth}` : ""}`;
}
