import type { Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { SpeedResult } from "../measuring";
import { greedy } from "./greedySamplers";
import type { Job } from "./jobs";
import type { ModelContext } from "./modelContext";
import { prefill } from "./prefill";
import type { Slot } from "./slots";
import { TokenSource } from "./tokenSource";

/** Tokens generated to warm up; llama-bench takes one, after which two cores still got faster. */
const WARM_UP = 8;

export interface SpeedRequest {
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly depth: number;
  readonly repetitions: number;
}

/**
 * pp and tg as llama-bench measures them, of random tokens: each repetition begins from the same KV cache, and prompts
 * are timed without generating. Both go the way that answers go here, slices and native loop included.
 * @throws PaddockError context/overflow; what the signal was aborted with.
 */
export async function measureSpeed(
  context: ModelContext,
  slot: Slot,
  job: Job,
  request: SpeedRequest,
  progress: (fraction: number) => void,
): Promise<SpeedResult> {
  const { promptTokens, generatedTokens, depth, repetitions } = request;
  if (depth + Math.max(promptTokens, generatedTokens) + 1 > context.info.contextSize)
    throw new PaddockError("context/overflow", "The measurement is longer than the context.");
  const bench = new Bench(context, slot, job);
  // A token generated takes a machine about as long as ten of a prompt.
  const work = (promptTokens + 10 * generatedTokens) * repetitions + depth + 1;
  let done = 0;
  const advance = (amount: number): void => progress(Math.min(1, (done += amount) / work));

  await bench.begin(0);
  if (promptTokens > 0) await bench.process(Math.min(promptTokens, context.info.batchSize));
  await bench.begin(0);
  if (generatedTokens > 0) await bench.generate(Math.min(generatedTokens, WARM_UP));
  const pp: number[] = [];
  const tg: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    if (promptTokens > 0) {
      await bench.begin(depth);
      pp.push((promptTokens * 1000) / (await bench.process(promptTokens)));
      advance(promptTokens);
    }
    if (generatedTokens > 0) {
      await bench.begin(depth);
      tg.push((generatedTokens * 1000) / (await bench.generate(generatedTokens)));
      advance(10 * generatedTokens);
    }
  }
  progress(1);
  return { pp, tg, promptTokens, generatedTokens, depth };
}

class Bench {
  private paused = 0;
  private seed = 1;
  /** What each test begins behind. */
  private readonly history: Token[] = [];

  constructor(
    private readonly context: ModelContext,
    private readonly slot: Slot,
    private readonly job: Job,
  ) {}

  /** Leaves `depth` tokens in the KV cache, the same each time. */
  async begin(depth: number): Promise<void> {
    const { sequence } = this.slot;
    while (this.history.length < depth) this.history.push(this.randomToken());
    const wanted = this.history.slice(0, depth);
    await sequence.adaptStateToTokens(wanted, false);
    await this.prefill(wanted.slice(sequence.nextTokenIndex));
  }

  /** @returns how long a prompt of `count` tokens took, ms, pauses taken out. */
  process(count: number): Promise<number> {
    const tokens = Array.from({ length: count }, () => this.randomToken());
    return this.timed(() => this.prefill(tokens));
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
    return new TokenSource(this.context.context, this.context.slots, this.slot, this.randomToken(), greedy);
  }

  private async rest(source: TokenSource): Promise<void> {
    const { gate, signal } = this.job;
    if (gate.closed) {
      await source.giveWay();
      this.paused += await gate.pass(signal);
    }
    signal.throwIfAborted();
  }

  private async prefill(tokens: readonly Token[]): Promise<void> {
    const { gate, signal } = this.job;
    await prefill(this.slot.sequence, tokens, {
      sizer: this.context.sizer,
      gate,
      signal,
      timer: { pausedFor: (ms) => void (this.paused += ms) },
      onSlice: () => undefined,
    });
    signal.throwIfAborted();
  }

  private async timed(work: () => Promise<void>): Promise<number> {
    this.paused = 0;
    const since = performance.now();
    await work();
    return performance.now() - since - this.paused;
  }

  /** A linear congruential row (Numerical Recipes): each measurement has the same tokens. */
  private randomToken(): Token {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.seed / 2 ** 32) * this.context.vocabularySize) as Token;
  }
}
