import type { LlamaContext, LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import * as v from "valibot";

/**
 * The loop from token to token on node-llama-cpp's native context. Its public loop does the same with some 0.3 ms of
 * JavaScript for each token, which is 4–5% of tg with a 135M model on 2 cores and less with larger ones.
 *
 * It stands on private members of the pinned version. Where one is missing there is no native loop, and the public one
 * is used; a test fails then, so that nobody loses the speed unawares. It knows no locks: see SlotPool.enterAlone.
 */
interface NativeSampler {
  applyConfig(config: object): void;
  dispose(): void;
}
interface NativeContext {
  initBatch(tokens: number): void;
  /** @returns where in the batch the logits wanted are. */
  addToBatch(sequence: number, firstPosition: number, tokens: Uint32Array, wantedLogits: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  /** @returns -1 when nothing can be sampled. */
  sampleToken(logits: number, sampler: NativeSampler): Promise<number>;
}
interface PrivateContext {
  readonly _ctx: NativeContext;
  readonly _llama: { readonly _bindings: { readonly AddonSampler: new (model: object) => NativeSampler } };
  readonly _model: { readonly _model: object };
}
interface PrivateSequence {
  readonly _sequenceId: number;
  _nextTokenIndex: number;
  readonly _contextTokens: Token[];
  _resolveSamplerConfig(options: SequenceEvaluateOptions): object;
}

const anyFunction = v.function();
const anyObject = v.custom<object>((value) => typeof value === "object" && value !== null);
const contextSchema = v.object({
  _ctx: v.object({
    initBatch: anyFunction,
    addToBatch: anyFunction,
    decodeBatch: anyFunction,
    sampleToken: anyFunction,
  }),
  _llama: v.object({ _bindings: v.object({ AddonSampler: anyFunction }) }),
  _model: v.object({ _model: anyObject }),
});
const sequenceSchema = v.object({
  _sequenceId: v.number(),
  _nextTokenIndex: v.number(),
  // Thousands of numbers, looked at before every answer: that it is a list is enough.
  _contextTokens: v.instance(Array),
  _resolveSamplerConfig: anyFunction,
});

export interface NativeLoop {
  /** Yields tokens until it is returned from; the first of them follows `last`, which is not in the KV cache yet. */
  tokens(last: Token): AsyncGenerator<Token, void, void>;
  dispose(): void;
}

/**
 * One sampler for as long as it lives, so that an answer that is paused goes on in the seed's own row of numbers.
 * Undefined where the private members are not as expected, or the sequence needs checkpoints, which this makes none of.
 */
export function nativeLoop(
  context: LlamaContext,
  sequence: LlamaContextSequence,
  options: SequenceEvaluateOptions,
): NativeLoop | undefined {
  if (!v.is(contextSchema, context) || !v.is(sequenceSchema, sequence) || sequence.needsCheckpoints) return undefined;
  const owner = context as unknown as PrivateContext;
  const state = sequence as unknown as PrivateSequence;
  const native = owner._ctx;
  const sampler = new owner._llama._bindings.AddonSampler(owner._model._model);
  return {
    async *tokens(last) {
      sampler.applyConfig(state._resolveSamplerConfig(options));
      const wanted = Uint32Array.of(0);
      for (let token = last; ;) {
        native.initBatch(1);
        const [logits = 0] = native.addToBatch(state._sequenceId, state._nextTokenIndex, Uint32Array.of(token), wanted);
        await native.decodeBatch();
        state._contextTokens.push(token);
        state._nextTokenIndex++;
        const sampled = await native.sampleToken(logits, sampler);
        if (sampled < 0) throw new Error("llama.cpp could not sample a token.");
        token = sampled as Token;
        yield token;
        if (options.repeatPenalty !== undefined) sampler.applyConfig(state._resolveSamplerConfig(options));
      }
    },
    dispose: () => sampler.dispose(),
  };
}

/** Grammars and DRY keep state of their own between tokens, which the public loop takes care of. */
export function suitsNativeLoop({ grammarEvaluationState, dryRepeatPenalty }: SequenceEvaluateOptions): boolean {
  return grammarEvaluationState === undefined && dryRepeatPenalty === undefined;
}
