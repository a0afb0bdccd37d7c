import type { Token } from "node-llama-cpp";
import type { ModelContext } from "./modelContext";
import { type LogitRow, type NativeSampler, NativeSequence } from "./nativeContext";
import { commonPrefix, type Slot } from "./slots";

/** Looked at before more of the vocabulary is: a model that is sure of itself has its choice among a handful. */
const FEW = 24;
/** Where none of the few will do. More would have to be sorted out of the whole vocabulary, which takes milliseconds. */
const MANY = 2048;

export interface LikelyToken {
  readonly token: Token;
  /** Natural logarithm, among the most probable that were looked at. */
  readonly logProbability: number;
}

/** The likely tokens after any tokens, which are put into the KV cache as far as they are not there yet. */
export class SearchTokens {
  private readonly native: NativeSequence | undefined;
  private readonly samplers = new Map<number, NativeSampler>();
  /** Set while the context is ours alone. */
  private leave: (() => void) | undefined;
  /** Where the logits are after so many tokens of the KV cache; until the next batch, whoever makes it. */
  private readonly rows = new Map<number, LogitRow>();

  constructor(
    private readonly context: Pick<ModelContext, "context" | "slots">,
    private readonly slot: Slot,
  ) {
    this.native = NativeSequence.of(context.context, slot.sequence);
  }

  /**
   * The likely ones that fit, the most probable first; empty where none of some thousand does.
   * @param draft what may follow, and is processed in the same batch: if it does, the next ones are known already.
   */
  async after(
    tokens: readonly Token[],
    draft: readonly Token[],
    fits: (token: Token) => boolean,
  ): Promise<LikelyToken[]> {
    const { sequence } = this.slot;
    const shared = commonPrefix(sequence.contextTokens, tokens);
    const native = this.enter();
    let row = shared === tokens.length && native !== undefined ? this.rows.get(tokens.length) : undefined;
    if (row === undefined) {
      const kept = Math.min(shared, tokens.length - 1);
      this.rows.clear();
      if (kept < sequence.nextTokenIndex)
        await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }]);
      const rest = tokens.slice(sequence.nextTokenIndex);
      if (native === undefined) return this.publicly(rest, fits);
      const room = Math.max(0, sequence.contextSize - tokens.length - 1);
      const guessed = draft.slice(0, room);
      const rows = await native.decode([...rest, ...guessed], 1 + guessed.length);
      for (const [index, one] of rows.entries()) this.rows.set(tokens.length + index, one);
      row = this.rows.get(tokens.length);
    }
    if (native === undefined || row === undefined) throw new Error("llama.cpp made no logits.");
    const few = (await this.likely(native, row, FEW)).filter(({ token }) => fits(token));
    return few.length > 0 ? few : (await this.likely(native, row, MANY)).filter(({ token }) => fits(token));
  }

  /** Before a pause: others may use the context. */
  giveWay(): void {
    this.rows.clear();
    this.leave?.();
    this.leave = undefined;
  }

  end(): Promise<void> {
    this.giveWay();
    for (const sampler of this.samplers.values()) sampler.dispose();
    this.samplers.clear();
    return Promise.resolve();
  }

  private async likely(native: NativeSequence, row: LogitRow, count: number): Promise<LikelyToken[]> {
    let sampler = this.samplers.get(count);
    if (sampler === undefined) {
      sampler = native.sampler();
      // A greedy sampler leaves the whole vocabulary to be sorted; this one cuts it down first.
      native.configure(sampler, { temperature: 1, minP: 0, topK: count, topP: 1, seed: 0 });
      this.samplers.set(count, sampler);
    }
    return (await native.top(row, sampler, count)).map(({ token, probability }) => ({
      token,
      logProbability: Math.log(probability),
    }));
  }

  /** The native side, where the context is or can be ours alone. */
  private enter(): NativeSequence | undefined {
    const { slots } = this.context;
    if (!slots.alone) {
      this.giveWay();
      return undefined;
    }
    if (this.native !== undefined) this.leave ??= slots.enterAlone();
    return this.native;
  }

  private async publicly(rest: readonly Token[], fits: (token: Token) => boolean): Promise<LikelyToken[]> {
    const { sequence } = this.slot;
    const last = rest.at(-1);
    if (last === undefined) return [];
    const outputs = await sequence.controlledEvaluate([
      ...rest.slice(0, -1),
      [last, { generateNext: { probabilities: true, options: { temperature: 0 } } }],
    ]);
    const probabilities = outputs.at(-1)?.next.probabilities ?? new Map<Token, number>();
    const fitting: LikelyToken[] = [];
    let looked = 0;
    for (const [token, probability] of probabilities) {
      if (looked++ >= MANY || (looked > FEW && fitting.length > 0)) break;
      if (fits(token)) fitting.push({ token, logProbability: Math.log(probability) });
    }
    return fitting;
  }
}
