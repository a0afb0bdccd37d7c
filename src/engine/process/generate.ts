import { randomInt } from "node:crypto";
import type { LlamaGrammarEvaluationState, LlamaModel, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { GeneratedPart, GenerationProgress, Sampling, StopReason } from "../protocol";
import type { Job } from "./jobs";
import { Lookup } from "./lookup";
import type { ModelContext } from "./modelContext";
import { prefill } from "./prefill";
import { commonPrefix, type Slot } from "./slots";
import { type Markers, TextSplitter, TokenDecoder } from "./textStream";
import type { RequestTimer } from "./timer";
import { TokenSource } from "./tokenSource";

/** Progress is sent at most this often, ms: smooth to the eye, and few enough messages not to take time from the tokens. */
const PROGRESS_MS = 30;
/** How far back DRY looks for a phrase that begins again. */
const DRY_LAST_TOKENS = 4096;
/** Room that must be left for an answer, or a prompt is refused. */
const LEAST_ANSWER = 8;

export interface GenerateOptions {
  readonly model: LlamaModel;
  readonly context: Pick<ModelContext, "context" | "slots" | "sizer">;
  readonly slot: Slot;
  readonly job: Job;
  readonly timer: RequestTimer;
  readonly prompt: readonly Token[];
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Tokens guessed at once at most; 0: none. */
  readonly lookupTokens: number;
  readonly stopTokens: ReadonlySet<Token>;
  readonly shownTokens: ReadonlyMap<Token, string>;
  readonly markers: Markers;
  /** Undefined: the model reasons as long as it likes. Not together with a grammar, which knows no such turn. */
  readonly reasoning: { readonly budget: number; readonly end: readonly Token[] } | undefined;
  readonly grammar: LlamaGrammarEvaluationState | undefined;
  readonly progress: (progress: GenerationProgress) => void;
}

export interface Generated {
  readonly parts: GeneratedPart[];
  readonly stopReason: StopReason;
  /** Sampled tokens of the text as a whole; empty when text and tokens cannot be matched (a stop text, reasoning). */
  readonly textTokens: readonly Token[];
}

/**
 * Bring the sequence to the prompt, reusing what its KV cache shares with it, and generate.
 * @throws PaddockError context/overflow when the prompt leaves no room for an answer.
 */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { slot, prompt, timer, job, progress } = options;
  const { sequence } = slot;
  const room = sequence.contextSize;
  if (prompt.length === 0) throw new PaddockError("invalid-message", "There is nothing to answer.");
  if (prompt.length + LEAST_ANSWER > room) {
    throw new PaddockError(
      "context/overflow",
      `The conversation has ${prompt.length.toLocaleString("en")} tokens and the context holds ${room.toLocaleString("en")}.`,
      { remedy: "Start a new conversation, shorten what you sent, or raise paddock.engine.contextSize." },
    );
  }

  // The last token is always evaluated anew: only then are there logits to sample from.
  const shared = Math.min(commonPrefix(sequence.contextTokens, prompt), prompt.length - 1);
  await sequence.adaptStateToTokens(prompt.slice(0, shared), false);
  // Models that cannot drop the end of a sequence may have had to drop more.
  const cached = sequence.nextTokenIndex;
  const fresh = prompt.slice(cached);
  const report = (processed: number): void =>
    progress({
      prompt: { total: prompt.length, cached, processed },
      predicted_n: timer.predicted,
      predicted_ms: timer.predictedMs,
    });
  if (job.gate.closed) timer.pausedFor(await job.gate.pass(job.signal));
  timer.promptBegins(fresh.length, cached);
  report(0);
  const done = await prefill(sequence, fresh.slice(0, -1), {
    sizer: options.context.sizer,
    gate: job.gate,
    signal: job.signal,
    timer,
    onSlice: report,
  });
  if (done < fresh.length - 1 || job.signal.aborted) {
    timer.promptStoppedAt(done);
    return { parts: [], stopReason: "cancelled", textTokens: [] };
  }
  return answer(options, fresh.length, cached);
}

