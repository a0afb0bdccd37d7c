import type {
  DivergenceRequest,
  DivergenceResult,
  GeneratedText,
  MeasureOptions,
  TextRequest,
} from "../../engine/measuring";
import type { EngineTuning, KvCacheType } from "../../engine/tuning";
import { cancelled, isCancellation, toPaddockError } from "../../platform/core/errors";
import { type Gain, gainOf } from "../core/gain";
import {
  type KvCacheOffer,
  type LeftOut,
  LOOKUP_TOKENS,
  lookupPrompts,
  type LookupOffer,
  type LookupText,
  offeredKvTypes,
  type TuneOffer,
  withKvCache,
} from "../core/tuneOffers";
import type { OpenSession } from "./openSession";
import type { TuneRequest } from "./tuner";

export type TextMaker = (file: string, request: TextRequest) => Promise<readonly GeneratedText[]>;

interface OfferNeeds {
  readonly openSession: OpenSession;
  readonly divergence: (request: DivergenceRequest, options: MeasureOptions) => Promise<DivergenceResult>;
  readonly generate: TextMaker;
}

interface OfferPlace {
  /** What the search found, which every offer adds to. */
  readonly best: EngineTuning;
  /** Of prompts, tokens/s. */
  readonly ppPerSecond: number;
  readonly leftMs: () => number;
}

export interface Offered {
  readonly kvCache: readonly KvCacheOffer[];
  readonly lookup: LookupOffer | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** Two chunks: fewer positions make intervals too wide to choose by. */
const POSITIONS = 510;
const CHUNK_TOKENS = 512;
/** Filling the KV cache for a trial takes at most so long, s. */
const FILL_SECONDS = 5;
const DEEPEST = 2048;
const SHALLOWEST = 128;
const TOKENS = 32;
const REPETITIONS = 2;
/** Pairs of the setting and the best without it; fewer than two tell nothing. */
const LEAST_ROUNDS = 2;
const MOST_ROUNDS = 4;
/** Starting a process and loading the model, where nothing was timed yet, ms. */
const LOAD_MS = 3000;
const TEXT_TOKENS = 96;

/** Measures what is offered beside the search's own settings, as far as the person's time goes. */
export class OfferMeter {
  private readonly kvCache: KvCacheOffer[] = [];
  private lookup: LookupOffer | undefined;
  private readonly leftOut: LeftOut[] = [];
  /** What the last round of its kind took, ms. */
  private roundMs = 0;

  constructor(
    private readonly request: TuneRequest,
    private readonly needs: OfferNeeds,
    private readonly place: OfferPlace,
  ) {}

  async run(): Promise<Offered> {
    const { offers } = this.request;
    if (offers.includes("lookup")) await this.offer("lookup", `lookup ${LOOKUP_TOKENS}`, () => this.measureLookup());
    if (offers.includes("kvCache"))
      for (const type of offeredKvTypes) await this.offer("kvCache", type, () => this.measureKvCache(type));
    return { kvCache: this.kvCache, lookup: this.lookup, leftOut: this.leftOut };
  }

  /** @param measure says why there is nothing to offer; undefined: there is. */
  private async offer(
    what: TuneOffer,
    setting: string,
    measure: () => Promise<LeftOut["why"] | undefined>,
  ): Promise<void> {
    const { signal, onEvent } = this.request;
    const leave = (why: LeftOut["why"], reason?: string): void =>
      void this.leftOut.push({ what, setting, why, ...(reason === undefined ? {} : { reason }) });
    if (this.place.leftMs() <= 0) {
      leave("time");
      return;
    }
    onEvent?.({ kind: "offering", what, setting, leftMs: this.place.leftMs() });
    try {
      const why = await measure();
      if (why !== undefined) leave(why);
    } catch (error) {
      const known = toPaddockError(error);
      if (isCancellation(known) || signal.aborted) throw cancelled();
      leave("failed", known.message);
    }
  }

