import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import type { CandidateContents, TensorRole, WeightMix } from "./candidate";
import { type Figure, figure } from "./figure";

/** How far a file's answers are from those of the model it was made of. */
export interface Quality {
  /** Mean KL divergence from the full-precision model, nats; 0: the same. */
  readonly kld: Figure;
  /** Share of positions where both find the same token the most probable, 0 to 1. */
  readonly sameTop: Figure;
}

/*
 * The prior. KL divergence grows with the squared relative error that rounding leaves in the weights (Malinovskii et
 * al., "Pushing the Limits of Large Language Model Quantization via the Linearity Theorem", 2024), so it is a sum over
 * the tensors: share of the values × how much the tensor's role matters × how much its type loses.
 *
 * Losses by type and weights by role are fitted to the 33 files of "LLaMA 3 8b Scoreboard" in llama.cpp's
 * tools/perplexity/README.md (KL divergence over Wikitext-2; their 0.00053 nats of rounding in the stored logits taken
 * off), with the type of each tensor as llama.cpp's quantizer chose it. The fit is within 18% for every file, within 4%
 * for the median one. It was not fitted to, and agrees within 5% on the ratios of, the Q4 files of a table for
 * Qwen3.5-27B; Llama 2 7B of the same README has 0.25 to 0.46 times the values.
 */
const lossByType: Readonly<Record<string, number>> = {
  F32: 0,
  F16: 0.000_02,
  BF16: 0.000_02,
  Q8_0: 0.000_47,
  Q6_K: 0.002_8,
  Q5_K: 0.008_4,
  Q5_1: 0.010_2,
  Q5_0: 0.012_7,
  IQ4_NL: 0.021_2,
  IQ4_XS: 0.021_5,
  Q4_K: 0.025_6,
  Q4_1: 0.041_8,
  Q4_0: 0.041_9,
  IQ3_S: 0.068_5,
  IQ3_XXS: 0.111,
  Q3_K: 0.141,
  IQ2_S: 0.22,
  IQ2_XS: 0.318,
  Q2_K: 0.397,
  IQ2_XXS: 0.514,
  IQ1_M: 0.932,
  IQ1_S: 1.55,
};
const weightByRole: Readonly<Record<TensorRole, number>> = {
  attentionValue: 4.1,
  feedForwardDown: 4.1,
  attentionOutput: 1.5,
  output: 1,
  other: 1,
  embedding: 0.3,
};
/** What an importance matrix leaves of the loss of K-quants; the losses of IQ types above are with one. */
const IMATRIX = 0.79;
const gainsByImatrix = new Set(["Q4_K", "Q4_0", "Q4_1", "Q3_K", "Q2_K", "Q5_K"]);

/** Small models are hurt more; an exponent between what the tables of 7B to 27B show and none at all. */
const SIZE_EXPONENT = -0.3;
const FITTED_SIZE = 8.03e9;
/** Llama 3 loses more than most models of its size. */
const CENTRE = 0.7;
/** A model's own factor, whichever file of it: the tables above are within 3 either way. */
const MODEL_FACTOR = 3;
/** Types with no prior may have so many of the values, being mostly those of norms and biases. */
const MAX_UNKNOWN = 0.01;

/** What is known of a file's quality before anybody has measured it; undefined: its types have no prior. */
export function priorQuality({ shape, mix }: CandidateContents): Quality | undefined {
  const loss = relativeLoss(mix, shape.hasImportanceMatrix);
  if (loss === undefined) return undefined;
  const kld = loss * CENTRE * (Math.max(shape.parameters, 1e6) / FITTED_SIZE) ** SIZE_EXPONENT;
  return {
    kld: figure(kld, "estimated", kld * (MODEL_FACTOR - 1)),
    sameTop: figure(sameTopOf(kld), "estimated", (sameTopOf(kld / MODEL_FACTOR) - sameTopOf(kld * MODEL_FACTOR)) / 2),
  };
}

/** The expected KL divergence of Llama 3 8B with this mix, nats. */
function relativeLoss(mix: WeightMix, hasImatrix: boolean): number | undefined {
  let sum = 0;
  let unknown = 0;
  let all = 0;
  for (const { role, type, values } of mix) {
    const name = ggmlTypes.get(type)?.name ?? "";
    const loss = lossByType[name];
    all += values;
    if (loss === undefined) unknown += values;
    else sum += values * weightByRole[role] * loss * (hasImatrix && gainsByImatrix.has(name) ? IMATRIX : 1);
  }
  return all === 0 || unknown / all > MAX_UNKNOWN ? undefined : sum / all;
}

/**
 * Fitted to the eight files of "LLaMA 2 vs. LLaMA 3 Quantization comparison" in the same README, within 0.009 for all:
 * the share of top tokens that change grows about with the square root of the KL divergence.
 */
export function sameTopOf(kld: number): number {
  return Math.max(0, 1 - 0.42 * Math.max(kld, 0) ** 0.47);
}

/**
 * What two estimates of one model may be off against each other, as a difference of logarithms: the model's own factor
 * is common to both. The files of the tables above that lie close together keep their ratios within a fifth, those far
 * apart (Q2_K against Q4_K_M, Llama 2 against 3) are off by a fifth of the distance.
 */
function estimatesDiffer(one: number, other: number): boolean {
  if (one <= 0 || other <= 0) return one !== other;
  const distance = Math.abs(Math.log(one / other));
  return distance > Math.hypot(0.2, 0.2 * distance);
}

/** Whether the qualities of two files of one model can be told apart. */
export function qualitiesDiffer(one: Quality, other: Quality): boolean {
  const [a, b] = [one.kld, other.kld];
  if (a.how === "estimated" && b.how === "estimated") return estimatesDiffer(a.value, b.value);
  if (a.error === undefined || b.error === undefined) return false;
  return Math.abs(a.value - b.value) > Math.hypot(a.error, b.error);
}
