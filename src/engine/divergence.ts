/**
 * The arithmetic of comparing two models' predictions, as llama-perplexity's --kl-divergence does it: the reference's
 * log-probabilities are kept in 16 bits, and what is less probable than e^-16 does not count.
 */

/** Tokens a chunk; its first half only gives context. */
export const CHUNK = 512;
export const FIRST_COMPARED = CHUNK / 2;
/** What follows the chunk's last token is not known. */
export const COMPARED_PER_CHUNK = CHUNK - 1 - FIRST_COMPARED;
/** Logits further below the greatest are cut off there, nats. */
const RANGE = 16;
const STEPS = 65_535;
/** Two-sided, 95%. */
const Z = 1.96;

/** How many chunks come nearest to the positions wanted. */
export function chunksFor(positions: number): number {
  return Math.max(1, Math.round(positions / COMPARED_PER_CHUNK));
}

/** One position of the reference, as it is kept. */
export interface KeptPrediction {
  /** log p = scale * step + least, nats. */
  readonly scale: number;
  readonly least: number;
  /** Of the token that really follows, exactly: -log p. */
  readonly surprise: number;
  readonly top: number;
  readonly steps: Uint16Array;
}

export interface LogitSummary {
  readonly top: number;
  readonly greatest: number;
  /** log of the sum of e^(logit - greatest). */
  readonly logSum: number;
}

export function summarize(logits: Float32Array): LogitSummary {
  let top = 0;
  let greatest = -Infinity;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] ?? -Infinity;
    if (logit > greatest) {
      greatest = logit;
      top = token;
    }
  }
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - greatest);
  return { top, greatest, logSum: Math.log(sum) };
}

/** @param actual the token that really follows. */
export function keep(logits: Float32Array, actual: number): KeptPrediction {
  const { top, greatest, logSum } = summarize(logits);
  let least = Infinity;
  for (const logit of logits) if (logit < least) least = logit;
  least = Math.max(least, greatest - RANGE);
  // As it will be read back, in 32 bits.
  const scale = Math.fround((greatest - least) / STEPS);
  const steps = new Uint16Array(logits.length);
  if (scale > 0) {
    for (let token = 0; token < logits.length; token++) {
      const above = (logits[token] ?? least) - least;
      if (above > 0) steps[token] = Math.min(STEPS, Math.round(above / scale));
    }
  }
  return {
    scale,
    least: Math.fround(least - greatest - logSum),
    surprise: greatest + logSum - (logits[actual] ?? -Infinity),
    top,
    steps,
  };
}

/** Collects what two models' predictions differ by. */
export class DivergenceSum {
  private positions = 0;
  private kld = 0;
  private kldSquares = 0;
  private same = 0;
  private surprise = 0;
  private referenceSurprise = 0;

  /** @param logits the candidate's, where the reference predicted `kept`. */
  add(kept: KeptPrediction, logits: Float32Array, actual: number): void {
    const { top, greatest, logSum } = summarize(logits);
    const weight = greatest + logSum;
    let divergence = 0;
    for (let token = 0; token < logits.length; token++) {
      const expected = kept.scale * (kept.steps[token] ?? 0) + kept.least;
      if (expected > -RANGE) divergence += Math.exp(expected) * (expected - (logits[token] ?? -Infinity) + weight);
    }
    this.positions++;
    this.kld += divergence;
    this.kldSquares += divergence * divergence;
    this.same += top === kept.top ? 1 : 0;
    this.surprise += weight - (logits[actual] ?? -Infinity);
    this.referenceSurprise += kept.surprise;
  }

  result(): {
    positions: number;
    meanKld: number;
    meanKldError: number;
    sameTop: number;
    sameTopError: number;
    perplexity: number;
    referencePerplexity: number;
  } {
    const n = Math.max(1, this.positions);
    const mean = this.kld / n;
    const variance = Math.max(0, this.kldSquares / n - mean * mean);
    const sameTop = this.same / n;
    return {
      positions: this.positions,
      meanKld: mean,
      meanKldError: n > 1 ? Z * Math.sqrt(variance / (n - 1)) : Infinity,
      sameTop,
      // Wilson's, which is not 0 where all agree.
      sameTopError: (Z / (1 + Z ** 2 / n)) * Math.sqrt((sameTop * (1 - sameTop)) / n + Z ** 2 / (4 * n * n)),
      perplexity: Math.exp(this.surprise / n),
      referencePerplexity: Math.exp(this.referenceSurprise / n),
    };
  }
}
