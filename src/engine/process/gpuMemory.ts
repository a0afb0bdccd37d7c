import type { GgufInsights, Llama } from "node-llama-cpp";
import type { GpuMemory } from "../measuring";

/** As much of the runtime as it takes to ask. */
export interface GpuRuntime {
  readonly llama: Pick<Llama, "gpu" | "getVramState">;
  readonly keepOffGpu: boolean;
  readonly info: { readonly devices: string[] };
}

/** What the backend's GPUs have; nothing where all computing is on the CPU, whatever devices there are. */
export async function gpuMemory({ llama, keepOffGpu, info }: GpuRuntime): Promise<GpuMemory> {
  if (llama.gpu === false || keepOffGpu) return { totalBytes: 0, freeBytes: 0, unifiedBytes: 0, devices: [] };
  const { total, free, unifiedSize } = await llama.getVramState();
  return { totalBytes: total, freeBytes: free, unifiedBytes: Math.min(unifiedSize, total), devices: info.devices };
}

export interface LayersWanted {
  readonly resolver: Pick<GgufInsights["configurationResolver"], "resolveModelGpuLayersV2">;
  /** Of all GPUs, and what of it the binding keeps free, bytes. */
  readonly totalBytes: number;
  readonly paddingBytes: number;
  /** Tokens of context that the GPU is to have room for beside the layers. */
  readonly contextSize: number;
  /** null: as many as fit. */
  readonly gpuLayers: number | null;
}

/**
 * How many layers a model gets on the GPU, by llama.cpp's own simulation. What programs hold there at the moment does
 * not count: a model that is loaded now makes room for the next.
 */
export async function simulatedLayers({
  resolver,
  totalBytes,
  paddingBytes,
  contextSize,
  gpuLayers,
}: LayersWanted): Promise<{ readonly gpuLayers: number; readonly useMmap: boolean }> {
  const free = Math.max(0, totalBytes - paddingBytes);
  const options = { useMmap: "auto", getVramState: () => Promise.resolve({ total: totalBytes, free }) } as const;
  if (gpuLayers !== null) return resolver.resolveModelGpuLayersV2(gpuLayers, options);
  try {
    return await resolver.resolveModelGpuLayersV2({ fitContext: { contextSize } }, options);
  } catch {
    // No number of layers leaves room for all of the context: as loading does it then, with a smaller one.
    return resolver.resolveModelGpuLayersV2("auto", options);
  }
}
