import type { GpuMemory } from "./machine";
import type { SpeedPredictor } from "./verdict";

/** What llama.cpp's own simulation says that a file takes, bytes. */
export interface EstimatedMemory {
  readonly weightsRamBytes: number;
  readonly weightsVramBytes: number;
  readonly contextRamBytes: number;
  readonly contextVramBytes: number;
  readonly kvBytes?: number | undefined;
  readonly computeBytes?: number | undefined;
  /** Layers on the GPU that it is for. */
  readonly gpuLayers?: number;
  /** Resident memory of an engine without a model. */
  readonly processBytes?: number;
  /** The weights in RAM are a mapping of the file. */
  readonly mapped?: boolean;
  /** What the CPU can do, by llama.cpp's names. */
  readonly cpuFeatures?: readonly string[];
}

interface Work {
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** What the picker needs of the engine. All reject with a PaddockError; aborting rejects as a cancellation. */
export interface FileMeasuring {
  /** The GPUs that llama.cpp uses here; undefined: none. */
  gpuMemory(signal: AbortSignal): Promise<GpuMemory | undefined>;
  /** Loads no model. @param options.gpuLayers null: as many as fit. */
  estimateMemory(
    file: string,
    options: { readonly contextSize: number; readonly gpuLayers: number | null; readonly signal: AbortSignal },
  ): Promise<EstimatedMemory>;
  /** pp and tg in tokens/s, of each repetition. */
  measureSpeed(
    file: string,
    options: Work & {
      readonly promptTokens: number;
      readonly generatedTokens: number;
      readonly depth: number;
      readonly repetitions: number;
    },
  ): Promise<{ readonly pp: readonly number[]; readonly tg: readonly number[] }>;
  /** KL divergence in nats and share of same top tokens, each with the half-width of its 95% interval. */
  divergence(
    request: {
      readonly reference: string;
      readonly candidate: string;
      readonly text: string;
      readonly positions: number;
    },
    options: Work,
  ): Promise<{
    readonly meanKld: number;
    readonly meanKldError: number;
    readonly sameTop: number;
    readonly sameTopError: number;
  }>;
}

export interface Calibration {
  readonly predictor: SpeedPredictor;
  /** ms since 1970. */
  readonly at: number;
  /** By what share the same products took longer from one moment to another while it ran; the predictions' errors hold it. */
  readonly noise: number;
}

/** How fast this machine is with each type of tensor, measured once. */
export interface Calibrator {
  /** What was measured before; undefined: this machine, or this version of llama.cpp on it, was never calibrated. */
  current(): Promise<Calibration | undefined>;
  /** Rejects with a PaddockError; aborting rejects as a cancellation and keeps what was there before. */
  calibrate(work: Work): Promise<Calibration>;
}
