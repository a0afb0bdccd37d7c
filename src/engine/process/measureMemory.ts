import type { GgmlType } from "node-llama-cpp";
import { BATCH, clampedContextSize, mainSequences } from "../contextDefaults";
import type { MemoryEstimate } from "../measuring";
import { gpuMemory, simulatedLayers } from "./gpuMemory";
import { loadError } from "./loadErrors";
import type { EngineLog, Runtime } from "./runtime";

export interface MemoryRequest {
  readonly path: string;
  /** Tokens per sequence. */
  readonly contextSize: number;
  /** null: as many as fit. */
  readonly gpuLayers: number | null;
}

/**
 * What llama.cpp would allocate for a model and its main context, made as LoadedModel and ModelContext make them. It is
 * llama.cpp's own simulation: the model is set up from the file's header, and no weights are read or allocated.
 * @throws PaddockError model/*
 */
export async function estimateMemory(
  runtime: Runtime,
  log: EngineLog,
  request: MemoryRequest,
): Promise<MemoryEstimate> {
  const { binding, llama, keepOffGpu, rssBytes } = runtime;
  log.take();
  try {
    const info = await binding.readGgufFileInfo(request.path, { sourceType: "filesystem", logWarnings: false });
    const insights = await binding.GgufInsights.from(info, llama);
    if (!insights.isSupportedByLlamaCpp)
      throw loadError(`unknown model architecture: ${info.metadata.general.architecture}`, []);
    const onCpu = llama.gpu === false || keepOffGpu;
    const contextSize = clampedContextSize(request.contextSize, insights.trainContextSize ?? request.contextSize);
    const { gpuLayers, useMmap } = onCpu
      ? { gpuLayers: 0, useMmap: false }
      : await simulatedLayers({
          resolver: insights.configurationResolver,
          totalBytes: (await gpuMemory(runtime)).totalBytes,
          paddingBytes: llama.vramPaddingSize,
          contextSize,
          gpuLayers: request.gpuLayers,
        });
    const options = {
      contextSize,
      modelGpuLayers: gpuLayers,
      batchSize: Math.min(BATCH, contextSize),
      sequences: mainSequences(insights.totalParameters),
    };
    const weights = await insights.estimateModelResourceRequirementsV2({ gpuLayers, useMmap });
    const context = await insights.estimateContextResourceRequirementsV2({ ...options, useMmap });
    // Where the simulation fails the binding falls back to a guess, and says so in the log alone.
    const failed = log.take().filter((line) => line.includes("Falling back to estimation heuristic"));
    if (failed.length > 0) throw loadError(new Error("llama.cpp could not set up this model."), failed);
    const { F16, F32 } = binding.GgmlType;
    const split = kvBytes(
      (type) =>
        // Deprecated for what it makes of compute buffers, which cancel out here.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        insights.estimateContextResourceRequirements({
          ...options,
          includeGraphOverhead: false,
          flashAttention: true,
          kvCacheKeyType: type,
          kvCacheValueType: type,
        }),
      F16,
      F32,
    );
    const total = context.cpuRam + context.gpuVram;
    return {
      weightsRamBytes: weights.cpuRam,
      weightsVramBytes: weights.gpuVram,
      contextRamBytes: context.cpuRam,
      contextVramBytes: context.gpuVram,
      ...(split === undefined || split > total ? {} : { kvBytes: split, computeBytes: total - split }),
      gpuLayers,
      mapped: useMmap,
      processBytes: rssBytes,
      cpuFeatures: [...runtime.info.cpuFeatures],
    };
  } catch (error) {
    throw loadError(error, log.take());
  }
}

/**
 * llama.cpp's simulation adds the KV cache and the compute buffers up. The binding reckons a context from the header,
 * of which only the KV cache depends on its types: what values of 32 bits take more than those of 16 is its size.
 */
function kvBytes(
  reckon: (type: GgmlType) => { readonly cpuRam: number; readonly gpuVram: number },
  half: GgmlType,
  whole: GgmlType,
): number | undefined {
  try {
    const small = reckon(half);
    const large = reckon(whole);
    const bytes = large.cpuRam - small.cpuRam + large.gpuVram - small.gpuVram;
    return Number.isFinite(bytes) && bytes > 0 ? bytes : undefined;
  } catch {
    return undefined;
  }
}
