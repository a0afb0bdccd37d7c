import type { ControlledEvaluateInputItem, LlamaModel, Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import { CHUNK, chunksFor, COMPARED_PER_CHUNK, DivergenceSum, FIRST_COMPARED, keep } from "../divergence";
import type { DivergenceResult } from "../measuring";
import type { Job } from "./jobs";
import type { ModelContext } from "./modelContext";
import { NativeSequence } from "./nativeContext";
import { PredictionsReader, PredictionsWriter } from "./predictionsFile";
import type { Slot } from "./slots";

/**
 * Tokens a batch. From 64 rows on llama.cpp's attention works in tiles (prefill.ts), and its results are the same to the
 * last bit however a text is cut; with fewer the rounding is another, which with the starter makes 0.004 nats. The logits
 * of so many positions take 38 MB with a vocabulary of 150,000 tokens.
 */
const SLICE = 64;

export interface Place {
  readonly model: LlamaModel;
  readonly context: ModelContext;
  readonly slot: Slot;
  readonly job: Job;
}

/**
 * Writes what the model predicts in the second half of each chunk of the text.
 * @throws PaddockError unsupported where the text has not one chunk; storage/*
 */
export async function writePredictions(
  place: Place,
  { text, positions, file }: { readonly text: string; readonly positions: number; readonly file: string },
  progress: (fraction: number) => void,
): Promise<{ positions: number; bytes: number }> {
  const tokens = chunkTokens(place.model, text, chunksFor(positions));
  const { vocabularySize } = place.context;
  const writer = await PredictionsWriter.create(file, { vocabularySize, tokens: Uint32Array.from(tokens) });
  const total = (tokens.length / CHUNK) * COMPARED_PER_CHUNK;
  let done = 0;
  try {
    await predictions(place, tokens, async (logits, actual) => {
      await writer.write(keep(logits, actual));
      progress(++done / total);
    });
  } finally {
    await writer.close();
  }
  return { positions: total, bytes: writer.bytes };
}

/**
 * Compares what the model predicts with what was written.
 * @throws PaddockError unsupported where the two have not the same vocabulary.
 */
export async function comparePredictions(
  place: Place,
  { text, file }: { readonly text: string; readonly file: string },
  progress: (fraction: number) => void,
): Promise<DivergenceResult> {
  const { vocabularySize } = place.context;
  const { reader, header } = await PredictionsReader.open(file);
  try {
    const chunks = header.tokens.length / CHUNK;
    const same =
      header.vocabularySize === vocabularySize &&
      chunkTokens(place.model, text, chunks).every((token, index) => token === header.tokens[index]);
    if (!same) {
      throw new PaddockError("unsupported", "The two models do not have the same vocabulary.", {
        remedy: "Compare files of the same model.",
      });
    }
    const sum = new DivergenceSum();
    let done = 0;
    await predictions(place, Array.from(header.tokens) as Token[], async (logits, actual) => {
      sum.add(await reader.next(vocabularySize), logits, actual);
      progress(++done / (chunks * COMPARED_PER_CHUNK));
    });
    return sum.result();
  } finally {
    await reader.close();
  }
}

/** Whole chunks of the text's tokens, no more than `most` of them. */
function chunkTokens(model: LlamaModel, text: string, most: number): Token[] {
  const { bos, shouldPrependBosToken } = model.tokens;
  const start = shouldPrependBosToken && bos !== null ? [bos] : [];
  const tokens = [...start, ...model.tokenize(text, false)];
  const chunks = Math.min(most, Math.floor(tokens.length / CHUNK));
  if (chunks === 0) {
    throw new PaddockError(
      "unsupported",
      `The text has ${tokens.length.toLocaleString("en")} tokens, and a comparison needs ${CHUNK}.`,
      { remedy: "Choose a longer text." },
    );
  }
  return tokens.slice(0, chunks * CHUNK);
}

/** Calls `take` with the logits at each compared position, in order, and the token that really follows. */
async function predictions(
  { model, context, slot, job }: Place,
  tokens: readonly Token[],
  take: (logits: Float32Array, actual: Token) => Promise<void>,
): Promise<void> {
  const { sequence } = slot;
  const { bos, shouldPrependBosToken } = model.tokens;
  const { gate, signal } = job;
  for (let start = 0; start < tokens.length; start += CHUNK) {
    const chunk = tokens.slice(start, start + CHUNK);
    const first = shouldPrependBosToken && bos !== null ? [bos, ...chunk.slice(1)] : chunk;
    await sequence.clearHistory();
    for (let at = 0; at < CHUNK; at += SLICE) {
      await gate.pass(signal);
      signal.throwIfAborted();
      const slice = first.slice(at, at + SLICE);
      if (at < FIRST_COMPARED) {
        await sequence.evaluateWithoutGeneratingNewTokens(slice);
        continue;
      }
      const rows = new LogitRows(context, slot, slice);
      try {
        await rows.decode();
        for (let row = 0; row < slice.length; row++) {
          // What follows the chunk's last token is not compared.
          const actual = chunk[at + row + 1];
          if (actual !== undefined) await take(await rows.logits(row), actual);
        }
      } finally {
        rows.release();
      }
    }
  }
}

/** The logits after each token of a slice: natively, else by way of the probabilities that the binding hands out. */
class LogitRows {
  private rows: readonly ((into: Float32Array) => Promise<void>)[] = [];
  private leave: (() => void) | undefined;

  constructor(
    private readonly context: ModelContext,
    private readonly slot: Slot,
    private readonly tokens: readonly Token[],
  ) {}

  async decode(): Promise<void> {
    const { sequence } = this.slot;
    const native = this.context.slots.alone ? NativeSequence.of(this.context.context, sequence) : undefined;
    if (native === undefined) {
      const outputs = await sequence.controlledEvaluate(
        this.tokens.map((token): ControlledEvaluateInputItem => [
          token,
          { generateNext: { probabilities: true, options: { temperature: 0 } } },
        ]),
      );
      this.rows = outputs.map((output) => (into) => {
        for (const [token, probability] of output?.next.probabilities ?? []) into[token] = Math.log(probability);
        return Promise.resolve();
      });
      return;
    }
    this.leave = this.context.slots.enterAlone();
    const sampler = this.context.greedySamplers.all(native);
    const rows = await native.decode(this.tokens, this.tokens.length);
    this.rows = rows.map((row) => (into) => native.logits(row, sampler, into));
  }

  async logits(row: number): Promise<Float32Array> {
    const logits = new Float32Array(this.context.vocabularySize).fill(-Infinity);
    await this.rows[row]?.(logits);
    return logits;
  }

  release(): void {
    this.leave?.();
  }
}
