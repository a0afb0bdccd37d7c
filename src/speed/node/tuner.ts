import { BATCH } from "../../engine/contextDefaults";
import type { DivergenceRequest, DivergenceResult, MeasureOptions, SpeedSession } from "../../engine/measuring";
import type { EngineInfo, ModelInfo } from "../../engine/protocol";
import type { EngineTuning } from "../../engine/tuning";
import { cancelled, isCancellation, toPaddockError } from "../../platform/core/errors";
import type { KvCacheOffer, LeftOut, LookupOffer, TuneOffer } from "../core/tuneOffers";
import { type Trial, type TrialTimes, type TuneGoal, type TuneResult, TuneSearch } from "../core/tuneSearch";
import { OfferMeter, type TextMaker } from "./offerMeter";
import type { OpenSession } from "./openSession";

export interface TunerNeeds {
  readonly openSession: OpenSession;
  readonly divergence: (request: DivergenceRequest, options: MeasureOptions) => Promise<DivergenceResult>;
  readonly generate: TextMaker;
  /** A monotonic clock, ms. */
  readonly now: () => number;
  /** That the system can use. */
  readonly cores: number;
}

export interface TuneRequest {
  /** The model's first file. */
  readonly file: string;
  /** The person's time. It is kept but for the trial that runs when it ends. ms */
  readonly budgetMs: number;
  /** What is measured for the person to choose, beside what costs nothing. */
  readonly offers: readonly TuneOffer[];
  /** For the divergence of smaller KV caches: of the kind that the model is used for, at least 512 tokens. */
  readonly text: string;
  /** The request that is to be fast; absent: a chat's, of 512 tokens read and 128 generated. */
  readonly goal?: TuneGoal;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: TuneEvent) => void;
}

export type TuneEvent =
  | { readonly kind: "trying"; readonly trial: Trial; readonly leftMs: number }
  | { readonly kind: "tried"; readonly trial: Trial; readonly times: TrialTimes; readonly leftMs: number }
  | { readonly kind: "failed"; readonly trial: Trial; readonly reason: string }
  | { readonly kind: "offering"; readonly what: TuneOffer; readonly setting: string; readonly leftMs: number };

export interface TuneOutcome extends TuneResult {
  readonly engine: EngineInfo;
  readonly model: ModelInfo;
  readonly kvCache: readonly KvCacheOffer[];
  readonly lookup: LookupOffer | undefined;
  readonly leftOut: readonly LeftOut[];
  readonly spentMs: number;
}

const CHAT: TuneGoal = { promptTokens: 512, generatedTokens: 128 };
/** Of the time, what the search gets where something is offered besides. */
const SEARCH_SHARE = 0.6;
/** A trial is short: what counts is how many there are. All axes with two rounds each and what confirms them are so many. */
const WANTED_TRIALS = 36;
/** Of a trial, one of its three prompts and one of its two runs of tokens; the rest is loading. */
const PROMPT_SHARE = 0.2;
const TOKENS_SHARE = 0.12;
const PROMPT_MS = 2000;
const TOKENS_MS = 1500;
const PROMPTS = [512, 256];
const SHORTEST_PROMPT = 128;
const TOKENS = [64, 32];
const FEWEST_TOKENS = 16;
const REPETITIONS = 2;
const SIZING = { promptTokens: 64, generatedTokens: 8 };

/** How long a trial's tests are, and what the product does by default. */
interface Sizes {
  readonly engine: EngineInfo;
  readonly model: ModelInfo;
  readonly threads: number;
  readonly batchSize: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  /** tokens/s */
  readonly pp: number;
}

/**
 * Finds the settings that a model is fastest with on this machine, by measuring, in the person's time.
 * @throws PaddockError model/*, context/*, engine/* where the default itself can't be measured; cancelled.
 */
export async function tune(request: TuneRequest, needs: TunerNeeds): Promise<TuneOutcome> {
  return new Tuner(request, needs).run();
}

class Tuner {
  private readonly since: number;

  constructor(
    private readonly request: TuneRequest,
    private readonly needs: TunerNeeds,
  ) {
    this.since = needs.now();
  }

