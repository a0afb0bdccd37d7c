import { isCancellation } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { type Candidate, type CandidateContents, modelKey } from "../core/candidate";
import { figure } from "../core/figure";
import type { EstimatedMemory, FileMeasuring } from "../core/measuringNeeds";
import { processNeed, secondCopies, touchedCompute } from "../core/memory";
import { memoryFormula, type MemoryModel, type ModelFile, usableContext } from "../core/memoryNeed";

/** The simulation is exact for the context (0.00% in 14 cases); files of other types change the buffers by little. */
const CONTEXT_ERROR = 0.01;
const WEIGHTS_ERROR = 0.03;
/** The second context is so many times the first, so that rounding does not show. */
const FAR = 4;

export interface MemoryLearnerDeps {
  readonly measuring: Pick<FileMeasuring, "estimateMemory">;
  /** llama.cpp may put layers on a GPU here. */
  readonly hasGpu: () => boolean;
  /** There is something new. */
  readonly learnt: () => void;
  readonly log: Logger;
}

/**
 * Memory as llama.cpp's own simulation says, which replaces the formula once it has answered. Builds of one model share
 * the KV cache and the compute buffers, so two answers for one of its files, at two context sizes, serve all: buffers are
 * linear in the context size, and the KV cache is in what the formula says of it, which knows of sliding windows. How many
 * layers go to a GPU is each file's own, and is asked for each context size.
 */
export class MemoryLearner {
  private readonly learned = new Map<string, MemoryModel>();
  private readonly layers = new Map<string, number>();
  private readonly asked = new Set<string>();
  private queue: Promise<void> = Promise.resolve();
  /** What is asked for now; layers for another size need not be known any more. */
  private contextSize = 0;

  constructor(private readonly deps: MemoryLearnerDeps) {}

  /** What is known now. */
  modelOf(candidate: Candidate, contextSize: number): MemoryModel {
    const model = this.learned.get(modelKey(candidate) ?? "") ?? memoryFormula;
    const gpuLayers = this.layers.get(layersKey(candidate, contextSize));
    return gpuLayers === undefined ? model : { ...model, gpuLayers };
  }

  /** Asks for what is not known yet, one file at a time. Where the simulation fails, the formula stays. */
  ask(candidate: Candidate, contextSize: number, signal: AbortSignal): void {
    const { origin, contents } = candidate;
    const key = modelKey(candidate);
    this.contextSize = contextSize;
    if (origin.kind !== "file" || contents === undefined || key === undefined) return;
    this.once(key, candidate, signal, async () => {
      this.learned.set(key, await this.learn(origin.path, contents, contextSize, signal));
    });
    if (!this.deps.hasGpu()) return;
    const own = layersKey(candidate, contextSize);
    this.once(own, candidate, signal, async () => {
      if (this.contextSize !== contextSize) this.asked.delete(own);
      else this.layers.set(own, await this.layersOf(origin.path, contextSize, signal));
    });
  }

  private once(key: string, { name }: Candidate, signal: AbortSignal, work: () => Promise<void>): void {
    if (this.asked.has(key)) return;
    this.asked.add(key);
    this.queue = this.queue.then(async () => {
      try {
        signal.throwIfAborted();
        await work();
        this.deps.learnt();
      } catch (error) {
        this.asked.delete(key);
        if (!isCancellation(error) && !signal.aborted)
          this.deps.log.warn(`llama.cpp did not say what ${name} takes: ${String(error)}`);
      }
    });
  }

  private async layersOf(file: string, contextSize: number, signal: AbortSignal): Promise<number> {
    const { gpuLayers } = await this.deps.measuring.estimateMemory(file, { contextSize, gpuLayers: null, signal });
    return gpuLayers ?? 0;
  }

  private async learn(
    file: string,
    contents: CandidateContents,
    contextSize: number,
    signal: AbortSignal,
  ): Promise<MemoryModel> {
    const { shape } = contents;
    const far = usableContext(shape, contextSize * FAR);
    const near = Math.ceil(far / FAR);
    const at = (size: number): Promise<EstimatedMemory> =>
      this.deps.measuring.estimateMemory(file, { contextSize: size, gpuLayers: null, signal });
    const [first, second] = [await at(near), await at(far)];
    const kvAt = { near: kvOf(first, contents, near), far: kvOf(second, contents, far) };
    const kv = line([kvByFormula(contents, near), kvAt.near], [kvByFormula(contents, far), kvAt.far]);
    const buffers = line([near, contextOf(first) - kvAt.near], [far, contextOf(second) - kvAt.far]);
    // What it takes beside the tensors' own bytes, by llama.cpp's count.
    const counted = (first.weightsRamBytes + first.weightsVramBytes) / Math.max(shape.tensorBytes, 1);
    return {
      need: (other, wanted) => {
        const size = usableContext(other.shape, wanted);
        const kvBytes = Math.max(0, kv(kvByFormula(contents, size)));
        const reserved = Math.max(0, buffers(size));
        // Byte-pair vocabularies, which most are, have about a merge for each token.
        const vocabulary = { shape: other.shape, merges: other.shape.vocabularySize };
        const weights = other.shape.tensorBytes * counted + uncountedBytes(first, other);
        return {
          vocabulary:
            first.processBytes === undefined
              ? memoryFormula.need(other, size).vocabulary
              : processNeed(vocabulary, first.processBytes),
          weights: figure(weights, "calibrated", WEIGHTS_ERROR * weights),
          kvCache: figure(kvBytes, "calibrated", CONTEXT_ERROR * kvBytes),
          compute:
            first.gpuLayers === undefined
              ? figure(reserved, "calibrated", CONTEXT_ERROR * (kvBytes + reserved))
              : touchedCompute(other.shape, reserved, first.gpuLayers),
        };
      },
    };
  }
}

/** Copies of weights that llama.cpp's count leaves out, where the weights are on the CPU. */
function uncountedBytes({ gpuLayers, mapped = false, cpuFeatures }: EstimatedMemory, { tensors }: ModelFile): number {
  return gpuLayers !== 0 || cpuFeatures === undefined
    ? 0
    : secondCopies({ mapped, cpuFeatures: [...cpuFeatures] }, { tensors });
}

function layersKey({ id }: Candidate, contextSize: number): string {
  return `${contextSize} ${id}`;
}

function contextOf({ contextRamBytes, contextVramBytes }: EstimatedMemory): number {
  return contextRamBytes + contextVramBytes;
}

function kvOf(estimate: EstimatedMemory, file: ModelFile, contextSize: number): number {
  // Of several conversations the binding reckons one window; llama.cpp keeps one for each, as the formula does.
  const told = file.shape.windowedLayers > 0 ? undefined : estimate.kvBytes;
  return Math.min(told ?? kvByFormula(file, contextSize), contextOf(estimate));
}

function kvByFormula(file: ModelFile, contextSize: number): number {
  return memoryFormula.need(file, contextSize).kvCache.value;
}

/** Through two points; where they are one above the other, what the first says. */
function line([x, y]: readonly [number, number], [otherX, otherY]: readonly [number, number]): (at: number) => number {
  const slope = otherX === x ? 0 : (otherY - y) / (otherX - x);
  return (at) => y + slope * (at - x);
}
