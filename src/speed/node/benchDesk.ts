import path from "node:path";
import type { EngineTuning } from "../../engine/tuning";
import type { BenchResult } from "../core/benchmark";
import { type BenchPlan, planSetups } from "../core/benchPlan";
import { benchRow } from "../core/benchRows";
import type { BenchEvent } from "../core/benchRun";
import { type KeptPlan, keptPlan, readKeptPlan, RemainingPlan } from "../core/keptPlan";
import { regressions } from "../core/regressions";
import type { BenchRequest, BenchRow, SpeedView } from "../core/speedContract";
import { runBenchmark } from "./benchRunner";
import type { StartLoad } from "./cpuLoad";
import type { OpenSession } from "./openSession";
import type { ResultStore } from "./resultStore";
import type { SpeedWords } from "./speedWords";
import type { Work } from "./workBench";

/** Keeps what is missing of this window's benchmark for when the window is there again. */
export interface PlanKeeper {
  /** Whatever was kept. */
  read(): unknown;
  /** Never rejects. @param plan undefined: nothing is missing. */
  keep(plan: KeptPlan | undefined): Promise<void>;
}

export interface BenchDeskNeeds {
  readonly openSession: OpenSession;
  readonly busyCores: StartLoad;
  readonly results: ResultStore;
  readonly plans: PlanKeeper;
  /** What a model has in force, which a benchmark's settings come on top of. */
  readonly tuningOf: (file: string) => Promise<EngineTuning>;
  /** Bytes. */
  readonly sizeOf: (file: string) => number | undefined;
  readonly words: SpeedWords;
  readonly changed: () => void;
}

/** Results of benchmarks, and the run that adds to them. */
export class BenchDesk {
  private readonly results = new Map<string, BenchResult>();
  private missing: { readonly plan: BenchPlan; readonly reason: string } | undefined;
  /** What an earlier life of this window left was looked at, or is of no interest any more. */
  private isRestored = false;
  private isLeaving = false;

  constructor(private readonly needs: BenchDeskNeeds) {}

  /** Reads what is kept: results, of other windows too, and what this window's last benchmark did not get to. */
  async load(): Promise<void> {
    this.keep(await this.needs.results.load());
    if (this.isRestored) return;
    this.isRestored = true;
    const found = readKeptPlan(this.needs.plans.read(), this.results);
    if (found === undefined) return;
    this.missing = { plan: found.plan, reason: found.reason ?? this.needs.words.interrupted() };
    this.needs.changed();
  }

  /** From here on what is cancelled was cut off by the window's end, and not by a person. */
  leave(): void {
    this.isLeaving = true;
  }

  all(): readonly BenchResult[] {
    return [...this.results.values()];
  }

  rows(): BenchRow[] {
    return this.all().map((result) => benchRow(result, (doubt) => this.needs.words.doubt(doubt)));
  }

  regressions(): string[] {
    return regressions(this.all()).map((change) => this.needs.words.regression(change));
  }

  resumable(): SpeedView["resumable"] {
    if (this.missing === undefined) return null;
    const { plan, reason } = this.missing;
    return { reason, missing: plan.setups.reduce((sum, { tests }) => sum + tests.length, 0) };
  }

  /** @throws PaddockError storage/* where results could not be written; they are shown all the same. */
  async run(request: BenchRequest, work: Work): Promise<void> {
    const tunings = new Map<string, EngineTuning>();
    for (const file of request.files) tunings.set(file, await this.needs.tuningOf(file));
    const plan = planSetups({ ...request, tuningOf: (file) => tunings.get(file) ?? {} });
    const { words } = this.needs;
    await this.measure(plan, work, plan.impossible.length > 0 ? [words.impossible(plan.impossible.length)] : []);
  }

  /** Goes on with what did not get to its end. @throws PaddockError storage/* */
  async resume(work: Work): Promise<void> {
    if (this.missing !== undefined) await this.measure(this.missing.plan, work, []);
  }

  /** @throws PaddockError storage/* */
  async add(results: readonly BenchResult[]): Promise<void> {
    await this.needs.results.append(results);
    this.keep(results);
  }

  /** @throws PaddockError storage/* */
  async clear(): Promise<void> {
    this.forgetPlan();
    this.results.clear();
    await this.needs.plans.keep(undefined);
    await this.needs.results.clear();
    this.needs.changed();
  }

  private forgetPlan(): void {
    this.missing = undefined;
    this.isRestored = true;
  }

  /** What was measured is kept whatever ends it: a cancel, an engine that is gone, the window's end. */
  private async measure(plan: BenchPlan, work: Work, problems: readonly string[]): Promise<void> {
    const { openSession, busyCores, sizeOf, results, plans, words } = this.needs;
    this.forgetPlan();
    const remaining = new RemainingPlan(plan);
    let saving = plans.keep(keptPlan(plan, null));
    const outcome = await runBenchmark(plan, {
      ...{ openSession, busyCores, sizeOf, signal: work.signal },
      onEvent: (event) => {
        work.update(this.progress(event));
        if (event.kind === "repetition" || event.kind === "result") this.keep([event.result]);
        if (!remaining.follow(event)) return;
        const left = keptPlan(remaining.plan, null);
        const own = event.kind === "result" ? [event.result] : [];
        saving = saving.then(() => results.append(own)).then(() => plans.keep(left));
        // It is told at the end: meanwhile there is more to measure.
        saving.catch(() => undefined);
      },
    });
    this.keep(outcome.results);
    const reason = words.stopped(outcome);
    if (outcome.missing.setups.length > 0) this.missing = { plan: outcome.missing, reason };
    const failures = outcome.failures.map(({ file, error }) => words.failedSetup(path.basename(file), error));
    const notes = [...problems, ...new Set(failures)];
    if (notes.length > 0) work.note(notes.join(" "));
    work.announce(outcome.ended === "done" ? words.finished(outcome.results.length) : reason);
    await saving.finally(() => plans.keep(keptPlan(outcome.missing, this.isLeaving ? null : reason)));
  }

  private progress(event: BenchEvent): Parameters<Work["update"]>[0] {
    const { words } = this.needs;
    const { fraction, secondsLeft } = event.progress;
    const done = { fraction, timeLeftMs: secondsLeft === undefined ? null : secondsLeft * 1000 };
    if (event.kind !== "loading" && event.kind !== "measuring") return done;
    const name = path.basename(event.setup.file);
    return { label: event.kind === "loading" ? words.loading(name) : words.measuring(name, event.test), ...done };
  }

  private keep(results: readonly BenchResult[]): void {
    for (const result of results) this.results.set(result.id, result);
    this.needs.changed();
  }
}
