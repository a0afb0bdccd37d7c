import path from "node:path";
import type { EngineTuning } from "../../engine/tuning";
import type { TuneRequest as TuneWish, TuneView } from "../core/speedContract";
import type { TuneOffer } from "../core/tuneOffers";
import type { Tried } from "../core/tuneSearch";
import { type TuneEvent, type TuneOutcome, type TunerNeeds, tune } from "./tuner";
import type { SpeedWords } from "./speedWords";
import type { TuningStep } from "./tuningStore";
import type { Work } from "./workBench";

export interface TuneDeskNeeds extends TunerNeeds {
  readonly store: {
    apply(file: string, tuning: EngineTuning, gain?: TuningStep["gain"]): Promise<void>;
    undo(file: string): Promise<boolean>;
    /** What is in force for a file; undefined: nothing. */
    stepOf(file: string): Promise<TuningStep | undefined>;
  };
  /** Text of the person's kind, for the divergence of smaller KV caches. */
  readonly sampleText: (signal: AbortSignal) => Promise<string>;
  /** The models' files on this machine. */
  readonly files: () => readonly string[];
  readonly words: SpeedWords;
  readonly changed: () => void;
}

type Run = NonNullable<TuneView["run"]>;
interface Offer {
  readonly file: string;
  readonly tuning: EngineTuning;
  readonly gain: TuningStep["gain"];
}

/** The search for the fastest settings of a model, what it found, and what is in force. */
export class TuneDesk {
  private shown: Run | undefined;
  private readonly offers = new Map<string, Offer>();
  private tuned: TuneView["tuned"] = [];

  constructor(private readonly needs: TuneDeskNeeds) {}

  view(): TuneView {
    return { run: this.shown ?? null, tuned: this.tuned };
  }

  /** @throws PaddockError model/*, context/*, engine/* where the default itself can't be measured; cancelled. */
  async run(wish: TuneWish, work: Work): Promise<void> {
    const { words } = this.needs;
    const { file, minutes } = wish;
    const model = path.basename(file);
    const budgetMs = minutes * 60_000;
    const wanted: TuneOffer[] = [
      ...(wish.lookup ? (["lookup"] as const) : []),
      ...(wish.kvCacheTypes ? (["kvCache"] as const) : []),
    ];
    this.offers.clear();
    this.shown = { file, model, isRunning: true, sentence: "", tried: [], offers: [], notes: [] };
    this.needs.changed();
    try {
      const outcome = await tune(
        {
          ...{ file, budgetMs, offers: wanted, signal: work.signal },
          text: wish.kvCacheTypes ? await this.needs.sampleText(work.signal) : "",
          onEvent: (event) => this.follow(event, budgetMs, model, work),
        },
        this.needs,
      );
      this.conclude(file, model, outcome);
      work.announce(words.tuned(outcome));
    } catch (error) {
      this.change({ isRunning: false, sentence: words.stoppedTuning() });
      throw error;
    }
  }

  /** @throws PaddockError storage/* */
  async apply(id: string): Promise<string | undefined> {
    const offer = this.offers.get(id);
    if (offer === undefined) return undefined;
    await this.needs.store.apply(offer.file, offer.tuning, offer.gain);
    this.mark(id);
    await this.refresh();
    return path.basename(offer.file);
  }

  /** @returns the model's name; undefined: nothing was to be undone. @throws PaddockError storage/* */
  async undo(file: string): Promise<string | undefined> {
    if (!(await this.needs.store.undo(file))) return undefined;
    if (this.shown?.file === file) this.mark(undefined);
    await this.refresh();
    return path.basename(file);
  }

  /** Looks again at what is in force. */
  async refresh(): Promise<void> {
    const { files, store, words, changed } = this.needs;
    const steps = await Promise.all(files().map(async (file) => ({ file, step: await store.stepOf(file) })));
    this.tuned = steps.flatMap(({ file, step }) =>
      step === undefined
        ? []
        : [{ id: file, model: path.basename(file), what: words.tuning(step.tuning), at: step.at }],
    );
    changed();
  }

