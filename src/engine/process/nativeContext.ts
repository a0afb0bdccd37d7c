import type { LlamaContext, LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import * as v from "valibot";

/**
 * node-llama-cpp's native context, for what its public side does slower or not at all. It stands on private members of
 * the pinned version: where one is missing there is none, and the public side is used; a test fails then, so that nobody
 * loses the speed unawares. It knows no locks: see SlotPool.enterAlone.
 */
export interface NativeSampler {
  applyConfig(config: object): void;
  dispose(): void;
}
/** A token chosen, with its probability among those it was chosen from. */
export interface Choice {
  readonly token: Token;
  readonly probability: number;
}

declare const row: unique symbol;
/** Where the logits after a token are, until the next batch. */
export type LogitRow = number & { readonly [row]: never };

type Wanted = [tokens: readonly Token[], greatest: boolean, least: boolean, sampled: boolean, top: number];
interface NativeContext {
  initBatch(tokens: number): void;
  /** @returns where in the batch the logits wanted are. */
  addToBatch(sequence: number, firstPosition: number, tokens: Uint32Array, wantedLogits: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  /** @returns -1 when nothing can be sampled. */
  sampleToken(logits: number, sampler: NativeSampler): Promise<number>;
  /**
   * @param wanted whose logits to return; true: all, the greatest first.
   * @param totalWeight return the sum of e^(logit - greatest logit) over the whole vocabulary.
   */
  sampleToken(
    logits: number,
    sampler: NativeSampler,
    probabilities: false,
    confidence: false,
    wanted: boolean | Wanted,
    totalWeight: boolean,
  ): Promise<
    [token: number, probabilities: undefined, confidence: undefined, pairs: number[] | undefined, weight: number]
  >;
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

/** What is asked of libuv's pool is done one after the other: it has one thread, see engineEnvironment. */
export const inTurn = process.env.UV_THREADPOOL_SIZE === "1";

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

/** One sequence of a context, spoken to natively. */
export class NativeSequence {
  private constructor(
    private readonly context: PrivateContext,
    private readonly sequence: PrivateSequence,
  ) {}

  /**
   * Undefined where the private members are not as expected, or the sequence needs checkpoints, which this makes none of.
   */
  static of(context: LlamaContext, sequence: LlamaContextSequence): NativeSequence | undefined {
    if (!v.is(contextSchema, context) || !v.is(sequenceSchema, sequence) || sequence.needsCheckpoints) return undefined;
    return new NativeSequence(context as unknown as PrivateContext, sequence as unknown as PrivateSequence);
  }

  /** In the KV cache. The list itself, which grows: copy what is kept. */
  get tokens(): readonly Token[] {
    return this.sequence._contextTokens;
  }

  sampler(): NativeSampler {
    return new this.context._llama._bindings.AddonSampler(this.context._model._model);
  }

  configure(sampler: NativeSampler, options: SequenceEvaluateOptions, more: object = {}): void {
    sampler.applyConfig({ ...this.sequence._resolveSamplerConfig(options), ...more });
  }

  /**
   * Puts tokens behind the KV cache, in one batch; no more than the context's batch size.
   * @returns the logits after each of the last `rows` tokens.
   */
  async decode(tokens: readonly Token[], rows = 1): Promise<LogitRow[]> {
    const logits = this.fillBatch(tokens, rows);
    await this.decodeBatch(tokens);
    return logits;
  }

  /**
   * Puts a token behind the KV cache, and chooses among what may follow it. In a pool that works in turn the choice is
   * asked for at once, so that it begins when the logits are there and not a trip to JavaScript and back later.
   * @param choose asks for one thing of the logits; what the token leaves in the KV cache is not to be seen yet.
   */
  async decodeAndChoose<T>(token: Token, choose: (row: LogitRow) => Promise<T>): Promise<T> {
    const tokens = [token];
    const [row] = this.fillBatch(tokens, 1);
    if (row === undefined) throw new Error("llama.cpp made no logits.");
    const decoded = this.decodeBatch(tokens);
    if (!inTurn) await decoded;
    const chosen = choose(row);
    // Where the batch fails, that is what is told; the choice finds no logits then.
    chosen.catch(() => undefined);
    await decoded;
    return chosen;
  }

  async sample(row: LogitRow, sampler: NativeSampler): Promise<Token> {
    return sampled(await this.context._ctx.sampleToken(row, sampler));
  }

  /** The most probable token and its probability, by what a greedy sampler makes of the logits. */
  async best(row: LogitRow, greedy: NativeSampler): Promise<Choice> {
    const [token, , , , weight] = await this.context._ctx.sampleToken(row, greedy, false, false, false, true);
    return { token: sampled(token), probability: 1 / weight };
  }

  /** As best, the `count` most probable, best first. It sorts the vocabulary, which takes milliseconds. */
  async top(row: LogitRow, greedy: NativeSampler, count: number): Promise<Choice[]> {
    const wanted: Wanted = [[], false, false, false, count];
    const [, , , pairs = [], weight] = await this.context._ctx.sampleToken(row, greedy, false, false, wanted, true);
    const most = pairs[1] ?? 0;
    return Array.from({ length: pairs.length / 2 }, (_, index) => ({
      token: sampled(pairs[2 * index] ?? -1),
      probability: Math.exp((pairs[2 * index + 1] ?? -Infinity) - most) / weight,
    }));
  }

  /** @returns where the logits after each of the last `rows` tokens will be. */
  private fillBatch(tokens: readonly Token[], rows: number): LogitRow[] {
    const { _ctx } = this.context;
    const { _sequenceId, _nextTokenIndex } = this.sequence;
    _ctx.initBatch(tokens.length);
    const first = tokens.length - rows;
    const wanted = Uint32Array.from({ length: rows }, (_, index) => first + index);
    return Array.from(_ctx.addToBatch(_sequenceId, _nextTokenIndex, Uint32Array.from(tokens), wanted)) as LogitRow[];
  }

  private async decodeBatch(tokens: readonly Token[]): Promise<void> {
    await this.context._ctx.decodeBatch();
    const { sequence } = this;
    for (const token of tokens) sequence._contextTokens.push(token);
    sequence._nextTokenIndex += tokens.length;
  }

  /** The logits of the whole vocabulary, by token. It is sorted on the way, which takes milliseconds. */
  async logits(row: LogitRow, greedy: NativeSampler, into: Float32Array): Promise<void> {
    const [, , , pairs = []] = await this.context._ctx.sampleToken(row, greedy, false, false, true, false);
    for (let index = 0; index < pairs.length; index += 2) into[pairs[index] ?? 0] = pairs[index + 1] ?? -Infinity;
  }
}

function sampled(token: number): Token {
  if (token < 0) throw new Error("llama.cpp could not sample a token.");
  return token as Token;
}
