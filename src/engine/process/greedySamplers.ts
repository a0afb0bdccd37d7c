import type { SequenceEvaluateOptions, Token } from "node-llama-cpp";
import type { NativeSampler, NativeSequence } from "./nativeContext";

/** Nothing but the logits: the best token is the greatest of them, and its share of their weight its probability. */
export const greedy: SequenceEvaluateOptions = { temperature: 0, minP: 0, topK: 0, topP: 1, seed: 0 };
/** Added to a logit: far above what logits are apart, and small enough to leave the digits that tell them apart. */
const ALLOWED = 256;

/**
 * The samplers of a context's completions, kept because each holds a copy of the vocabulary's size that takes time to
 * make. Who uses them has the context alone (SlotPool.enterAlone).
 */
export class GreedySamplers {
  private plain: NativeSampler | undefined;
  private choosy: NativeSampler | undefined;

  /** Chooses among the whole vocabulary. */
  all(native: NativeSequence): NativeSampler {
    if (this.plain === undefined) {
      this.plain = native.sampler();
      native.configure(this.plain, greedy);
    }
    return this.plain;
  }

  /** Chooses among these tokens, until it is asked for again. */
  among(native: NativeSequence, tokens: readonly Token[]): NativeSampler {
    this.choosy ??= native.sampler();
    native.configure(this.choosy, greedy, {
      tokenBiasKeys: Uint32Array.from(tokens),
      tokenBiasValues: new Float32Array(tokens.length).fill(ALLOWED),
    });
    return this.choosy;
  }

  dispose(): void {
    this.plain?.dispose();
    this.choosy?.dispose();
    this.plain = this.choosy = undefined;
  }
}