  clear(): void {
    this.shown = undefined;
    this.offers.clear();
    this.tuned = [];
    this.needs.changed();
  }

  private follow(event: TuneEvent, budgetMs: number, model: string, work: Work): void {
    const { words } = this.needs;
    if (event.kind === "failed") {
      this.add({ ...unmeasured(words.tuning(event.trial.tuning)), outcome: "failed", note: event.reason });
      return;
    }
    const label = event.kind === "offering" ? words.offering(event.setting) : words.tuningOf(model);
    const fraction = Math.min(1, Math.max(0, 1 - event.leftMs / budgetMs));
    work.update({ label, fraction, timeLeftMs: event.leftMs });
    if (event.kind !== "tried") return;
    const what = words.tuning(event.trial.tuning);
    const isDefault = Object.keys(event.trial.tuning).length === 0;
    const { prompt, token } = event.times;
    const known = this.shown?.tried.find((one) => one.what === what);
    // The better of what a setting was measured at: what disturbs one of them says nothing of it.
    const rates = {
      pp: Math.max(1 / prompt, known?.pp ?? 0),
      tg: Math.max(1 / token, known?.tg ?? 0),
    };
    this.add({ what, ...rates, outcome: isDefault ? "default" : "same", note: "" });
  }

  private add(row: Run["tried"][number]): void {
    const tried = this.shown?.tried ?? [];
    const at = tried.findIndex(({ what }) => what === row.what);
    this.change({ tried: at === -1 ? [...tried, row] : tried.with(at, row) });
  }

  private conclude(file: string, model: string, outcome: TuneOutcome): void {
    const { words } = this.needs;
    const last = new Map(outcome.tried.map((one) => [words.tuning(one.tuning), one]));
    const tried = (this.shown?.tried ?? []).map((row) => ({ ...row, ...this.verdict(row, last.get(row.what)) }));
    const offers: Run["offers"] = [];
    const offer = (
      what: string,
      tuning: EngineTuning,
      gain: string,
      cost: string | null,
      step: Offer["gain"],
    ): void => {
      const id = `${offers.length}`;
      this.offers.set(id, { file, tuning, gain: step });
      offers.push({ id, what, gain, cost, isApplied: false });
    };
    const request = outcome.gain?.request;
    if (Object.keys(outcome.tuning).length > 0 && request !== undefined) {
      const { ratio, low, high } = request;
      offer(words.tuning(outcome.tuning), outcome.tuning, words.gain(request), null, { ratio, low, high });
    }
    for (const kv of outcome.kvCache) {
      const { gain, cost } = words.kvOffer(kv);
      offer(words.tuning(kv.tuning), kv.tuning, gain, cost, undefined);
    }
    if (outcome.lookup !== undefined) {
      const { gain, cost } = words.lookupOffer(outcome.lookup);
      offer(words.tuning(outcome.lookup.tuning), outcome.lookup.tuning, gain, cost, undefined);
    }
    const notes = outcome.leftOut.map((one) => words.leftOut(one));
    this.shown = { file, model, isRunning: false, sentence: words.tuned(outcome), tried, offers, notes };
    this.needs.changed();
  }

  private verdict(row: Run["tried"][number], tried: Tried | undefined): Partial<Run["tried"][number]> {
    if (tried === undefined || row.outcome === "default" || row.outcome === "failed") return {};
    const { gain } = tried;
    const outcome = gain === undefined ? "same" : gain.low > 1 ? "better" : gain.high < 1 ? "worse" : "same";
    return { outcome, note: this.needs.words.gain(gain) };
  }

  /** Told together with what is in force then. @param applied the offer that is. */
  private mark(applied: string | undefined): void {
    if (this.shown === undefined) return;
    this.shown = {
      ...this.shown,
      offers: this.shown.offers.map((one) => ({ ...one, isApplied: one.id === applied })),
    };
  }

  private change(change: Partial<Run>): void {
    if (this.shown === undefined) return;
    this.shown = { ...this.shown, ...change };
    this.needs.changed();
  }
}

function unmeasured(what: string): { what: string; pp: null; tg: null } {
  return { what, pp: null, tg: null };
}
