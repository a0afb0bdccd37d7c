import type { BenchResult } from "../../src/speed/core/benchmark";

/** A good result of pp512, changed as a test needs it. */
export function benchResult(over: Partial<BenchResult> = {}): BenchResult {
  return {
    id: "one",
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    from: "here",
    machine: { cpu: "A Processor", gpu: "", backend: "CPU", llamaCppVersion: "b6000", bindingVersion: "3.22.0" },
    model: { fileName: "a.gguf", type: "llama 135M Q4_1", sizeBytes: 90_000_000, parameters: 134_515_008, hash: "ab" },
    parameters: {
      ...{ threads: 2, batchSize: 512, microBatchSize: 512, flashAttention: true, gpuLayers: 0, useMmap: false },
      ...{ kvCacheKeyType: "f16", kvCacheValueType: "f16" },
    },
    test: { promptTokens: 512, generatedTokens: 0, depth: 0 },
    samplesNs: samplesAt(512, [100, 101, 99]),
    doubts: [],
    ...over,
  };
}

/** ns of repetitions with so many tokens/s. */
export function samplesAt(tokens: number, rates: readonly number[]): number[] {
  return rates.map((rate) => Math.round((tokens * 1e9) / rate));
}
