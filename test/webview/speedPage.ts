import type { Page } from "@playwright/test";
import type { BenchRow, SpeedView } from "../../src/speed/core/speedContract";
import { speedHtml } from "../../src/speed/core/speedHtml";
import { speedTexts } from "../../src/speed/core/speedTexts";
import { openWebview, type WebviewPage } from "../support/webviewPage";

export async function openSpeed(page: Page, view: SpeedView, theme = "dark"): Promise<WebviewPage> {
  const opened = await openWebview(page, {
    name: "speed",
    html: (parts) => speedHtml({ ...parts, texts: speedTexts({ t: (text) => text }) }),
    answer: (method) => (method === "ready" ? view : {}),
    theme,
  });
  await opened.frame.getByRole("heading", { level: 1 }).waitFor();
  return opened;
}

const DAY = 86_400_000;
const START = Date.UTC(2026, 9, 1, 9);

export function row(over: Partial<BenchRow> & Pick<BenchRow, "id" | "mean">): BenchRow {
  return {
    ...{
      at: START,
      from: "here",
      machineKey: "here",
      machine: "A CPU, CPU, llama.cpp b6000",
      llamaCppVersion: "b6000",
    },
    ...{ modelKey: "a", model: "starter-Q4_0.gguf", type: "llama 135M Q4_0", test: "tg128" },
    ...{ promptTokens: 0, generatedTokens: 128, depth: 0, threads: 4, batchSize: 512, flashAttention: true },
    ...{ kvCacheTypes: "F16", gpuLayers: 0, useMmap: true, deviation: 1.4, repetitions: 5, doubts: [] },
    ...over,
  };
}

export function benchRows(): BenchRow[] {
  const depths = [0, 512, 4096].flatMap((depth, index) => [
    row({ id: `tg-${depth}`, depth, test: depth === 0 ? "tg128" : `tg128 @ d${depth}`, mean: 112 - 14 * index }),
    row({
      ...{ id: `big-${depth}`, depth, test: depth === 0 ? "tg128" : `tg128 @ d${depth}`, mean: 39 - 6 * index },
      ...{ modelKey: "b", model: "bigger-1B-Q4_K_M.gguf", type: "llama 1B Q4_K_M" },
    }),
  ]);
  const batches = [64, 128, 256, 512].map((batchSize, index) =>
    row({
      ...{ id: `pp-${batchSize}`, batchSize, test: "pp512", promptTokens: 512, generatedTokens: 0 },
      ...{
        mean: 420 + 95 * index,
        deviation: 6,
        doubts: index === 1 ? ["Other programs took 1.3 cores meanwhile."] : [],
      },
    }),
  );
  const imported = row({
    ...{ id: "imported", from: "imported", machineKey: "there", machine: "Another CPU, CUDA (A GPU), llama.cpp b5900" },
    ...{ llamaCppVersion: "b5900", gpuLayers: 99, mean: 412, repetitions: null, at: START - 30 * DAY },
  });
  return [...depths, ...batches, imported];
}

export function speedView(over: Partial<SpeedView> = {}): SpeedView {
  return {
    wanted: { turn: 0, tab: "benchmark", file: null },
    machine: { key: "here", label: "A CPU, CPU, llama.cpp b6000", cores: 8, hasGpu: false },
    models: [
      { file: "/m/starter-Q4_0.gguf", name: "starter-Q4_0.gguf", sizeBytes: 90e6, isActive: true, contextSize: 8192 },
      {
        ...{ file: "/m/bigger-1B-Q4_K_M.gguf", name: "bigger-1B-Q4_K_M.gguf", sizeBytes: 800e6, isActive: false },
        contextSize: 131_072,
      },
    ],
    rows: benchRows(),
    running: null,
    resumable: null,
    regressions: [],
    roofline: { probe: null, rows: [] },
    tune: { run: null, tuned: [] },
    requests: [],
    failure: null,
    notice: null,
    ...over,
  };
}

