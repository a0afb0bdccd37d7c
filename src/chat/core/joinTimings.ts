import type { Timings } from "../../engine/timings";

/**
 * The figures of an answer that took several requests, because its model called tools in between: what was processed and
 * generated is added up, TTFT is that of the first, and the time the tools took is in none of them.
 */
export function joinTimings(before: Timings | undefined, next: Timings): Timings {
  if (before === undefined) return next;
  const prompt_n = before.prompt_n + next.prompt_n;
  const prompt_ms = before.prompt_ms + next.prompt_ms;
  const predicted_n = before.predicted_n + next.predicted_n;
  const predicted_ms = before.predicted_ms + next.predicted_ms;
  // Each request's first token is the end of its prompt processing, so each has one gap less than it has tokens.
  const gaps = Math.max(0, before.predicted_n - 1) + Math.max(0, next.predicted_n - 1);
  const reasoning_n = (before.reasoning_n ?? 0) + (next.reasoning_n ?? 0);
  const isTimed = gaps > 0 && predicted_ms > 0;
  return {
    prompt_n,
    // What later requests find is this answer's own.
    cache_n: before.cache_n,
    prompt_ms,
    prompt_per_second: prompt_n > 0 && prompt_ms > 0 ? (prompt_n * 1000) / prompt_ms : null,
    predicted_n,
    predicted_ms,
    predicted_per_second: isTimed ? (gaps * 1000) / predicted_ms : null,
    draft_n: before.draft_n + next.draft_n,
    draft_n_accepted: before.draft_n_accepted + next.draft_n_accepted,
    queue_ms: before.queue_ms + next.queue_ms,
    paused_ms: before.paused_ms + next.paused_ms,
    ttft_ms: before.ttft_ms,
    tpot_ms: isTimed ? predicted_ms / gaps : null,
    // Percentiles can't be added; those of the longer request say more.
    itl_ms: next.predicted_n > before.predicted_n ? next.itl_ms : before.itl_ms,
    ...(reasoning_n === 0 ? {} : { reasoning_n, reasoning_ms: (before.reasoning_ms ?? 0) + (next.reasoning_ms ?? 0) }),
  };
}
