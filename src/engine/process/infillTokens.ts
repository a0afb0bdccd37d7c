import type { Token } from "node-llama-cpp";
import { greedy } from "./greedySamplers";
import type { ModelContext } from "./modelContext";
import { type Choice, type LogitRow, type NativeSampler, NativeSequence } from "./nativeContext";
import type { Slot } from "./slots";
import { type HeldBack, textOfBytes, type Vocabulary } from "./vocabulary";

/** Its probability is among the tokens that begin with what was held back, or that it begins with. */
export interface FirstToken extends Choice {
  /** How its text begins, where the person has typed that already. */
  readonly typed: string;
}

export interface InfillTokensOptions {
  readonly context: Pick<ModelContext, "context" | "slots" | "greedySamplers">;
  readonly slot: Slot;
  /** Undefined: nothing is ever held back. */
  readonly vocabulary: Vocabulary | undefined;
}

/**
 * The most probable tokens, one after the other, each with its probability: natively while nobody else uses the
 * context, else by the binding's own loop, which knows no token healing.
 */
export class InfillTokens {
  private readonly native: NativeSequence | undefined;
  /** Set while the context is ours alone. */
  private leave: (() => void) | undefined;
  private iterator: AsyncGenerator<{ token: Token; confidence: number }, void, void> | undefined;
  /** Chosen, and not in the KV cache yet. */
  private last: Token | undefined;

  constructor(private readonly options: InfillTokensOptions) {
    this.native = NativeSequence.of(options.context.context, options.slot.sequence);
  }

  /** Whether tokens may be held back. */
  get heals(): boolean {
    return this.native !== undefined && this.options.vocabulary !== undefined;
  }

  /**
   * Puts the rest of the prompt into the KV cache, in one batch, and chooses what follows it.
   *
   * Tokens that are held back are processed all the same, since the model mostly goes on from them as they are; where it
   * chooses another way to write their text, they are taken out again.
   * @param rest no more than a batch, and more than the tokens held back, which are its last.
   * @param branch 0 for the most probable, 1 for the next, and so on.
   * @returns undefined when there is no such branch, or the model's context ends the sequence.
   */
  async first(rest: readonly Token[], held: HeldBack, branch: number): Promise<FirstToken | undefined> {
    const native = this.enter();
    const chosen =
      native === undefined ? await this.firstPublicly(rest, branch) : await this.heal(native, rest, held, branch);
    this.last = chosen?.token;
    return chosen;
  }

  /** The token after the last one; undefined when the model's context ends the sequence. */
  async next(): Promise<Choice | undefined> {
    if (this.last === undefined) return undefined;
    const native = this.iterator === undefined ? this.enter() : undefined;
    let next: Choice | undefined;
    if (native === undefined) next = await this.nextPublicly([this.last]);
    else {
      const sampler = this.options.context.greedySamplers.all(native);
      next = await native.decodeAndChoose(this.last, (row) => native.best(row, sampler));
    }
    this.last = next?.token;
    return next;
  }

  /** Before a pause: others may use the context. The binding's own loop lets them anyway. */
  giveWay(): void {
    this.leave?.();
    this.leave = undefined;
  }

  async end(): Promise<void> {
    this.giveWay();
    await this.iterator?.return();
  }

  /** The native side, where the context is or can be ours alone. */
  private enter(): NativeSequence | undefined {
    const { slots } = this.options.context;
    if (!slots.alone) {
      this.giveWay();
      return undefined;
    }
    if (this.native !== undefined) this.leave ??= slots.enterAlone();
    return this.native;
  }

  private async heal(
    native: NativeSequence,
    rest: readonly Token[],
    held: HeldBack,
    branch: number,
  ): Promise<FirstToken | undefined> {
    const { tokens } = held;
    const rows = await native.decode(rest, tokens.length + 1);
    let row = at(rows, 0);
    let ordinal = branch;
    let pending = held.bytes;
    // Of the tokens held back those that the model has not agreed to, and that are in the KV cache.
    let open = tokens.length;
    while (pending !== "") {
      const choice = await this.agreeing(native, row, pending, ordinal);
      if (choice === undefined) return undefined;
      const { token } = choice;
      const text = this.options.vocabulary?.text(token) ?? "";
      if (text.length > pending.length) {
        await this.takeBack(open);
        return { ...choice, typed: textOfBytes(pending) };
      }
      ordinal = 0;
      pending = pending.slice(text.length);
      if (open > 0 && token === tokens[tokens.length - open]) {
        open--;
        row = at(rows, tokens.length - open);
      } else {
        await this.takeBack(open);
        open = 0;
        row = at(await native.decode([token]), 0);
      }
    }
    const choice = await pick(native, row, this.options.context.greedySamplers.all(native), ordinal);
    return choice === undefined ? undefined : { ...choice, typed: "" };
  }

  private async takeBack(count: number): Promise<void> {
    const { sequence } = this.options.slot;
    const end = sequence.nextTokenIndex;
    if (count > 0) await sequence.eraseContextTokenRanges([{ start: end - count, end }]);
  }

  /** The best token whose text begins with these bytes, or that they begin with; of the former alone the branch's. */
  private async agreeing(
    native: NativeSequence,
    row: LogitRow,
    bytes: string,
    branch: number,
  ): Promise<Choice | undefined> {
    const { vocabulary } = this.options;
    if (vocabulary === undefined) return undefined;
    const allowed = vocabulary.beginningWith(bytes);
    if (branch === 0) allowed.push(...vocabulary.shorterThan(bytes));
    if (allowed.length <= branch) return undefined;
    return pick(native, row, this.options.context.greedySamplers.among(native, allowed), branch);
  }

  private async firstPublicly(rest: readonly Token[], branch: number): Promise<FirstToken | undefined> {
    if (branch === 0) {
      const next = await this.nextPublicly(rest);
      return next === undefined ? undefined : { ...next, typed: "" };
    }
    const { sequence } = this.options.slot;
    const iterator = sequence.evaluateWithMetadata([...rest], { probabilities: true }, publicly);
    const { value, done } = await iterator.next();
    await iterator.return();
    if (done === true) return undefined;
    const [token, probability] = [...value.probabilities][branch] ?? [];
    return token === undefined || probability === undefined ? undefined : { token, probability, typed: "" };
  }

  private async nextPublicly(tokens: readonly Token[]): Promise<Choice | undefined> {
    this.iterator ??= this.options.slot.sequence.evaluateWithMetadata([...tokens], { confidence: true }, publicly);
    const { value, done } = await this.iterator.next();
    return done === true ? undefined : { token: value.token, probability: value.confidence };
  }
}

const publicly = { ...greedy, yieldEogToken: true };

async function pick(
  native: NativeSequence,
  row: LogitRow,
  sampler: NativeSampler,
  branch: number,
): Promise<Choice | undefined> {
  return branch === 0 ? native.best(row, sampler) : (await native.top(row, sampler, branch + 1))[branch];
}

function at(rows: readonly LogitRow[], index: number): LogitRow {
  const row = rows[index];
  if (row === undefined) throw new Error("llama.cpp made no logits.");
  return row;
}
