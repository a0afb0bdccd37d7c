import type { LlamaContextSequence, Token } from "node-llama-cpp";
import type { Gate } from "./jobs";
import type { RequestTimer } from "./timer";

/** How long one slice of prompt may take, since prefill cannot be aborted: the grain of cancel and pause. */
const SLICE_MS = 100;
/** Smaller batches mostly read the weights: 16 tokens ran at 80% of a full batch on 2 cores, 32 at 90% (measured). */
const MIN_SLICE = 32;
/** A first slice for a context that nothing was measured on. */
const FIRST_SLICE = 32;

/** Measured prompt speed of one context, which sizes its slices. Tokens/s falls with depth, so recent slices count more. */
export class SliceSizer {
  private tokensPerMs: number | null = null;

  constructor(private readonly batchSize: number) {}

  next(): number {
    const wanted = this.tokensPerMs === null ? FIRST_SLICE : Math.round(this.tokensPerMs * SLICE_MS);
    return Math.max(Math.min(MIN_SLICE, this.batchSize), Math.min(this.batchSize, wanted));
  }

  measured(tokens: number, ms: number): void {
    // Very short slices measure overhead rather than speed.
    if (tokens < MIN_SLICE || ms <= 0) return;
    const rate = tokens / ms;
    this.tokensPerMs = this.tokensPerMs === null ? rate : 0.5 * this.tokensPerMs + 0.5 * rate;
  }
}

export interface PrefillOptions {
  readonly sizer: SliceSizer;
  readonly gate: Gate;
  readonly signal: AbortSignal;
  readonly timer: RequestTimer;
  readonly onSlice: (processed: number) => void;
}

/**
 * Process `tokens` at the end of the sequence in slices, looking at the signal and the gate before each.
 * @returns how many were processed; fewer than given only when the signal was aborted. They stay in the KV cache.
 */
export async function prefill(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  { sizer, gate, signal, timer, onSlice }: PrefillOptions,
): Promise<number> {
  let done = 0;
  while (done < tokens.length) {
    if (gate.closed) timer.pausedFor(await gate.pass(signal));
    if (signal.aborted) break;
    const slice = tokens.slice(done, done + sizer.next());
    const since = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(slice);
    sizer.measured(slice.length, performance.now() - since);
    done += slice.length;
    onSlice(done);
  }
  return done;
}