export const roofline: SpeedView["roofline"] = {
  probe: {
    at: START,
    memoryBytesPerSecond: 41.3e9,
    bySize: [1, 4, 16, 64, 256].map((mib, index) => ({
      bytes: mib * 2 ** 20,
      bytesPerSecond: (180 - 34 * index) * 1e9,
    })),
    matrix: [
      { type: "F16", macsPerSecond: 210e9 },
      { type: "Q4_0", macsPerSecond: 340e9 },
    ],
  },
  rows: [
    {
      ...{ id: "a tg128", model: "starter-Q4_0.gguf", test: "tg128", measured: 112, ceiling: 128.7, limit: "memory" },
      ...{ sentence: "tg is 87% of what this memory allows. The parts explain 97.2% of the time.", seconds: 1 / 112 },
      parts: [
        { name: "Reading the weights", seconds: 0.0066, how: "timed" },
        { name: "Reading the KV cache", seconds: 0.0003, how: "timed" },
        { name: "Layers beside their matrices", seconds: 0.001, how: "timed" },
        { name: "Taking turns", seconds: 0.0002, how: "timed" },
        { name: "Starting llama.cpp's threads", seconds: 0.0001, how: "timed" },
        { name: "Sampling", seconds: 0.0002, how: "timed" },
        { name: "Contract and JavaScript", seconds: 0.00028, how: "timed" },
      ],
      explained: 0.972,
    },
  ],
};

export const tune: SpeedView["tune"] = {
  run: {
    ...{ file: "/m/starter-Q4_0.gguf", model: "starter-Q4_0.gguf", isRunning: false },
    sentence: "6 threads, batch 256: +12% (95% interval: +9.1% to +15%, 5 pairs).",
    tried: [
      { what: "your settings", pp: 640, tg: 101, outcome: "default", note: "" },
      { what: "6 threads", pp: 690, tg: 112, outcome: "better", note: "+11% (95% interval: +8.0% to +14%, 5 pairs)" },
      { what: "8 threads", pp: 610, tg: 88, outcome: "worse", note: "−13% (95% interval: −16% to −9.7%, 3 pairs)" },
      { what: "6 threads, mlock", pp: null, tg: null, outcome: "failed", note: "There is too little memory to lock." },
    ],
    offers: [
      {
        id: "0",
        what: "6 threads, batch 256",
        gain: "+12% (95% interval: +9.1% to +15%)",
        cost: null,
        isApplied: false,
      },
      {
        ...{ id: "1", what: "6 threads, batch 256, KV cache Q8_0", gain: "tg @ d2048: +6.0%", isApplied: true },
        cost: "KL divergence 0.0021 ± 0.0004 nats, same top token 98.4%",
      },
    ],
    notes: ["There was no time left to measure Q4_0."],
  },
  tuned: [
    {
      ...{ id: "/m/starter-Q4_0.gguf", model: "starter-Q4_0.gguf", at: START },
      what: "6 threads, batch 256, KV cache Q8_0",
    },
  ],
};

export function requests(): SpeedView["requests"] {
  const metric = (name: SpeedView["requests"][number]["metrics"][number]["metric"], p50: number, change?: string) => ({
    ...{ metric: name, count: 240, p50, p95: p50 * 1.8, p99: p50 * 2.9, change: change ?? null },
    bins: [12, 60, 90, 44, 20, 9, 5].map((count, index) => ({
      ...{ from: p50 * 0.4 * index, to: p50 * 0.4 * (index + 1), count },
    })),
    trend: [0, 1, 2, 5, 6].map((day) => ({ at: START + day * DAY, p50: p50 * (day > 4 ? 1.3 : 1), count: 40 })),
  });
  return [
    {
      ...{ id: "chat", model: "Starter", feature: "chat", count: 240 },
      metrics: [
        metric("ttft", 310, "Since 10/6/2026, TTFT is 30% higher: 310 ms before, 403 ms now."),
        metric("tg", 104),
        metric("generated", 180),
      ],
    },
    { ...{ id: "completion", model: "Starter", feature: "completions", count: 900 }, metrics: [metric("ttft", 64)] },
  ];
}
