import type { LlamaContext, LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import { NativeSequence } from "./nativeContext";

/**
 * The loop from token to token on node-llama-cpp's native context. Its public loop does the same with some 0.3 ms of
 * JavaScript for each token, which is 4–5% of tg with a 135M model on 2 cores and less with larger ones.
 */
export interface NativeLoop {
  /** Yields tokens until it is returned from; the first of them follows `last`, which is not in the KV cache yet. */
  tokens(last: Token): AsyncGenerator<Token, void, void>;
  dispose(): void;
}

/**
 * One sampler for as long as it lives, so that an answer that is paused goes on in the seed's own row of numbers.
 * Undefined where there is no native side to this sequence; see NativeSequence.
 */
export function nativeLoop(
  context: LlamaContext,
  sequence: LlamaContextSequence,
  options: SequenceEvaluateOptions,
): NativeLoop | undefined {
  const native = NativeSequence.of(context, sequence);
  if (native === undefined) return undefined;
  const sampler = native.sampler();
  return {
    async *tokens(last) {
      native.configure(sampler, options);
      for (let token = last; ;) {
        const [logits] = await native.decode([token]);
        if (logits === undefined) throw new Error("llama.cpp made no logits.");
        token = await native.sample(logits, sampler);
        yield token;
        if (options.repeatPenalty !== undefined) native.configure(sampler, options);
      }
    },
    dispose: () => sampler.dispose(),
  };
}

/** Grammars and DRY keep state of their own between tokens, which the public loop takes care of. */
export function suitsNativeLoop({ grammarEvaluationState, dryRepeatPenalty }: SequenceEvaluateOptions): boolean {
  return grammarEvaluationState === undefined && dryRepeatPenalty === undefined;
}
