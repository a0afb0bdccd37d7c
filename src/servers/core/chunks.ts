import * as v from "valibot";

/**
 * What servers stream, piece by piece. Their answers are not trusted: names and numbers have bounds, and what does not
 * fit is as good as not there.
 */
const maybe = <T>(schema: v.GenericSchema<unknown, T>) => v.fallback(v.optional(schema), undefined);
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e9));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e9));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e6));
const nanoseconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e15));
const text = v.nullable(v.string());

/** llama-server's own record, in the field's terms already. */
export const serverTimingsSchema = v.object({
  cache_n: maybe(count),
  prompt_n: count,
  prompt_ms: milliseconds,
  predicted_n: count,
  predicted_ms: milliseconds,
  draft_n: maybe(count),
  draft_n_accepted: maybe(count),
});
export type ServerTimings = v.InferOutput<typeof serverTimingsSchema>;

/** OpenAI's count, which all but llama-server's own ways have. */
export const usageSchema = v.object({
  prompt_tokens: count,
  completion_tokens: maybe(count),
  prompt_tokens_details: maybe(v.nullable(v.object({ cached_tokens: maybe(v.nullable(count)) }))),
});
export type Usage = v.InferOutput<typeof usageSchema>;

/** LM Studio's, where it tells them. */
export const statsSchema = v.object({ time_to_first_token: seconds, generation_time: seconds });
export type Stats = v.InferOutput<typeof statsSchema>;

const figures = {
  usage: maybe(v.nullable(usageSchema)),
  timings: maybe(serverTimingsSchema),
  stats: maybe(statsSchema),
  prompt_progress: maybe(v.object({ total: count, cache: count, processed: count })),
  error: v.optional(v.unknown()),
};

const toolCallDelta = v.object({
  index: maybe(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000))),
  id: maybe(v.nullable(v.pipe(v.string(), v.maxLength(200)))),
  function: maybe(v.object({ name: maybe(v.nullable(v.pipe(v.string(), v.maxLength(200)))), arguments: maybe(text) })),
});

export const chatChunkSchema = v.object({
  ...figures,
  choices: maybe(
    v.array(
      v.object({
        delta: maybe(
          v.nullable(
            v.object({
              content: maybe(text),
              /** Two names for the same: llama-server's, LM Studio's and vLLM's, and Ollama's and newer vLLM's. */
              reasoning_content: maybe(text),
              reasoning: maybe(text),
              tool_calls: maybe(v.nullable(v.array(toolCallDelta))),
            }),
          ),
        ),
        finish_reason: maybe(text),
      }),
    ),
  ),
});
export type ChatChunk = v.InferOutput<typeof chatChunkSchema>;

const ollamaCall = v.object({
  function: v.object({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
    arguments: v.optional(v.unknown()),
  }),
});
/** Of Ollama's /api/chat; the figures come with the last piece. */
export const ollamaChunkSchema = v.object({
  message: maybe(
    v.object({ content: maybe(text), thinking: maybe(text), tool_calls: maybe(v.nullable(v.array(ollamaCall))) }),
  ),
  done: maybe(v.boolean()),
  done_reason: maybe(v.string()),
  prompt_eval_count: maybe(count),
  prompt_eval_duration: maybe(nanoseconds),
  eval_count: maybe(count),
  eval_duration: maybe(nanoseconds),
  error: v.optional(v.unknown()),
});

/** Of /completion and /infill, which are llama-server's, and of OpenAI's /v1/completions. */
export const textChunkSchema = v.object({
  ...figures,
  content: maybe(v.string()),
  stop: maybe(v.boolean()),
  stop_type: maybe(v.string()),
  truncated: maybe(v.boolean()),
  /** One for each token of this piece, where `n_probs` asked for them. */
  completion_probabilities: maybe(v.array(v.object({ logprob: v.pipe(v.number(), v.maxValue(0)) }))),
  choices: maybe(
    v.array(
      v.object({
        text: maybe(text),
        finish_reason: maybe(text),
        /** vLLM's: the text that ended it. */
        stop_reason: v.optional(v.unknown()),
      }),
    ),
  ),
});
export type TextChunk = v.InferOutput<typeof textChunkSchema>;

export const embeddingsSchema = v.object({
  data: v.array(v.object({ index: maybe(count), embedding: v.array(v.pipe(v.number(), v.finite())) })),
  usage: maybe(v.nullable(usageSchema)),
});

/** llama-server says the tokens, vLLM their number. */
export const tokenCountSchema = v.union([
  v.pipe(
    v.object({ count }),
    v.transform((told) => told.count),
  ),
  v.pipe(
    v.object({ input_tokens: count }),
    v.transform((told) => told.input_tokens),
  ),
  v.pipe(
    v.object({ tokens: v.array(v.unknown()) }),
    v.transform((told) => told.tokens.length),
  ),
]);
