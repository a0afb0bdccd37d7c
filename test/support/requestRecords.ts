import type { ModelId, TimingRecord } from "../../src/engine/backend";
import { requestOf, type RequestRecord } from "../../src/speed/core/requestHistory";

/** A request as the engine tells of it. */
export function timingRecord(
  over: Partial<Omit<TimingRecord, "model">> & { readonly model?: string } = {},
): TimingRecord {
  return {
    ...{ at: 1, feature: "chat", stopReason: "end" },
    timings: {
      ...{ prompt_n: 100, cache_n: 20, prompt_ms: 500, prompt_per_second: 200, predicted_n: 50, predicted_ms: 1000 },
      ...{ predicted_per_second: 49, draft_n: 0, draft_n_accepted: 0, queue_ms: 1, paused_ms: 0, ttft_ms: 501 },
      ...{ tpot_ms: 20.4, itl_ms: { p50: 20, p95: 25, p99: 30 } },
    },
    machine: {
      ...{ backend: "cpu", threads: 2, gpuLayers: 0, batchSize: 512, contextSize: 8192, contextUsed: 170 },
      ...{ rssBytes: 1e8, vramBytes: 0, identityKey: "key" },
    },
    ...over,
    model: (over.model ?? "a") as ModelId,
  };
}

export function requestRecord(over: Parameters<typeof timingRecord>[0] = {}): RequestRecord {
  return requestOf(timingRecord(over));
}
