import type { Timings } from "../timings";

/**
 * Makes the one timing record of a request. Marks are taken where the work happens; definitions are in ../timings.
 */
export class RequestTimer {
  private readonly arrived: number;
  private promptStarted: number | null = null;
  private promptEnded: number | null = null;
  private promptPaused = 0;
  private firstToken: number | null = null;
  private lastToken = 0;
  private tokens = 0;
  private pausedBetweenTokens = 0;
  private paused = 0;
  private readonly gaps: number[] = [];
  private reasoningTokens = 0;
  private reasoningMs = 0;
  private processed = 0;
  private cached = 0;
  private draft = { offered: 0, accepted: 0 };

  /**
   * @param waitedMs how long the job has waited for its turn before it came to the engine.
   * @param now a monotonic clock in milliseconds.
   */
  constructor(
    waitedMs = 0,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.arrived = now() - waitedMs;
  }

  /** The first prompt slice is about to run. */
  promptBegins(processed: number, cached: number): void {
    this.promptStarted = this.now();
    this.processed = processed;
    this.cached = cached;
  }

  /** The prompt was left unfinished: only this many tokens were processed. */
  promptStoppedAt(processed: number): void {
    this.processed = processed;
    this.promptEnded = this.now();
  }

  pausedFor(ms: number): void {
    this.paused += ms;
    if (this.firstToken === null) this.promptPaused += this.promptStarted === null ? 0 : ms;
    else this.pausedBetweenTokens += ms;
  }

  token(): void {
    const at = this.now();
    if (this.firstToken === null) this.firstToken = at;
    else this.gaps.push(at - this.lastToken - this.pausedBetweenTokens);
    this.pausedBetweenTokens = 0;
    this.lastToken = at;
    this.tokens++;
  }

  /** The last token was of the model's reasoning. */
  reasoned(): void {
    this.reasoningTokens++;
    // The first token of all has no gap before it: what it took is in prompt_ms.
    if (this.tokens > 1) this.reasoningMs += this.gaps.at(-1) ?? 0;
  }

  /** Tokens were guessed ahead, and so many of them came true. */
  guessed(offered: number, accepted: number): void {
    this.draft = { offered: this.draft.offered + offered, accepted: this.draft.accepted + accepted };
  }

  get predicted(): number {
    return this.tokens;
  }

  /** Time from the first token to the last, pauses taken out, ms. */
  get predictedMs(): number {
    let sum = 0;
    for (const gap of this.gaps) sum += gap;
    return sum;
  }

  finish(): Timings {
    const promptEnd = this.firstToken ?? this.promptEnded ?? this.now();
    const promptMs = this.promptStarted === null ? 0 : Math.max(0, promptEnd - this.promptStarted - this.promptPaused);
    const predictedMs = this.predictedMs;
    const several = this.tokens > 1 && predictedMs > 0;
    return {
      prompt_n: this.processed,
      cache_n: this.cached,
      prompt_ms: promptMs,
      prompt_per_second: this.processed > 0 && promptMs > 0 ? (this.processed * 1000) / promptMs : null,
      predicted_n: this.tokens,
      predicted_ms: predictedMs,
      predicted_per_second: several ? ((this.tokens - 1) * 1000) / predictedMs : null,
      draft_n: this.draft.offered,
      draft_n_accepted: this.draft.accepted,
      queue_ms: (this.promptStarted ?? this.now()) - this.arrived,
      paused_ms: this.paused,
      ttft_ms: this.firstToken === null ? null : this.firstToken - this.arrived,
      tpot_ms: several ? predictedMs / (this.tokens - 1) : null,
      itl_ms: several ? percentiles(this.gaps) : null,
      ...(this.reasoningTokens === 0 ? {} : { reasoning_n: this.reasoningTokens, reasoning_ms: this.reasoningMs }),
    };
  }
}

/** Nearest-rank percentiles of a non-empty list. */
export function percentiles(values: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number): number => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
