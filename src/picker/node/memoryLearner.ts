import type { ModelShape } from "../../gguf/core/modelShape";
import { isCancellation } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { type Candidate, modelKey } from "../core/candidate";
import { figure } from "../core/figure";
import type { EstimatedMemory, FileMeasuring } from "../core/measuringNeeds";
import { processNeed, touchedCompute } from "../core/memory";
import { memoryFormula, type MemoryModel, usableContext } from "../core/memoryNeed";

/** The simulation is exact for the context (0.00% in 14 cases); files of other types change the buffers by little. */
const CONTEXT_ERROR = 0.01;
const WEIGHTS_ERROR = 0.02;
/** The second context is so many times the first, so that rounding does not show. */
const FAR = 4;

/**
 * Memory as llama.cpp's own simulation says, which replaces the formula once it has answered. Builds of one model share
 * the KV cache and the compute buffers, so two answers for one of its files, at two context sizes, serve all: both are
 * linear in the context size.
 */
export class MemoryLearner {
  private readonly learned = new Map<string, MemoryModel>();
  private readonly asked = new Set<string>();
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly measuring: Pick<FileMeasuring, "estimateMemory">,
    private readonly log: Logger,
  ) {}

  /** What is known now. */
  modelOf(candidate: Candidate): MemoryModel {
    return this.learned.get(modelKey(candidate) ?? "") ?? memoryFormula;
  }

  /**
   * Asks for what is not known yet, one file at a time. Where the simulation fails, the formula stays.
   * @param learnt called when there is something new.
   */
  ask(candidate: Candidate, contextSize: number, learnt: () => void, signal: AbortSignal): void {
    const { origin, contents } = candidate;
    const key = modelKey(candidate);
    if (origin.kind !== "file" || contents === undefined || key === undefined || this.asked.has(key)) return;
    this.asked.add(key);
    this.queue = this.queue.then(async () => {
      try {
        this.learned.set(key, await this.learn(origin.path, contents.shape, contextSize, signal));
        learnt();
      } catch (error) {
        this.asked.delete(key);
        if (!isCancellation(error) && !signal.aborted)
          this.log.warn(`llama.cpp did not say what ${candidate.name} takes: ${String(error)}`);
      }
    });
  }

  private async learn(file: string, shape: ModelShape, contextSize: number, signal: AbortSignal): Promise<MemoryModel> {
    signal.throwIfAborted();
    const far = usableContext(shape, contextSize * FAR);
    const near = Math.ceil(far / FAR);
    const at = (size: number): Promise<EstimatedMemory> =>
      this.measuring.estimateMemory(file, { contextSize: size, gpuLayers: null, signal });
    const [first, second] = [await at(near), await at(far)];
    const kv = line([near, kvOf(first, shape, near)], [far, kvOf(second, shape, far)]);
    const context = line([near, contextOf(first)], [far, contextOf(second)]);
    // What it takes beside the tensors' own bytes, such as copies that are packed for this CPU.
    const weights = (first.weightsRamBytes + first.weightsVramBytes) / Math.max(shape.tensorBytes, 1);
    return {
      need: (other, wanted) => {
        const size = usableContext(other, wanted);
        const kvBytes = Math.max(0, kv(size));
        const reserved = Math.max(0, context(size) - kvBytes);
        const formula = memoryFormula.need(other, size);
        // Byte-pair vocabularies, which most are, have about a merge for each token.
        const file = { shape: other, merges: other.vocabularySize };
        return {
          vocabulary: first.processBytes === undefined ? formula.vocabulary : processNeed(file, first.processBytes),
          weights: figure(other.tensorBytes * weights, "calibrated", WEIGHTS_ERROR * other.tensorBytes * weights),
          kvCache: figure(kvBytes, "calibrated", CONTEXT_ERROR * kvBytes),
          compute:
            first.gpuLayers === undefined
              ? figure(reserved, "calibrated", CONTEXT_ERROR * context(size))
              : touchedCompute(other, reserved, first.gpuLayers),
        };
      },
    };
  }
}

function contextOf({ contextRamBytes, contextVramBytes }: EstimatedMemory): number {
  return contextRamBytes + contextVramBytes;
}

function kvOf(estimate: EstimatedMemory, shape: ModelShape, contextSize: number): number {
  const byFormula = memoryFormula.need(shape, contextSize).kvCache.value;
  return Math.min(estimate.kvBytes ?? byFormula, contextOf(estimate));
}

/** Through two points. */
function line([x, y]: readonly [number, number], [otherX, otherY]: readonly [number, number]): (at: number) => number {
  const slope = (otherY - y) / (otherX - x);
  return (at) => y + slope * (at - x);
}