  async run(): Promise<TuneOutcome> {
    const { offers, budgetMs } = this.request;
    const searchMs = budgetMs * (offers.length > 0 ? SEARCH_SHARE : 1);
    const sizes = await this.session({}, SIZING, (session) => this.sizes(session, searchMs / WANTED_TRIALS));
    const found = await this.search(sizes, searchMs);
    const offered = await new OfferMeter(this.request, this.needs, {
      best: found.tuning,
      ppPerSecond: sizes.pp,
      leftMs: () => budgetMs - this.spent(),
    }).run();
    return { ...found, ...offered, engine: sizes.engine, model: sizes.model, spentMs: this.spent() };
  }

  private async search(sizes: Sizes, budgetMs: number): Promise<TuneResult> {
    const { onEvent, goal = CHAT } = this.request;
    const onGpu = sizes.model.layers > 0 && sizes.model.gpuLayers >= sizes.model.layers;
    const search = new TuneSearch({ ...sizes, cores: this.needs.cores, onGpu }, goal);
    const left = (): number => budgetMs - this.spent();
    for (let trial = search.next(left()); trial !== undefined; trial = search.next(left())) {
      onEvent?.({ kind: "trying", trial, leftMs: Math.max(0, left()) });
      const began = this.needs.now();
      try {
        const times = await this.session(trial.tuning, sizes, (session) => trialTimes(session, sizes));
        search.record(trial, times, this.needs.now() - began);
        onEvent?.({ kind: "tried", trial, times, leftMs: Math.max(0, left()) });
      } catch (error) {
        const known = toPaddockError(error);
        if (isCancellation(known) || this.request.signal.aborted) throw cancelled();
        if (!search.fail(trial, known.message)) throw known;
        onEvent?.({ kind: "failed", trial, reason: known.message });
      }
    }
    return search.result();
  }

  private session<T>(
    tuning: EngineTuning,
    { promptTokens, generatedTokens }: { readonly promptTokens: number; readonly generatedTokens: number },
    work: (session: SpeedSession) => Promise<T>,
  ): Promise<T> {
    const { file, signal } = this.request;
    return this.needs.openSession(
      file,
      { tuning, contextSize: Math.max(promptTokens, generatedTokens) + 1, signal },
      work,
    );
  }

  /** @param trialMs how long a trial should take. */
  private async sizes(session: SpeedSession, trialMs: number): Promise<Sizes> {
    const { prompt, token } = await trialTimes(session, SIZING);
    const { engine, model, context } = session;
    const promptMs = Math.min(PROMPT_MS, trialMs * PROMPT_SHARE);
    const tokensMs = Math.min(TOKENS_MS, trialMs * TOKENS_SHARE);
    // No context is longer than what the model was trained for; 0 where that is not known.
    const longest = model.trainContextSize > 0 ? model.trainContextSize : Infinity;
    return {
      engine,
      model,
      threads: context.threads,
      // This session's context is too small to have as large a batch as the product's own.
      batchSize: BATCH,
      promptTokens:
        PROMPTS.find((count) => count < longest && count * prompt * 1000 <= promptMs) ??
        Math.min(SHORTEST_PROMPT, longest - 1),
      generatedTokens: TOKENS.find((count) => count * token * 1000 <= tokensMs) ?? FEWEST_TOKENS,
      pp: 1 / prompt,
    };
  }

  private spent(): number {
    return this.needs.now() - this.since;
  }
}

/** The better of two: what disturbs one of them says nothing of the setting. */
async function trialTimes(
  session: SpeedSession,
  { promptTokens, generatedTokens }: { readonly promptTokens: number; readonly generatedTokens: number },
): Promise<TrialTimes> {
  const best = async (test: { readonly promptTokens: number; readonly generatedTokens: number }): Promise<number> => {
    const { samplesNs } = await session.measure({ ...test, depth: 0, repetitions: REPETITIONS });
    return Math.min(...samplesNs) / 1e9 / (test.promptTokens + test.generatedTokens);
  };
  return {
    prompt: await best({ promptTokens, generatedTokens: 0 }),
    token: await best({ promptTokens: 0, generatedTokens }),
  };
}
