import { type Machine, usableGpuMemory, usableMemory } from "./machine";
import { type MemoryModel, type MemoryNeed, type ModelFile, totalMemory } from "./memoryNeed";

/** Where a model runs. "partly": some of its layers on the GPU, the others on the CPU. */
export type FitPlace = "gpu" | "partly" | "cpu" | "none";

export interface Fit {
  readonly place: FitPlace;
  /** Layers that go to the GPU. */
  readonly gpuLayers: number;
  /** The most tokens of context that fit, at most what the model was trained for; 0: not even the least. */
  readonly largestContext: number;
}

/** Nobody asks for less, and steps of this size are fine enough. */
export const CONTEXT_STEP = 256;

/** @param mostBytes what the person wants it to take at most, bytes: bounds the largest context, not the place. */
export function fitOf(
  file: ModelFile,
  model: MemoryModel,
  machine: Machine,
  contextSize: number,
  mostBytes?: number,
): Fit {
  const { layers, trainContextSize } = file.shape;
  const fits = (context: number): boolean =>
    placeOf(model.need(file, context), layers, machine, mostBytes).place !== "none";
  return {
    ...placed(placeOf(model.need(file, contextSize), layers, machine), layers, model.gpuLayers),
    largestContext: largestContext(fits, trainContextSize),
  };
}

/** @param simulated the layers that llama.cpp's own simulation puts on the GPU, which knows better how they differ. */
function placed(
  found: Pick<Fit, "place" | "gpuLayers">,
  layers: number,
  simulated: number | undefined,
): Pick<Fit, "place" | "gpuLayers"> {
  if (simulated === undefined || found.place === "none") return found;
  if (simulated === 0) return { place: "cpu", gpuLayers: 0 };
  // The output counts as one more.
  return { place: simulated > layers ? "gpu" : "partly", gpuLayers: simulated };
}

function placeOf(
  need: MemoryNeed,
  layers: number,
  machine: Machine,
  mostBytes = Number.POSITIVE_INFINITY,
): Pick<Fit, "place" | "gpuLayers"> {
  const nowhere = { place: "none", gpuLayers: 0 } as const;
  const total = totalMemory(need).value;
  if (total > mostBytes) return nowhere;
  const gpu = usableGpuMemory(machine);
  const cpu = usableMemory(machine);
  // What is on the GPU beyond its own memory lies in the CPU's.
  const own = Math.max(0, gpu - (machine.gpu?.unifiedBytes ?? 0));
  const fits = (onGpu: number): boolean => onGpu <= gpu && total - Math.min(onGpu, own) <= cpu;
  const all = need.weights.value + need.kvCache.value + need.compute.value;
  if (gpu > 0 && fits(all)) return { place: "gpu", gpuLayers: layers + 1 };
  const layer = (need.weights.value + need.kvCache.value) / Math.max(layers, 1);
  const some = Math.min(layers, Math.max(0, Math.floor((gpu - need.compute.value) / layer)));
  if (gpu > 0 && some > 0 && fits(some * layer)) return { place: "partly", gpuLayers: some };
  return total <= cpu ? { place: "cpu", gpuLayers: 0 } : nowhere;
}

/** By bisection: what fits at some size fits at every smaller one. @param most tokens; 0: nobody says. */
function largestContext(fits: (contextSize: number) => boolean, most: number): number {
  let least = 0;
  // Models that say nothing get what the largest ones were trained for.
  let steps = Math.floor((most === 0 ? 131_072 : most) / CONTEXT_STEP);
  if (most > 0 && most < CONTEXT_STEP) return fits(most) ? most : 0;
  if (fits(steps * CONTEXT_STEP)) return most === 0 ? steps * CONTEXT_STEP : most;
  while (steps - least > 1) {
    const middle = Math.floor((least + steps) / 2);
    if (fits(middle * CONTEXT_STEP)) least = middle;
    else steps = middle;
  }
  return least * CONTEXT_STEP;
}
