import type { LlamaContextSequence, Token } from "node-llama-cpp";
import type { Job } from "./jobs";
import type { RequestTimer } from "./timer";

/** How long one slice of prompt may take, since prefill cannot be aborted: the grain of cancel and pause. */
const SLICE_MS = 100;
/** As above for prompts that the next key may replace. */
const TYPING_SLICE_MS = 50;
/**
 * Least slice while nobody waits. llama.cpp's attention works in tiles only from 64 rows on (GGML_FA_TILE_Q in
 * ggml-cpu): on 2 cores 64 tokens ran at 94–100% of a batch of 512, 16, 32 and 48 at 80–90% (a 135M and a 1B model,
 * medians of alternating runs).
 */
const LEAST_ALONE = 64;
/** Least slice while somebody waits: a slow machine would need seconds for a prompt in single tokens. */
const LEAST_CONTENDED = 16;
/** How long after an interruption the next one is expected: somebody is typing. */
const CONTENDED_MS = 30_000;
/** Sizes are whole multiples of this: matrix products take rows by fours, and equal slices share one compute graph. */
const STEP = 16;

/**
 * Measured prompt speed of one context, which sizes its slices. Tokens/s falls with depth, so recent slices count more.
 * On a slow machine 100 ms hold few tokens and few tokens run slower each: there it gives speed the preference, until a
 * pause or cancel has had to wait for a slice.
 */
export class SliceSizer {
  private tokensPerMs: number | null = null;
  private interruptedAt = -Infinity;

  /** @param now a monotonic clock, ms. */
  constructor(
    private readonly batchSize: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Tokens of the next slice; at most the batch size.
   * @param typing somebody types: the next interruption is a key away.
   */
  next(typing = false): number {
    const contended = typing || this.now() - this.interruptedAt < CONTENDED_MS;
    const least = contended ? LEAST_CONTENDED : LEAST_ALONE;
    const wanted = (this.tokensPerMs ?? 0) * (typing ? TYPING_SLICE_MS : SLICE_MS);
    return Math.min(this.batchSize, Math.max(least, Math.floor(wanted / STEP) * STEP));
  }

  measured(tokens: number, ms: number): void {
    // Very short slices measure overhead rather than speed.
    if (tokens < LEAST_CONTENDED || ms <= 0) return;
    const rate = tokens / ms;
    this.tokensPerMs = this.tokensPerMs === null ? rate : 0.5 * this.tokensPerMs + 0.5 * rate;
  }

  /** A pause or a cancel came while a slice ran. */
  interrupted(): void {
    this.interruptedAt = this.now();
  }
}

export interface PrefillOptions {
  readonly sizer: Pick<SliceSizer, "next" | "measured" | "interrupted">;
  readonly gate: Job["gate"];
  readonly signal: AbortSignal;
  readonly timer: Pick<RequestTimer, "pausedFor">;
  readonly typing?: boolean;
  readonly onSlice: (processed: number) => void;
}

/**
 * Process `tokens` at the end of the sequence in slices, looking at the signal and the gate before each.
 * @returns how many were processed; fewer than given only when the signal was aborted. They stay in the KV cache.
 */
export async function prefill(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  { sizer, gate, signal, timer, typing, onSlice }: PrefillOptions,
): Promise<number> {
  // A function, because the compiler takes a flag it has just seen to stay as it was over an await.
  const wanted = (): boolean => gate.closed || signal.aborted;
  let done = 0;
  while (done < tokens.length) {
    if (gate.closed) timer.pausedFor(await gate.pass(signal));
    if (signal.aborted) break;
    const slice = tokens.slice(done, done + sizer.next(typing));
    const since = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(slice);
    sizer.measured(slice.length, performance.now() - since);
    done += slice.length;
    if (wanted()) sizer.interrupted();
    onSlice(done);
  }
  return done;
}
