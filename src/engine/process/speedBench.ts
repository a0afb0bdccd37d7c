import type { Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import { WARM_UP_TOKENS } from "../measuring";
import { greedy } from "./greedySamplers";
import type { Job } from "./jobs";
import type { ModelContext } from "./modelContext";
import { prefill, type PrefillOptions } from "./prefill";
import type { Slot } from "./slots";
import { TokenSource } from "./tokenSource";

/** pp where prompt tokens are given, tg where tokens to generate are, behind `depth` tokens. */
export interface BenchTokens {
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly depth: number;
}

/** Random tokens through the way that answers go here, native loop included. */
export class SpeedBench {
  private paused = 0;
  private pausedInAll = 0;
  private readonly timedTokens = randomTokens(1);
  private readonly earlierTokens = randomTokens(2);
  /** What each test begins behind: always the same, so that the next test need not fill the KV cache anew. */
  private readonly history: Token[] = [];
  /** What a timed prompt is cut into. */
  private readonly sizer: PrefillOptions["sizer"];

  /**
   * @param prompts timed in the slices that answers take, or in whole batches, as llama-bench does: at depth slices are
   * slower (by 27% with a 135M model behind 4,096 tokens), and a batch cannot be interrupted.
   */
  constructor(
    private readonly context: ModelContext,
    private readonly slot: Slot,
    private readonly job: Job,
    prompts: "slices" | "batches",
  ) {
    const { batchSize } = context.info;
    const batches = { next: () => batchSize, measured: () => undefined, interrupted: () => undefined };
    this.sizer = prompts === "batches" ? batches : context.sizer;
  }

  /**
   * What comes before any repetition of a test.
   * @throws PaddockError context/overflow where the test is longer than the context.
   */
  async warmUp({ promptTokens, generatedTokens, depth }: BenchTokens, together = false): Promise<void> {
    const { contextSize, batchSize } = this.context.info;
    const own = together ? promptTokens + generatedTokens : Math.max(promptTokens, generatedTokens);
    if (depth + own + 1 > contextSize) {
      throw new PaddockError("context/overflow", "The measurement is longer than the context.", {
        remedy: "Measure at less depth, or with a larger context.",
      });
    }
    await this.begin(depth);
    if (promptTokens > 0) await this.process(Math.min(promptTokens, batchSize));
    await this.begin(depth);
    if (generatedTokens > 0) await this.generate(Math.min(generatedTokens, WARM_UP_TOKENS));
  }

  /** How long all work so far had to wait for what is more urgent, ms. */
  get pausedMs(): number {
    return this.pausedInAll;
  }

  /** Leaves `depth` tokens in the KV cache, the same each time. */
  async begin(depth: number): Promise<void> {
    const { sequence } = this.slot;
    while (this.history.length < depth) this.history.push(this.next(this.earlierTokens));
    const wanted = this.history.slice(0, depth);
    await sequence.adaptStateToTokens(wanted, false);
    await this.prefill(wanted.slice(sequence.nextTokenIndex), this.context.sizer);
  }

  /** @returns how long a prompt of `count` tokens took, ms, pauses taken out. */
  process(count: number): Promise<number> {
    const tokens = Array.from({ length: count }, () => this.next(this.timedTokens));
    return this.timed(() => this.prefill(tokens, this.sizer));
  }

  /** @returns how long `count` tokens took to generate, ms, pauses taken out. */
  generate(count: number): Promise<number> {
    return this.timed(async () => {
      let source = this.source();
      try {
        for (let made = 0; made < count;) {
          await this.rest(source);
          if ((await source.next()) !== undefined) made++;
          else {
            // The binding's own loop ends where the model does.
            await source.end();
            source = this.source();
          }
        }
      } finally {
        await source.end();
      }
    });
  }

  private source(): TokenSource {
    return new TokenSource(this.context.context, this.context.slots, this.slot, this.next(this.timedTokens), greedy);
  }

  private async rest(source: TokenSource): Promise<void> {
    const { gate, signal } = this.job;
    if (gate.closed) {
      await source.giveWay();
      this.pausedFor(await gate.pass(signal));
    }
    signal.throwIfAborted();
  }

  private async prefill(tokens: readonly Token[], sizer: PrefillOptions["sizer"]): Promise<void> {
    const { gate, signal } = this.job;
    await prefill(this.slot.sequence, tokens, {
      sizer,
      gate,
      signal,
      timer: { pausedFor: (ms) => this.pausedFor(ms) },
      onSlice: () => undefined,
    });
    signal.throwIfAborted();
  }

  private pausedFor(ms: number): void {
    this.paused += ms;
    this.pausedInAll += ms;
  }

  private async timed(work: () => Promise<void>): Promise<number> {
    this.paused = 0;
    const since = performance.now();
    await work();
    return performance.now() - since - this.paused;
  }

  private next(tokens: Generator<number, never>): Token {
    return Math.floor(tokens.next().value * this.context.vocabularySize) as Token;
  }
}

/** A linear congruential row (Numerical Recipes), 0 to 1: each measurement has the same tokens. */
function* randomTokens(seed: number): Generator<number, never> {
  for (;;) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    yield seed / 2 ** 32;
  }
}
