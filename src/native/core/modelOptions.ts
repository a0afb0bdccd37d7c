import * as v from "valibot";
import type { Sampling } from "../../engine/protocol";

const number = (least: number, most: number) =>
  v.fallback(v.optional(v.pipe(v.number(), v.minValue(least), v.maxValue(most))), undefined);
const count = (most: number) =>
  v.fallback(v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most))), undefined);

/** What callers of `vscode.lm` may say, by the names that OpenAI's API has; what does not fit is as if it were not said. */
const optionsSchema = v.object({
  temperature: number(0, 5),
  top_p: number(0, 1),
  top_k: count(100_000),
  min_p: number(0, 1),
  seed: count(2 ** 32 - 1),
  max_tokens: v.fallback(v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))), undefined),
});

/**
 * @param given another extension's word: anything.
 * @param most tokens an answer may have.
 */
export function requestOptions(
  given: unknown,
  defaults: Sampling,
  most: number,
): { readonly sampling: Sampling; readonly maxTokens: number } {
  const parsed = v.safeParse(optionsSchema, given ?? {});
  const said = parsed.success ? parsed.output : {};
  return {
    sampling: {
      ...defaults,
      ...(said.temperature === undefined ? {} : { temperature: said.temperature }),
      ...(said.top_p === undefined ? {} : { topP: said.top_p }),
      ...(said.top_k === undefined ? {} : { topK: said.top_k }),
      ...(said.min_p === undefined ? {} : { minP: said.min_p }),
      ...(said.seed === undefined ? {} : { seed: said.seed }),
    },
    maxTokens: Math.min(said.max_tokens ?? most, most),
  };
}
