import type { LlamaContext, LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import type { Lookup } from "./lookup";
import { type LogitRow, type NativeSampler, NativeSequence } from "./nativeContext";

/**
 * A batch of several tokens rounds its logits a little otherwise than single ones do, so where two tokens are nearly
 * equal it might choose another. Where the best two logits are no further apart than this, the token is computed again
 * alone. That was enough for the starter's texts in the tests; of another model it is measured before it is offered.
 */
const CLEAR_LEAD = 0.5;
/** A token this probable leads by more than that, whatever the second is: log(0.65 / 0.35) = 0.62. */
const CLEARLY_PROBABLE = 0.65;

/** Guessing ahead, and what is told of it. */
export interface Speculation {
  readonly lookup: Lookup<Token>;
  /** The tokens of one guess, and how many of them came true. */
  readonly onGuess: (guessed: number, accepted: number) => void;
}

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
  speculation?: Speculation,
): NativeLoop | undefined {
  const native = NativeSequence.of(context, sequence);
  if (native === undefined) return undefined;
  const sampler = native.sampler();
  // A penalty is for the tokens up to each one, which a guess would be ahead of.
  const guessing = speculation !== undefined && options.repeatPenalty === undefined;
  return {
    async *tokens(last) {
      native.configure(sampler, options);
      if (guessing) {
        yield* new GuessedTokens(native, sequence, sampler, options.temperature === 0, speculation).after(last);
        return;
      }
      for (let token = last; ;) {
        token = await native.decodeAndChoose(token, (row) => native.sample(row, sampler));
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

/**
 * Tokens some of which are guessed: a guess is processed in one batch with the token before it, and of its rows each is
 * sampled from in turn for as long as what is sampled is what was guessed. So the sampler chooses from the same logits in
 * the same order as without.
 */
class GuessedTokens {
  /** In the KV cache, though not yielded yet. */
  private ahead = 0;

  constructor(
    private readonly native: NativeSequence,
    private readonly sequence: LlamaContextSequence,
    private readonly sampler: NativeSampler,
    private readonly greedy: boolean,
    private readonly speculation: Speculation,
  ) {}

  async *after(last: Token): AsyncGenerator<Token, void, void> {
    try {
      for (let token = last; ;) {
        const { tokens } = this.native;
        // The last token of an answer needs a place, too, and a guess must not fill the context before its time.
        const { contextSize, context } = this.sequence;
        const room = Math.min(contextSize - tokens.length - 3, context.batchSize - 1);
        const sampled = await this.next(token, this.speculation.lookup.after([...tokens, token], room));
        for (const [index, one] of sampled.entries()) {
          this.ahead = sampled.length - 1 - index;
          token = one;
          yield one;
        }
      }
    } finally {
      await this.takeBack(this.ahead);
      this.ahead = 0;
    }
  }

  /** @returns what came true of the guess and one token more, which is not in the KV cache. */
  private async next(token: Token, guess: readonly Token[]): Promise<readonly Token[]> {
    if (guess.length === 0) return [await this.alone(token)];
    const batch = [token, ...guess];
    const rows = await this.native.decode(batch, batch.length);
    const sampled: Token[] = [];
    let doubtful = false;
    do {
      const chosen = await this.choose(at(rows, sampled.length));
      if (chosen === undefined) doubtful = true;
      else sampled.push(chosen);
    } while (!doubtful && sampled.at(-1) === guess[sampled.length - 1]);
    // The last one has only its logits from the batch; where those are in doubt, all before it came true.
    const accepted = doubtful ? sampled.length : sampled.length - 1;
    this.speculation.lookup.learn(guess.length, accepted);
    this.speculation.onGuess(guess.length, accepted);
    await this.takeBack(guess.length - accepted + (doubtful ? 1 : 0));
    if (!doubtful) return sampled;
    return [...sampled, await this.alone(sampled.at(-1) ?? token)];
  }

  /** The token after one that is processed alone. */
  private alone(token: Token): Promise<Token> {
    return this.native.decodeAndChoose(token, (row) => this.native.sample(row, this.sampler));
  }

  /** Of a batch of several tokens. Undefined: the best two are too close to tell from that. */
  private async choose(row: LogitRow): Promise<Token | undefined> {
    if (!this.greedy) return this.native.sample(row, this.sampler);
    const { token, probability } = await this.native.best(row, this.sampler);
    if (probability >= CLEARLY_PROBABLE) return token;
    const [first, second] = await this.native.top(row, this.sampler, 2);
    const lead = Math.log((first?.probability ?? 0) / (second?.probability ?? 0));
    return lead >= CLEAR_LEAD ? token : undefined;
  }

  private async takeBack(count: number): Promise<void> {
    const end = this.sequence.nextTokenIndex;
    if (count > 0) await this.sequence.eraseContextTokenRanges([{ start: end - count, end }]);
  }
}

function at(rows: readonly LogitRow[], index: number): LogitRow {
  const row = rows[index];
  if (row === undefined) throw new Error("llama.cpp made no logits.");
  return row;
}
