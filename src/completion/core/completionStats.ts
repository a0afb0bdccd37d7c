import type { Timings } from "../../engine/timings";
import type { Reason } from "./reasons";

/** What became of one place at which a suggestion was wanted. */
export interface StatEntry {
  /** From the key to the text, ms; null when nothing was shown. */
  readonly shownMs: number | null;
  /** Without asking the model: a suggestion went on fitting. */
  readonly typedThrough: boolean;
  readonly reason: Reason | undefined;
}

export interface CompletionFigures {
  /** Places at which something was shown. */
  readonly shown: number;
  /** From key to text where the model was asked, ms; null before the first. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Of all prompt tokens the share found in the KV cache; null before the first request. */
  readonly cachedShare: number | null;
  /** Of the suggestions shown the share that was accepted, at least a word of it; null before the first. */
  readonly acceptanceRate: number | null;
  readonly accepted: number;
  readonly suggestions: number;
  readonly promptTokens: number;
  readonly predictedTokens: number;
  /** Requests that were stopped because they no longer fitted, and their share of computed tokens. */
  readonly cancelled: number;
  readonly requests: number;
  readonly wastedShare: number | null;
  /** How often there was none, by reason. */
  readonly reasons: ReadonlyMap<Reason, number>;
}

/** Latencies that percentiles are of. */
const MOST = 500;

/** Figures of one session, measured. */
export class CompletionStats {
  private readonly latencies: number[] = [];
  private readonly reasons = new Map<Reason, number>();
  private readonly suggested = new Set<number>();
  private readonly taken = new Set<number>();
  private shown = 0;
  private cachedTokens = 0;
  private promptTokens = 0;
  private predictedTokens = 0;
  private wastedTokens = 0;
  private requests = 0;
  private cancelled = 0;

  ended({ shownMs, typedThrough, reason }: StatEntry): void {
    if (reason !== undefined) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (shownMs === null) return;
    this.shown++;
    if (typedThrough) return;
    this.latencies.push(shownMs);
    if (this.latencies.length > MOST) this.latencies.shift();
  }

  /** A request to the model has ended. `wasted`: nothing of it was shown. */
  request(
    { prompt_n, cache_n, predicted_n }: Timings,
    { cancelled, wasted }: { cancelled: boolean; wasted: boolean },
  ): void {
    this.requests++;
    if (cancelled) this.cancelled++;
    this.cachedTokens += cache_n;
    this.promptTokens += prompt_n;
    this.predictedTokens += predicted_n;
    if (wasted) this.wastedTokens += prompt_n + predicted_n;
  }

  /** @param id the suggestion's; shown again while it is typed through, it is still one. */
  suggestion(id: number): void {
    this.suggested.add(id);
  }

  accepted(id: number): void {
    if (this.suggested.has(id)) this.taken.add(id);
  }

  figures(): CompletionFigures {
    const sorted = [...this.latencies].sort((a, b) => a - b);
    const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
    const computed = this.promptTokens + this.predictedTokens;
    return {
      shown: this.shown,
      p50: at(0.5),
      p95: at(0.95),
      cachedShare: share(this.cachedTokens, this.cachedTokens + this.promptTokens),
      acceptanceRate: share(this.taken.size, this.suggested.size),
      accepted: this.taken.size,
      suggestions: this.suggested.size,
      promptTokens: this.promptTokens,
      predictedTokens: this.predictedTokens,
      cancelled: this.cancelled,
      requests: this.requests,
      wastedShare: share(this.wastedTokens, computed),
      reasons: this.reasons,
    };
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
