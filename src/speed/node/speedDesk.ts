import { Emitter } from "../../platform/core/event";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import type { Disposable } from "../../platform/core/disposables";
import type { Logger } from "../../platform/core/logger";
import type { BenchMachine } from "../core/benchmark";
import { machineLabel } from "../core/benchRows";
import { mostImported, readResults, writeResults } from "../core/llamaBench";
import type { BenchFormat } from "../core/llamaBenchText";
import type { RequestRecord } from "../core/requestHistory";
import { requestViews } from "../core/requestViews";
import { machineKey } from "../core/resultKeys";
import type { BenchRequest, RunningView, SpeedTab, SpeedView, TuneRequest } from "../core/speedContract";
import { BenchDesk, type BenchDeskNeeds } from "./benchDesk";
import type { Urgent } from "./pauseWatch";
import { RooflineDesk, type RooflineDeskNeeds } from "./rooflineDesk";
import type { SpeedWords } from "./speedWords";
import { TuneDesk, type TuneDeskNeeds } from "./tuneDesk";
import { type Work, WorkBench } from "./workBench";

type Own = "words" | "changed";

/** A model on this machine. */
export interface SpeedModel {
  /** The first file. */
  readonly file: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** Tokens that it was trained for; null: its file does not say. */
  readonly contextSize: number | null;
}

export interface SpeedDeskNeeds {
  readonly bench: Omit<BenchDeskNeeds, Own>;
  readonly roofline: Omit<RooflineDeskNeeds, Own>;
  readonly tuning: Omit<TuneDeskNeeds, Own | "files">;
  readonly requests: {
    records(): Promise<readonly RequestRecord[]>;
    clear(): Promise<void>;
  };
  readonly urgent: Urgent;
  readonly models: () => Promise<readonly SpeedModel[]>;
  /** The first file of the model that answers now. */
  readonly activeFile: () => string | undefined;
  /** What measures here, with the cores that the system can use. */
  readonly machine: (signal: AbortSignal) => Promise<{ readonly machine: BenchMachine; readonly cores: number }>;
  readonly words: SpeedWords;
  readonly log: Logger;
}

/** All that the speed panel shows and does. It outlives the page, and a measurement goes on while nobody looks. */
export class SpeedDesk implements Disposable {
  private readonly changed = new Emitter<undefined>();
  readonly onDidChange = this.changed.event;
  private readonly announced = new Emitter<string>();
  /** For a screen reader. */
  readonly onAnnounce = this.announced.event;
  readonly bench: BenchDesk;
  readonly roofline: RooflineDesk;
  readonly tuning: TuneDesk;
  private readonly works: WorkBench;
  private readonly closing = new AbortController();
  private models: readonly SpeedModel[] = [];
  private requests: SpeedView["requests"] = [];
  private machine: SpeedView["machine"] = null;
  private wanted: SpeedView["wanted"] = { turn: 0, tab: "benchmark", file: null };
  private failure: SpeedView["failure"] = null;
  private notice: string | null = null;

  constructor(private readonly needs: SpeedDeskNeeds) {
    const { words } = needs;
    const changed = (): void => this.changed.fire(undefined);
    this.bench = new BenchDesk({ ...needs.bench, words, changed });
    this.roofline = new RooflineDesk({ ...needs.roofline, words, changed });
    this.tuning = new TuneDesk({
      ...{ ...needs.tuning, words, changed },
      files: () => this.models.map(({ file }) => file),
    });
    this.works = new WorkBench({
      urgent: needs.urgent,
      changed,
      announce: (text) => this.announced.fire(text),
      note: (text) => this.tell(text),
      fail: (error) => this.fail(error),
    });
  }

  view(): SpeedView {
    const active = this.needs.activeFile();
    return {
      wanted: this.wanted,
      machine: this.machine,
      models: this.models.map((model) => ({ ...model, isActive: model.file === active })),
      rows: this.bench.rows(),
      running: this.works.running(),
      resumable: this.bench.resumable(),
      regressions: this.bench.regressions(),
      roofline: this.roofline.view(),
      tune: this.tuning.view(),
      requests: this.requests,
      failure: this.failure,
      notice: this.notice,
    };
  }

