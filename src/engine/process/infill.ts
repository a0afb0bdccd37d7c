import type { LlamaModel, Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { InfillPart, InfillPiece, InfillProgress, InfillResult } from "../infill";
import type { PromptPart } from "./infillPrompt";
import { InfillTokens } from "./infillTokens";
import type { Job } from "./jobs";
import { canShift, gaps } from "./leftShift";
import type { ModelContext } from "./modelContext";
import type { Choice } from "./nativeContext";
import { PieceStream } from "./pieceStream";
import { prefill } from "./prefill";
import { commonPrefix, type Slot } from "./slots";
import { TokenDecoder } from "./textStream";
import type { RequestTimer } from "./timer";
import { holdBack, type Vocabulary } from "./vocabulary";

/** Room that must be left for a completion, or its prompt is refused. */
const LEAST_ANSWER = 8;
/**
 * The first token is told at once, those after it together, ms: on few cores the process that hears of a token takes
 * turns with llama.cpp's threads, which wait for each other (2 cores: 16 ms a token instead of 19 to 21).
 */
const TOLD_EVERY_MS = 24;

export interface InfillOptions {
  readonly model: LlamaModel;
  readonly context: Pick<ModelContext, "context" | "slots" | "sizer" | "greedySamplers">;
  readonly slot: Slot;
  readonly job: Job;
  readonly timer: RequestTimer;
  readonly parts: readonly PromptPart[];
  /** Marks of the layout: the model ends what belongs here with one. */
  readonly marks: { readonly tokens: ReadonlySet<Token>; readonly texts: readonly string[] };
  readonly vocabulary: Vocabulary | undefined;
  /** 0: the prompt is only processed. */
  readonly maxTokens: number;
  readonly branch: number;
  readonly progress: (progress: InfillProgress) => void;
}

/**
 * Brings the sequence to the prompt, reusing what its KV cache has of it, and completes greedily.
 * @throws PaddockError context/overflow when the prompt leaves no room for a completion.
 */
export async function infill(options: InfillOptions): Promise<Pick<InfillResult, "pieces" | "stopReason" | "parts">> {
  const { slot, job, timer, parts, maxTokens, context } = options;
  const { sequence } = slot;
  const source = new InfillTokens(options);
  const prompt = parts.flatMap(({ tokens }) => tokens);
  if (prompt.length === 0) return { pieces: [], stopReason: "end", parts: [] };
  if (prompt.length + LEAST_ANSWER > sequence.contextSize) {
    throw new PaddockError(
      "context/overflow",
      `The prompt has ${prompt.length.toLocaleString("en")} tokens and the context holds ${sequence.contextSize.toLocaleString("en")}.`,
    );
  }
  const typed = parts.findLast(({ part }) => part === "typed")?.tokens ?? [];
  // There must be a token in front of those held back.
  const held = holdBack(
    source.heals ? options.vocabulary : undefined,
    typed.slice(Math.max(0, typed.length - prompt.length + 1)),
  );
  if (job.gate.closed) timer.pausedFor(await job.gate.pass(job.signal));

  // The last token is always processed anew, and with it what is held back: only then are there logits to choose by.
  await adapt(options, prompt.slice(0, prompt.length - 1 - held.tokens.length));
  const cached = sequence.nextTokenIndex;
  const fresh = prompt.slice(cached);
  const described = describe(parts, cached);
  timer.promptBegins(fresh.length, cached);
  const report = (processed: number, pieces: InfillPiece[] = []): void =>
    options.progress({ pieces, prompt: { total: prompt.length, cached, processed } });
  // What comes last goes in one batch with the choice of the first token.
  const last = maxTokens === 0 ? 1 : Math.min(fresh.length, Math.max(1 + held.tokens.length, context.sizer.next(true)));
  const before = fresh.slice(0, fresh.length - last);
  const done = await prefill(sequence, before, { sizer: context.sizer, ...job, timer, typing: true, onSlice: report });
  if (maxTokens === 0 || done < before.length || job.signal.aborted) {
    timer.promptStoppedAt(done);
    const stopReason = job.signal.aborted ? "cancelled" : "maxTokens";
    return { pieces: [], stopReason, parts: described };
  }
  const pieces: InfillPiece[] = [];
  let told = 0;
  let toldAt = -Infinity;
  const tell = (): void => {
    if (told < pieces.length) report(fresh.length, pieces.slice(told));
    told = pieces.length;
    toldAt = performance.now();
  };
  const send = (ready: readonly InfillPiece[]): void => {
    pieces.push(...ready);
    if (performance.now() - toldAt >= TOLD_EVERY_MS) tell();
  };
  const stopReason = await complete(options, source, fresh.slice(before.length), held, send);
  tell();
  return { pieces, stopReason, parts: described };
}

/** Makes the sequence a prefix of the prompt, as long a one as its KV cache has. */
async function adapt({ model, slot: { sequence } }: InfillOptions, prompt: readonly Token[]): Promise<void> {
  const cached = sequence.contextTokens;
  let shared = commonPrefix(cached, prompt);
  if (canShift(model, sequence)) {
    const { ranges, prefix } = gaps(cached, prompt);
    if (ranges.length > 0) {
      await sequence.eraseContextTokenRanges(ranges);
      shared = prefix;
    }
  }
  await sequence.adaptStateToTokens(prompt.slice(0, shared), false);
}

async function complete(
  options: InfillOptions,
  source: InfillTokens,
  rest: readonly Token[],
  held: ReturnType<typeof holdBack>,
  send: (pieces: readonly InfillPiece[]) => void,
): Promise<InfillResult["stopReason"]> {
  const { model, slot, job, timer, marks, maxTokens } = options;
  const { sequence } = slot;
  const stream = new PieceStream(marks.texts);
  try {
    const first = await source.first(rest, held, options.branch);
    if (first === undefined) return "end";
    // Its text may begin with what was typed, which is no news.
    const decoder = new TokenDecoder(model, sequence.contextTokens);
    let known = first.typed.length;
    for (let next: Choice | undefined = first; next !== undefined;) {
      const { token, probability } = next;
      timer.token();
      if (model.isEogToken(token) || marks.tokens.has(token)) return "end";
      const text = decoder.push(token);
      send(stream.push(text.slice(known), probability));
      if (text !== "") known = Math.max(0, known - text.length);
      if (stream.stopped) return "end";
      if (timer.predicted >= maxTokens) return "maxTokens";
      // The token just chosen is not in the cache yet and needs a place there.
      if (sequence.nextTokenIndex + 1 >= sequence.contextSize) return "contextFull";
      if (job.gate.closed) {
        source.giveWay();
        timer.pausedFor(await job.gate.pass(job.signal));
      }
      if (job.signal.aborted) return "cancelled";
      next = await source.next();
    }
    return "end";
  } finally {
    send(stream.end());
    await source.end();
  }
}

function describe(parts: readonly PromptPart[], cached: number): InfillPart[] {
  let before = 0;
  return parts.map(({ part, name, tokens: { length } }) => {
    const found = Math.min(length, Math.max(0, cached - before));
    before += length;
    return { part, ...(name === undefined ? {} : { name }), tokens: length, cached: found };
  });
}
