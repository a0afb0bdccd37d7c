import type { LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import { commonPrefix } from "./slots";

/** Shorter runs are found by chance, and moving them costs as much as processing them. */
const LEAST_RUN = 64;
/** Gaps that are looked for: a window whose head has moved has one, files that went out of the prompt a few. */
const MOST_GAPS = 4;

/**
 * Whether what lies in the KV cache can move to another place. llama.cpp ends the process where it is asked for that and
 * cannot (llama_kv_cache::get_can_shift): positions of several dimensions, and Step-3.5's layers.
 */
export function canShift({ fileInfo }: LlamaModel, { needsCheckpoints }: LlamaContextSequence): boolean {
  const { rope } = fileInfo.architectureMetadata as { readonly rope?: { readonly dimension_sections?: unknown } };
  const fixed = /^(deepseek2|step35)$/.test(fileInfo.metadata.general.architecture);
  return !needsCheckpoints && !fixed && rope?.dimension_sections === undefined;
}

/**
 * What to take out of a KV cache so that more of it is a prefix of the prompt: where the prompt goes on with at least
 * 64 tokens that stand later in the cache, what lies between. The keys are moved to their new places by llama.cpp; they
 * remember what was taken out, as with any context shift.
 * @returns ranges of `cached` in ascending order, and how long the common prefix is when they are gone.
 */
export function gaps(
  cached: readonly Token[],
  prompt: readonly Token[],
): { ranges: { start: number; end: number }[]; prefix: number } {
  const ranges: { start: number; end: number }[] = [];
  let from = commonPrefix(cached, prompt);
  let prefix = from;
  // The binding drops a cache whose first token goes, and would process what is left in one go.
  while (from > 0 && ranges.length < MOST_GAPS && prefix + LEAST_RUN <= prompt.length) {
    const at = runAt(cached, from + 1, prompt, prefix);
    if (at === -1) break;
    ranges.push({ start: from, end: at });
    const run = runLength(cached, at, prompt, prefix);
    from = at + run;
    prefix += run;
  }
  return { ranges, prefix };
}

/** Where from `from` on the cache has the prompt's tokens at `wanted`, 64 of them; -1 for nowhere. */
function runAt(cached: readonly Token[], from: number, prompt: readonly Token[], wanted: number): number {
  const first = prompt[wanted];
  for (let at = from; at + LEAST_RUN <= cached.length; at++)
    if (cached[at] === first && runLength(cached, at, prompt, wanted, LEAST_RUN) === LEAST_RUN) return at;
  return -1;
}

function runLength(
  cached: readonly Token[],
  at: number,
  prompt: readonly Token[],
  wanted: number,
  most = Infinity,
): number {
  const limit = Math.min(most, cached.length - at, prompt.length - wanted);
  let length = 0;
  while (length < limit && cached[at + length] === prompt[wanted + length]) length++;
  return length;
}
