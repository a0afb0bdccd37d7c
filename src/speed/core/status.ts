import type { LoadedModel, ModelState, TimingRecord } from "../../engine/backend";

/**
 * What the status bar shows, apart from words: decided here, so that it can be tested without an editor.
 * `icon` is a codicon id.
 */
export interface Status {
  readonly icon: string;
  readonly kind: ModelState["status"] | "busy";
  /** tg of the last answer, tokens/s; shown only while the model that made it is loaded. */
  readonly tokensPerSecond: number | null;
  /** Whole percent while loading. */
  readonly percent: number | null;
  readonly severity: "normal" | "error";
}

export function statusOf(state: ModelState, last: TimingRecord | undefined): Status {
  const plain = { tokensPerSecond: null, percent: null, severity: "normal" } as const;
  switch (state.status) {
    case "unloaded":
      return { ...plain, icon: "circle-outline", kind: "unloaded" };
    case "loading":
      return { ...plain, icon: "loading~spin", kind: "loading", percent: Math.floor(state.fraction * 100) };
    case "ready":
      return {
        ...plain,
        icon: state.busy ? "pulse" : "circle-filled",
        kind: state.busy ? "busy" : "ready",
        tokensPerSecond: last?.timings.predicted_per_second ?? null,
      };
    case "elsewhere":
      return {
        ...plain,
        icon: "globe",
        kind: state.busy ? "busy" : "elsewhere",
        tokensPerSecond: last?.timings.predicted_per_second ?? null,
      };
    case "restarting":
      return { ...plain, icon: "sync~spin", kind: "restarting" };
    case "failed":
      return { ...plain, icon: "error", kind: "failed", severity: "error" };
  }
}

/** Memory of a loaded model, bytes: the engine process's resident set and what is on the GPU. */
export function memoryOf(
  loaded: LoadedModel,
  last: TimingRecord | undefined,
): { readonly rss: number; readonly vram: number } {
  return {
    rss: Math.max(loaded.rssBytes, last?.machine.rssBytes ?? 0),
    vram: Math.max(loaded.vramBytes, last?.machine.vramBytes ?? 0),
  };
}
