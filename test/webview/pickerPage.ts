import type { Page } from "@playwright/test";
import { pickerHtml } from "../../src/picker/core/pickerHtml";
import type { FigureView, PickerView, RowView } from "../../src/picker/core/pickerContract";
import { pickerTexts } from "../../src/picker/core/pickerTexts";
import { openWebview, type WebviewPage } from "../support/webviewPage";

export async function openPicker(page: Page, view: PickerView, theme = "dark"): Promise<WebviewPage> {
  const opened = await openWebview(page, {
    name: "picker",
    html: (parts) => pickerHtml({ ...parts, texts: pickerTexts({ t: (text) => text }) }),
    answer: (method) => (method === "ready" ? view : {}),
    theme,
  });
  await opened.frame.getByRole("heading", { level: 1 }).waitFor();
  return opened;
}

const GIB = 1024 ** 3;

export function figure(value: number, how: FigureView["how"], error: number | null = null): FigureView {
  return { value, how, error };
}

export function row(name: string, gib: number, kld: number, over: Partial<RowView> = {}): RowView {
  return {
    id: name,
    name: `Llama-3.1-8B-Instruct-${name}.gguf`,
    quantization: name,
    hasImportanceMatrix: false,
    origin: "file",
    place: `/home/ann/models/Llama-3.1-8B-Instruct-${name}.gguf`,
    sizeBytes: gib * GIB,
    bitsPerWeight: (gib * GIB * 8) / 8.03e9,
    memory: {
      total: figure((gib + 1.45) * GIB, "calibrated", 0.1 * GIB),
      weights: figure(gib * GIB, "calibrated", 0.1 * GIB),
      kvCache: figure(GIB, "calibrated", 0.01 * GIB),
      compute: figure(0.26 * GIB, "calibrated", 0.01 * GIB),
      vocabulary: figure(0.19 * GIB, "estimated", 0.05 * GIB),
    },
    fit: { place: "cpu", gpuLayers: 0, layers: 32, largestContext: 32_768 },
    pp: figure(620 / gib, "calibrated", 60 / gib),
    tg: figure(34 / gib, "calibrated", 3 / gib),
    ttft: figure(1000 * gib * 1.7, "calibrated", 100 * gib),
    kld: figure(kld, "estimated", 2 * kld),
    sameTop: figure(1 - 0.42 * kld ** 0.47, "estimated", 0.02),
    reference: null,
    standing: "front",
    isRecommended: false,
    isActive: false,
    problem: null,
    told: null,
    actions: ["use", "measureSpeed", "measureQuality", "inspect"],
    work: null,
    ...over,
  };
}

const uncalibrated = { pp: null, tg: null, ttft: null };

export function ladder(): RowView[] {
  return [
    row("BF16", 14.97, 0.000_02, {
      fit: { place: "none", gpuLayers: 0, layers: 32, largestContext: 0 },
      standing: "behind",
      actions: ["use", "measureSpeed", "inspect"],
      ...uncalibrated,
    }),
    row("Q8_0", 7.95, 0.000_6),
    row("Q6_K", 6.14, 0.003_4, { isActive: true }),
    row("Q5_K_M", 5.34, 0.007, {
      isRecommended: true,
      tg: figure(6.4, "measured", 0.1),
      pp: figure(118, "measured", 2),
      kld: figure(0.0081, "measured", 0.0007),
      sameTop: figure(0.957, "measured", 0.018),
      reference: "Llama-3.1-8B-Instruct-Q8_0.gguf",
    }),
    row("Q5_K_S", 5.21, 0.0101, { standing: "near" }),
    row("Q4_K_M", 4.58, 0.0215, { hasImportanceMatrix: true, work: { kind: "speed", fraction: 0.4 } }),
    row("IQ4_XS", 4.14, 0.0251, { origin: "hub", actions: ["download"], place: "ann/Llama-3.1-8B-GGUF" }),
    row("Q4_0", 4.34, 0.05, { standing: "behind" }),
    row("Q2_K", 2.96, 0.312),
    row("server", 1, 1, {
      id: "server",
      name: "llama-3.1-8b",
      quantization: null,
      origin: "server",
      place: "http://localhost:8080",
      sizeBytes: null,
      bitsPerWeight: null,
      memory: null,
      fit: null,
      pp: null,
      ttft: null,
      kld: null,
      sameTop: null,
      tg: figure(21, "measured", 1.5),
      standing: "near",
      actions: [],
    }),
    row("Q3_K_S", 3.4, 0.1, {
      problem: "The file is cut short. Download it again.",
      actions: [],
      memory: null,
      fit: null,
      ...uncalibrated,
      kld: null,
      sameTop: null,
    }),
  ];
}

export function pickerView(over: Partial<PickerView> = {}): PickerView {
  return {
    source: "models",
    sourceKey: null,
    isLooking: false,
    models: [
      { key: "a", label: "Llama 3.1 8B Instruct", files: 9 },
      { key: "b", label: "SmolLM2 135M Instruct", files: 2 },
    ],
    model: "a",
    rows: ladder(),
    limits: { contextSize: 8192, promptTokens: 1000, leastTg: null, leastContext: null, mostMemoryBytes: null },
    machine: { memoryBytes: 16 * GIB, gpu: null, usableBytes: 14.5 * GIB },
    calibration: { state: "ready", fraction: 0, at: Date.UTC(2026, 5, 1), noise: 0.02 },
    recommendation: {
      tone: "choice",
      sentence: "Take Llama-3.1-8B-Instruct-Q5_K_M.",
      reason:
        "Its answers are close to the original's (KL divergence 0.0081 measured), and of the files that are, none generates faster: 6.4 tok/s measured, with 6.8 GiB of memory.",
      row: "Q5_K_M",
    },
    failure: null,
    ...over,
  };
}