  private async measureKvCache(type: KvCacheType): Promise<LeftOut["why"] | undefined> {
    const { best, ppPerSecond } = this.place;
    const { file, text, signal } = this.request;
    const tuning = withKvCache(best, type);
    const depth = Math.round(Math.min(DEEPEST, Math.max(SHALLOWEST, ppPerSecond * FILL_SECONDS)));
    // Both models read all chunks; and a round fills two caches.
    const compareMs = 2 * (LOAD_MS + (1000 * 2 * CHUNK_TOKENS) / ppPerSecond);
    this.roundMs = 2 * (LOAD_MS + (1000 * depth) / ppPerSecond);
    if (this.place.leftMs() < compareMs + LEAST_ROUNDS * this.roundMs) return "time";
    const divergence = await this.needs.divergence(
      { reference: file, candidate: file, candidateTuning: tuning, text, positions: POSITIONS },
      { signal },
    );
    const token = await this.pairs(
      () => this.tokenSeconds(best, depth),
      () => this.tokenSeconds(tuning, depth),
    );
    if (token === undefined) return "time";
    this.kvCache.push({ type, tuning, token, depth, divergence });
    return undefined;
  }

  private async tokenSeconds(tuning: EngineTuning, depth: number): Promise<number> {
    const { file, signal } = this.request;
    const { samplesNs } = await this.needs.openSession(
      file,
      { tuning, contextSize: depth + TOKENS + 1, signal },
      (session) => session.measure({ promptTokens: 0, generatedTokens: TOKENS, depth, repetitions: REPETITIONS }),
    );
    return Math.min(...samplesNs) / 1e9 / TOKENS;
  }

  private async measureLookup(): Promise<LeftOut["why"] | undefined> {
    const { best } = this.place;
    const tuning: EngineTuning = { ...best, lookupTokens: LOOKUP_TOKENS };
    const usual: (readonly GeneratedText[])[] = [];
    const tried: (readonly GeneratedText[])[] = [];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const began = this.place.leftMs();
      if (round > 0 && began < this.roundMs) break;
      const order = [
        async () => void usual.push(await this.texts(best)),
        async () => void tried.push(await this.texts(tuning)),
      ];
      for (const measure of round % 2 === 0 ? order : order.reverse()) await measure();
      this.roundMs = began - this.place.leftMs();
      // A model that ends at once shows nothing of speed.
      if (usual[round]?.some(({ tokens }) => tokens < 2)) return "failed";
      const same = lookupPrompts.every((_, index) => usual[round]?.[index]?.text === tried[round]?.[index]?.text);
      if (!same) return "text";
    }
    if (usual.length < LEAST_ROUNDS) return "time";
    const texts = lookupPrompts.map(({ kind }, index): LookupText => {
      const seconds = (rounds: readonly (readonly GeneratedText[])[]): number[] =>
        rounds.map((texts) => perToken(texts[index]));
      return { kind, token: gainOf(seconds(usual), seconds(tried)) };
    });
    this.lookup = { lookupTokens: LOOKUP_TOKENS, tuning, texts };
    return undefined;
  }

  private texts(tuning: EngineTuning): Promise<readonly GeneratedText[]> {
    const { file, signal } = this.request;
    const prompts = lookupPrompts.map(({ prompt }) => prompt);
    return this.needs.generate(file, { tuning, prompts, maxTokens: TEXT_TOKENS, signal });
  }

  /** In turn, which one first changing; undefined where there was no time for two pairs. */
  private async pairs(usual: () => Promise<number>, tried: () => Promise<number>): Promise<Gain | undefined> {
    const seconds: { readonly usual: number[]; readonly tried: number[] } = { usual: [], tried: [] };
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const began = this.place.leftMs();
      if (round > 0 && began < this.roundMs) break;
      if (round % 2 === 0) seconds.usual.push(await usual());
      seconds.tried.push(await tried());
      if (round % 2 === 1) seconds.usual.push(await usual());
      this.roundMs = began - this.place.leftMs();
    }
    return seconds.usual.length < LEAST_ROUNDS ? undefined : gainOf(seconds.usual, seconds.tried);
  }
}

/** What a text took, for each token after the first. */
function perToken(text: GeneratedText | undefined): number {
  return text === undefined ? Number.NaN : text.seconds / Math.max(1, text.tokens - 1);
}