async function answer(options: GenerateOptions, fresh: number, cached: number): Promise<Generated> {
  const { model, slot, job, timer, prompt, maxTokens, stopTokens, progress } = options;
  const { sequence } = slot;
  const last = prompt.at(-1);
  if (last === undefined) throw new PaddockError("invalid-message", "There is nothing to answer.");
  const decoder = new TokenDecoder(model, prompt, options.shownTokens);
  const splitter = new TextSplitter(options.markers);
  const sampled: Token[] = [];
  let reasoned = 0;
  const forced: Token[] = [];
  const totals = { text: "", reasoning: "" };
  let unsent = { text: "", reasoning: "" };
  let sentAt = -Infinity;
  let stopReason: StopReason = "maxTokens";
  const send = (force: boolean): void => {
    const now = performance.now();
    if (!force && now - sentAt < PROGRESS_MS) return;
    sentAt = now;
    progress({
      ...(unsent.text === "" ? {} : { text: unsent.text }),
      ...(unsent.reasoning === "" ? {} : { reasoning: unsent.reasoning }),
      prompt: { total: prompt.length, cached, processed: fresh },
      predicted_n: timer.predicted,
      predicted_ms: timer.predictedMs,
    });
    unsent = { text: "", reasoning: "" };
  };
  const take = (output: { text: string; reasoning: string }): void => {
    totals.text += output.text;
    totals.reasoning += output.reasoning;
    unsent.text += output.text;
    unsent.reasoning += output.reasoning;
  };

  /** The budget is spent: the reasoning ends here, in the model's own marks, and the answer follows. */
  const endReasoning = async (): Promise<void> => {
    const { reasoning } = options;
    if (reasoning === undefined || !splitter.reasons || reasoned < reasoning.budget) return;
    if (sequence.nextTokenIndex + 1 + reasoning.end.length >= sequence.contextSize) return;
    take(splitter.push(decoder.flush()));
    for (const token of reasoning.end) take(splitter.push(decoder.push(token)));
    await source.force(reasoning.end);
    sampled.push(...reasoning.end);
    reasoned = 0;
    forced.push(...reasoning.end);
  };

  let stopText = false;
  let ended = false;
  const source = new TokenSource(
    options.context.context,
    options.context.slots,
    slot,
    last,
    {
      ...samplingOptions(options.sampling, sampled),
      ...(options.grammar === undefined ? {} : { grammarEvaluationState: options.grammar }),
    },
    options.lookupTokens === 0
      ? undefined
      : { lookup: new Lookup(options.lookupTokens), onGuess: (guessed, accepted) => timer.guessed(guessed, accepted) },
  );
  try {
    await endReasoning();
    for (;;) {
      const token = await source.next();
      if (token === undefined) break;
      timer.token();
      if (model.isEogToken(token) || stopTokens.has(token)) {
        stopReason = "end";
        ended = true;
        break;
      }
      sampled.push(token);
      if (splitter.reasons) timer.reasoned();
      const output = splitter.push(decoder.push(token));
      take(output);
      if (splitter.reasons) reasoned++;
      if (output.stopped) {
        stopReason = "stopText";
        stopText = true;
        break;
      }
      if (timer.predicted >= maxTokens) break;
      // The token just sampled is not in the cache yet and needs a place there.
      if (sequence.nextTokenIndex + 1 >= sequence.contextSize) {
        stopReason = "contextFull";
        break;
      }
      send(false);
      if (job.gate.closed) {
        send(true);
        await source.giveWay();
        timer.pausedFor(await job.gate.pass(job.signal));
      }
      if (job.signal.aborted) {
        stopReason = "cancelled";
        break;
      }
      await endReasoning();
    }
  } finally {
    await source.end();
  }
  if (!ended && stopReason === "maxTokens" && timer.predicted < maxTokens) stopReason = "end";
  if (!stopText) {
    const rest = splitter.push(decoder.flush());
    take(rest);
    if (rest.stopped) stopReason = "stopText";
    else take(splitter.end());
  }
  send(true);
  const parts: GeneratedPart[] = [];
  if (totals.reasoning !== "") parts.push({ type: "reasoning", text: totals.reasoning });
  if (totals.text !== "") parts.push({ type: "text", text: totals.text });
  return {
    parts,
    stopReason,
    textTokens: stopReason === "stopText" || totals.reasoning !== "" || forced.length > 0 ? [] : sampled,
  };
}

/** The binding's own defaults (top-k 40, top-p 0.95) are never meant silently: what is absent is off. */
export function samplingOptions(sampling: Sampling, sampled: readonly Token[]): SequenceEvaluateOptions {
  const { temperature, topK, topP, minP, seed, repeatPenalty, dryStrength, dryBase, dryAllowedLength } = sampling;
  return {
    temperature,
    topK: topK ?? 0,
    topP: topP ?? 1,
    minP: minP ?? 0,
    // The binding's own default is the clock's second, read anew for each token: the generator would start over with it.
    seed: seed ?? randomInt(2 ** 32),
    ...(repeatPenalty === undefined
      ? {}
      : {
          repeatPenalty: {
            penalty: repeatPenalty.penalty,
            punishTokens: () => sampled.slice(-repeatPenalty.lastTokens),
            maxPunishTokens: repeatPenalty.lastTokens,
          },
        }),
    ...(dryStrength === undefined || dryStrength === 0
      ? {}
      : {
          dryRepeatPenalty: {
            strength: dryStrength,
            // The binding's own -1 for all of them reaches a sampler that then looks at none.
            lastTokens: DRY_LAST_TOKENS,
            ...(dryBase === undefined ? {} : { base: dryBase }),
            ...(dryAllowedLength === undefined ? {} : { allowedLength: dryAllowedLength }),
          },
        }),
  };
}