  /** Looks again at what may have changed behind it: models, requests, results of other windows. */
  async refresh(): Promise<void> {
    await Promise.all([
      this.attempt(async () => {
        this.models = await this.needs.models();
        this.changed.fire(undefined);
        await this.tuning.refresh();
      }),
      this.attempt(() => this.bench.load()),
      this.attempt(() => this.refreshRequests()),
      this.attempt(async () => {
        const { machine, cores } = await this.needs.machine(this.closing.signal);
        this.machine = { key: machineKey(machine), label: machineLabel(machine), cores, hasGpu: machine.gpu !== "" };
        this.changed.fire(undefined);
      }),
    ]);
  }

  async refreshRequests(): Promise<void> {
    this.requests = requestViews(await this.needs.requests.records(), this.needs.words);
    this.changed.fire(undefined);
  }

  /** What is to be seen, and which model is meant. */
  want(tab: SpeedTab, file: string | null): void {
    this.wanted = { turn: this.wanted.turn + 1, tab, file };
    this.changed.fire(undefined);
  }

  /** All of these resolve when the work is over, and tell what failed in the view. */
  benchmark(request: BenchRequest): Promise<void> {
    return this.work("benchmark", "", (work) => this.bench.run(request, work));
  }

  resume(): Promise<void> {
    return this.work("benchmark", "", (work) => this.bench.resume(work));
  }

  probe(): Promise<void> {
    return this.work("probe", this.needs.words.probing(), (work) => this.roofline.probe(work));
  }

  explain(file: string): Promise<void> {
    return this.work("explain", "", (work) => this.roofline.explain(file, work));
  }

  tune(request: TuneRequest): Promise<void> {
    return this.work("tune", "", (work) => this.tuning.run(request, work));
  }

  cancel(): Promise<void> {
    return this.works.cancel();
  }

  async applyTuning(offer: string): Promise<void> {
    await this.attempt(async () => {
      const name = await this.tuning.apply(offer);
      if (name !== undefined) this.announced.fire(this.needs.words.applied(name));
    });
  }

  /** @returns whether something was undone. */
  async undoTuning(file: string): Promise<boolean> {
    let name: string | undefined;
    await this.attempt(async () => {
      name = await this.tuning.undo(file);
    });
    if (name !== undefined) this.announced.fire(this.needs.words.undone(name));
    return name !== undefined;
  }

  /** All results as llama-bench would write them. */
  exported(format: BenchFormat): string {
    return writeResults(format, this.bench.all());
  }

  /** @returns how many results came in, and how many rows were left out. @throws PaddockError unsupported, storage/* */
  async import(text: string): Promise<{ readonly results: number; readonly leftOut: number }> {
    const { results, leftOut } = readResults(text);
    await this.bench.add(results);
    return { results: results.length, leftOut };
  }

  /** Deletes results and requests; what is measured just now is cancelled. Tunings stay. @throws PaddockError storage/* */
  async clear(): Promise<void> {
    await this.cancel();
    this.roofline.clear();
    await this.bench.clear();
    await this.needs.requests.clear();
    this.failure = null;
    this.notice = null;
    await this.refreshRequests();
  }

  tell(notice: string): void {
    this.notice = notice;
    this.announced.fire(notice);
    this.changed.fire(undefined);
  }

  fail(error: unknown): void {
    if (isCancellation(error)) return;
    const known = toPaddockError(error);
    const { message, remedy } = this.needs.words.failure(known);
    this.failure = { message, remedy: remedy ?? null };
    this.needs.log.warn(`speed: ${known.message}${known.detail === undefined ? "" : ` (${known.detail})`}`);
    this.changed.fire(undefined);
  }

  dismiss(): void {
    this.failure = null;
    this.notice = null;
    this.changed.fire(undefined);
  }

  /** Ends what is measured, and waits until what it found is kept. */
  async close(): Promise<void> {
    this.closing.abort();
    this.bench.leave();
    await this.cancel();
  }

  dispose(): void {
    void this.close();
    this.changed.dispose();
    this.announced.dispose();
  }

  private async work(kind: RunningView["kind"], label: string, body: (work: Work) => Promise<void>): Promise<void> {
    this.failure = null;
    this.notice = null;
    if (!(await this.works.run(kind, label, body))) this.tell(this.needs.words.busy());
  }

  private async attempt(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (!this.closing.signal.aborted) this.fail(error);
    }
  }
}

/** Bytes of a file that is read to be imported: llama-bench's texts have one byte a character. */
export const mostImportedBytes = mostImported;
