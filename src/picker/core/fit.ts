import type { ModelShape } from "../../gguf/core/modelShape";
import { type Machine, usableMemory } from "./machine";
import { type MemoryModel, type MemoryNeed, totalMemory } from "./memoryNeed";

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
  shape: ModelShape,
  model: MemoryModel,
  machine: Machine,
  contextSize: number,
  mostBytes?: number,
): Fit {
  const fits = (context: number): boolean =>
    placeOf(model.need(shape, context), shape.layers, machine, mostBytes).place !== "none";
  return {
    ...placeOf(model.need(shape, contextSize), shape.layers, machine),
    largestContext: largestContext(fits, shape.trainContextSize),
  };
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
  const { gpuMemoryBytes: gpu } = machine;
  const cpu = usableMemory(machine);
  const onGpu = need.weights.value + need.kvCache.value + need.compute.value;
  if (gpu > 0 && onGpu <= gpu && need.vocabulary.value <= cpu) return { place: "gpu", gpuLayers: layers + 1 };
  const layer = (need.weights.value + need.kvCache.value) / Math.max(layers, 1);
  const some = Math.min(layers, Math.max(0, Math.floor((gpu - need.compute.value) / layer)));
  if (gpu > 0 && some > 0 && total - some * layer <= cpu) return { place: "partly", gpuLayers: some };
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
