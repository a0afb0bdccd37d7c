import type { Candidate, CandidateContents } from "./candidate";
import { type Figure, figure, leastSure } from "./figure";
import { type Fit, fitOf } from "./fit";
import type { Machine } from "./machine";
import { type MemoryModel, type MemoryNeed, totalMemory } from "./memoryNeed";
import { priorQuality, type Quality } from "./quality";

/** What the person would use the model with. */
export interface Conditions {
  /** Tokens that a conversation may hold. */
  readonly contextSize: number;
  /** Tokens of the prompt that the TTFT is for. */
  readonly promptTokens: number;
}

export interface Speed {
  /** Prompt processing, tokens/s. */
  readonly pp: Figure;
  /** Text generation, tokens/s. */
  readonly tg: Figure;
}

/** A file whose speed was measured. */
export interface Anchor {
  readonly contents: CandidateContents;
  readonly speed: Speed;
}

/** Says how fast a file would be on this machine, from measurements of the machine. */
export interface SpeedPredictor {
  /**
   * Undefined: this machine is not calibrated for such a file. Nobody guesses.
   * @param anchor another file of the same model, which puts the prediction right.
   */
  predict(contents: CandidateContents, anchor: Anchor | undefined): Speed | undefined;
}

/** What was measured of a file itself, on this machine. */
export interface Measurements {
  readonly speed?: Speed;
  readonly quality?: Quality;
}

/** One row: all that is known of a candidate. What is undefined nobody knows. */
export interface Verdict {
  readonly candidate: Candidate;
  readonly bitsPerWeight: number | undefined;
  /** At the conditions' context size. */
  readonly memory: MemoryNeed | undefined;
  readonly totalMemory: Figure | undefined;
  readonly fit: Fit | undefined;
  readonly speed: Speed | undefined;
  /** Time to the first token of a prompt that nothing of is cached, ms. */
  readonly ttft: Figure | undefined;
  readonly quality: Quality | undefined;
}

export interface VerdictInputs {
  readonly machine: Machine;
  readonly conditions: Conditions;
  readonly memory: MemoryModel;
  readonly speed: SpeedPredictor;
  readonly measured: Measurements;
  readonly anchor?: Anchor | undefined;
  /** What the person wants a model to take at most, bytes: bounds the largest context. */
  readonly mostMemoryBytes?: number;
}

export function verdictOf(candidate: Candidate, inputs: VerdictInputs): Verdict {
  const { conditions, memory, machine, measured } = inputs;
  const { contents } = candidate;
  if (contents === undefined) {
    const { speed, quality } = measured;
    return {
      candidate,
      bitsPerWeight: toldBits(candidate),
      memory: undefined,
      totalMemory: undefined,
      fit: undefined,
      speed,
      ttft: speed === undefined ? undefined : ttftOf(speed, conditions.promptTokens),
      quality,
    };
  }
  const need = memory.need(contents, conditions.contextSize);
  const fit = fitOf(contents, memory, machine, conditions.contextSize, inputs.mostMemoryBytes);
  const speed = fit.place === "none" ? undefined : (measured.speed ?? inputs.speed.predict(contents, inputs.anchor));
  return {
    candidate,
    bitsPerWeight: contents.shape.bitsPerWeight,
    memory: need,
    totalMemory: totalMemory(need),
    fit,
    speed,
    ttft: speed === undefined ? undefined : ttftOf(speed, conditions.promptTokens),
    quality: measured.quality ?? priorQuality(contents),
  };
}

/** Of a model that a server tells of: its bytes by its parameters, where it tells both. */
function toldBits({ sizeBytes, told }: Candidate): number | undefined {
  const { parameters = 0 } = told ?? {};
  return sizeBytes === undefined || parameters <= 0 ? undefined : (sizeBytes * 8) / parameters;
}

/** The prompt is processed, then one token generated. @param promptTokens with the one that the answer begins after. */
export function ttftOf({ pp, tg }: Speed, promptTokens: number): Figure | undefined {
  if (pp.value <= 0 || tg.value <= 0) return undefined;
  const prompt = (promptTokens * 1000) / pp.value;
  const first = 1000 / tg.value;
  const error =
    pp.error === undefined || tg.error === undefined
      ? undefined
      : Math.hypot((prompt * pp.error) / pp.value, (first * tg.error) / tg.value);
  return figure(prompt + first, leastSure(pp.how, tg.how), error);
}
