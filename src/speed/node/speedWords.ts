import type { EngineTuning } from "../../engine/tuning";
import type { PaddockError } from "../../platform/core/errors";
import type { BenchTest, Doubt } from "../core/benchmark";
import type { BenchOutcome } from "../core/benchRun";
import type { Gain } from "../core/gain";
import type { VersionChange } from "../core/regressions";
import type { RequestWords } from "../core/requestViews";
import type { Explanation, PartName } from "../core/roofline";
import type { KvCacheOffer, LeftOut, LookupOffer } from "../core/tuneOffers";
import type { TuneOutcome } from "./tuner";

/** What an offer gains, and what it costs. */
export interface OfferWords {
  readonly gain: string;
  readonly cost: string;
}

/** All that the desks say, in the person's language: whole sentences unless something else is said. */
export interface SpeedWords extends RequestWords {
  failure(error: PaddockError): { readonly message: string; readonly remedy?: string };
  busy(): string;

  doubt(doubt: Doubt): string;
  regression(change: VersionChange): string;
  /** Why a benchmark did not get to its end. */
  stopped(outcome: BenchOutcome): string;
  /** As stopped, where the window went while it ran. */
  interrupted(): string;
  finished(results: number): string;
  /** So many settings that cannot be were left out. */
  impossible(count: number): string;
  /** Some of a benchmark cannot be measured here. */
  failedSetup(name: string, error: PaddockError): string;

  // What is done now; no sentences.
  loading(name: string): string;
  measuring(name: string, test: BenchTest): string;
  probing(): string;
  explaining(name: string): string;
  tuningOf(name: string): string;
  offering(setting: string): string;

  probed(): string;
  /** No sentence. */
  part(part: PartName, isPrompt: boolean): string;
  explained(explanation: Explanation): string;
  explainedModel(name: string): string;

  /** Settings, no sentence: "4 threads, batch 256"; of an empty tuning "your settings". */
  tuning(tuning: EngineTuning): string;
  /** Of a setting against the one before, no sentence; undefined: there is no pair. */
  gain(gain: Gain | undefined): string;
  tuned(outcome: TuneOutcome): string;
  stoppedTuning(): string;
  kvOffer(offer: KvCacheOffer): OfferWords;
  lookupOffer(offer: LookupOffer): OfferWords;
  leftOut(leftOut: LeftOut): string;
  applied(name: string): string;
  undone(name: string): string;
}
