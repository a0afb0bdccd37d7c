import type { LlamaContext, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import { type NativeLoop, nativeLoop, type Speculation, suitsNativeLoop } from "./nativeLoop";
import type { Slot, SlotPool } from "./slots";

/**
 * One token after the other: by the native loop while nobody else uses the context, else by the binding's own, which
 * shares batches with other sequences.
 */
export class TokenSource {
  private iterator: AsyncGenerator<Token, unknown, unknown> | undefined;
  /** Made once, since its sampler goes on where it stopped. */
  private native: NativeLoop | undefined;
  /** Set while the context is ours alone. */
  private leave: (() => void) | undefined;

  /** @param last the token in front of the first one wanted, not in the KV cache yet. */
  constructor(
    private readonly context: LlamaContext,
    private readonly slots: SlotPool,
    private readonly slot: Slot,
    private last: Token,
    private readonly options: SequenceEvaluateOptions,
    private readonly speculation?: Speculation,
  ) {}

  /** @returns undefined when the model's context ends the sequence. */
  async next(): Promise<Token | undefined> {
    if (!this.slots.alone) await this.giveWay();
    this.iterator ??= this.open();
    const { value, done } = await this.iterator.next();
    if (done === true) return undefined;
    this.last = value;
    return value;
  }

  /** Before a pause: others may use the context. The binding's own loop lets them anyway, and keeps its sampler. */
  async giveWay(): Promise<void> {
    if (this.leave !== undefined) await this.rest();
  }

  /** Puts tokens behind the last one as though the model had chosen them; the next one follows them. */
  async force(tokens: readonly Token[]): Promise<void> {
    const end = tokens.at(-1);
    if (end === undefined) return;
    await this.rest();
    await this.slot.sequence.evaluateWithoutGeneratingNewTokens([this.last, ...tokens.slice(0, -1)]);
    this.last = end;
  }

  async end(): Promise<void> {
    try {
      await this.rest();
    } finally {
      this.native?.dispose();
      this.native = undefined;
    }
  }

  private async rest(): Promise<void> {
    try {
      await this.iterator?.return(undefined);
    } finally {
      this.iterator = undefined;
      this.leave?.();
      this.leave = undefined;
    }
  }

  private open(): AsyncGenerator<Token, unknown, unknown> {
    const { sequence } = this.slot;
    if (this.slots.alone && suitsNativeLoop(this.options)) {
      this.native ??= nativeLoop(this.context, sequence, this.options, this.speculation);
      if (this.native !== undefined) {
        this.leave = this.slots.enterAlone();
        return this.native.tokens(this.last);
      }
    }
    return sequence.evaluate([this.last], { ...this.options, yieldEogToken: true });
  }
}
