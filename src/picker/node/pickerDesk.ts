import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { isCancellation, PaddockError, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { Candidate } from "../core/candidate";
import type { CandidateSource } from "../core/candidateSource";
import type { CandidateDownloads } from "../core/downloadNeeds";
import type { Machine } from "../core/machine";
import type { Calibration, Calibrator, FileMeasuring } from "../core/measuringNeeds";
import { standings } from "../core/pareto";
import type { LimitsView, PickerAction, PickerView, RecommendationView, RowView } from "../core/pickerContract";
import { machineView, rowView } from "../core/pickerView";
import { type Recommendation, recommend } from "../core/recommend";
import { measuredRate } from "../core/spread";
import type { Measurements } from "../core/verdict";
import { FileWork } from "./fileWork";
import { KnownFiles, pathOf } from "./knownFiles";
import type { Measured, MeasurementStore } from "./measurementStore";

/** As llama-bench's defaults are, but shorter: pp512 and tg64, three times. */
const SPEED = { promptTokens: 512, generatedTokens: 64, depth: 0, repetitions: 3 } as const;
/** Two chunks of 512 tokens, of which the second halves are compared. */
const POSITIONS = 510;

export interface DeskDeps {
  readonly measuring: FileMeasuring;
  /** Undefined: nobody can calibrate here. */
  readonly calibrator: Calibrator | undefined;
  readonly store: Pick<MeasurementStore, "get" | "add">;
  readonly machine: () => Machine;
  /** The limits as the person left them, and where to keep them. */
  readonly limits: LimitsView;
  readonly keepLimits: (limits: LimitsView) => void;
  /** The path of the model that is used now. */
  readonly activePath: () => string | undefined;
  /** Loads a model and makes it the one that is used. */
  readonly use: (path: string) => Promise<void>;
  /** Of what is not on this machine; undefined: nobody can fetch it. */
  readonly downloads: CandidateDownloads | undefined;
  readonly inspect: ((path: string) => Promise<void>) | undefined;
  /** Text of the person's workspace to compare models on. Rejects with a PaddockError where there is too little. */
  readonly workspaceText: (signal: AbortSignal) => Promise<string>;
  readonly words: DeskWords;
  readonly log: Logger;
}

/** In the person's language. */
export interface DeskWords {
  recommendation(
    found: Recommendation,
    facts: { readonly isCalibrated: boolean; readonly machine: Machine },
  ): Omit<RecommendationView, "row" | "tone">;
  failure(error: PaddockError): { readonly message: string; readonly remedy?: string };
  measured(name: string, measurements: Measurements): string;
  calibrated(): string;
  /** A file has been downloaded. */
  arrived(name: string): string;
}

/** Candidates, what is known of them, and what is done to find out more: everything that the page shows. */
export class PickerDesk implements Disposable {
  private readonly changed = new Emitter<void>();
  /** The view is another one. */
  readonly onDidChange = this.changed.event;
  private readonly announced = new Emitter<string>();
  /** Something for a screen reader to say. */
  readonly onAnnounce = this.announced.event;

  private readonly subscriptions = new DisposableStore();
  private readonly work: FileWork;
  private readonly files: KnownFiles;
  private source: Pick<CandidateSource, "label" | "key"> = { label: "" };
  private listing: AbortController | undefined;
  private calibration: Calibration | undefined;
  private calibrating: { readonly abort: AbortController; fraction: number } | undefined;
  private failure: PickerView["failure"] = null;
  private limits: LimitsView;

  constructor(private readonly deps: DeskDeps) {
    this.limits = deps.limits;
    this.work = new FileWork(
      () => this.changed.fire(),
      (error) => this.fail(error),
    );
    const { downloads } = deps;
    this.files = this.subscriptions.add(
      new KnownFiles({
        ...deps,
        hasGpu: () => deps.machine().gpu !== undefined,
        local: (candidate) => downloads?.local(candidate) ?? Promise.resolve(undefined),
        changed: () => this.changed.fire(),
        arrived: ({ name }) => this.announced.fire(deps.words.arrived(name)),
      }),
    );
    this.files.setContextSize(this.limits.contextSize);
    if (downloads === undefined) return;
    this.subscriptions.add(downloads.onDidChange(() => this.changed.fire()));
    this.subscriptions.add(downloads.onDidFinish(() => void this.files.lookAgain()));
  }

  /** Shows what a source has, in place of what was shown. Resolves when all is there; never rejects. */
  async open(source: CandidateSource): Promise<void> {
    this.listing?.abort();
    const listing = new AbortController();
    this.listing = listing;
    this.source = source;
    this.files.clear();
    this.failure = null;
    this.changed.fire();
    try {
      this.calibration ??= await this.deps.calibrator?.current();
      listing.signal.throwIfAborted();
      await source.list((candidate) => {
        if (!listing.signal.aborted) this.files.add(candidate);
      }, listing.signal);
    } catch (error) {
      if (!isCancellation(error) && !listing.signal.aborted) this.fail(error);
    } finally {
      if (this.listing === listing) this.listing = undefined;
      this.changed.fire();
    }
  }

  view(): PickerView {
    const { calibrator } = this.deps;
    const machine = this.deps.machine();
    const verdicts = this.files.verdicts(machine, this.limits, this.calibration);
    const found = recommend(verdicts, this.recommendLimits(), machine);
    const shown = found.kind === "choice" ? found.choice : found.kind === "none" ? found.closest.verdict : undefined;
    const standing = standings(verdicts);
    const isCalibrated = this.calibration !== undefined;
    return {
      source: this.source.label,
      sourceKey: this.source.key ?? null,
      isLooking: this.listing !== undefined,
      models: this.files.models(),
      model: this.files.chosenModel() ?? null,
      rows: verdicts.map((verdict) =>
        rowView(verdict, {
          standing: standing.get(verdict) ?? "behind",
          isRecommended: found.kind === "choice" && verdict === found.choice,
          isActive: pathOf(verdict.candidate) !== undefined && pathOf(verdict.candidate) === this.deps.activePath(),
          reference: this.files.measurements(verdict.candidate).reference,
          actions: this.actions(verdict.candidate),
          work: this.workOn(verdict.candidate),
        }),
      ),
      limits: this.limits,
      machine: machineView(machine),
      calibration: {
        state:
          calibrator === undefined
            ? "unavailable"
            : this.calibrating !== undefined
              ? "running"
              : isCalibrated
                ? "ready"
                : "none",
        fraction: this.calibrating?.fraction ?? 0,
        at: this.calibration?.at ?? null,
        noise: this.calibration?.noise ?? null,
      },
      recommendation: {
        tone: found.kind !== "choice" ? found.kind : found.equal === undefined ? "choice" : "either",
        ...this.deps.words.recommendation(found, { isCalibrated, machine }),
        row: shown?.candidate.id ?? null,
      },
      failure: this.failure,
    };
  }

  setLimits(limits: LimitsView): void {
    this.limits = limits;
    this.files.setContextSize(limits.contextSize);
    this.deps.keepLimits(limits);
    this.changed.fire();
  }

  chooseModel(key: string): void {
    this.files.choose(key);
    this.changed.fire();
  }

  /** The model that is used has changed, or the machine, or something else that the view is made of. */
  refresh(): void {
    this.files.askMemory();
    this.changed.fire();
  }

  dismissFailure(): void {
    this.failure = null;
    this.changed.fire();
  }

  /** Measures this machine. Resolves when it is done or cancelled; never rejects. */
  async calibrate(): Promise<void> {
    const { calibrator, words } = this.deps;
    if (calibrator === undefined || this.calibrating !== undefined) return;
    const running = { abort: new AbortController(), fraction: 0 };
    this.calibrating = running;
    this.changed.fire();
    try {
      this.calibration = await calibrator.calibrate({
        signal: running.abort.signal,
        onProgress: (fraction) => {
          running.fraction = Math.min(Math.max(fraction, 0), 1);
          this.changed.fire();
        },
      });
      this.announced.fire(words.calibrated());
    } catch (error) {
      if (!isCancellation(error) && !running.abort.signal.aborted) this.fail(error);
    } finally {
      this.calibrating = undefined;
      this.changed.fire();
    }
  }

  cancelCalibration(): void {
    this.calibrating?.abort.abort();
  }

  /** Resolves when it is done, failed (which the view says) or cancelled. Never rejects. */
  async act(row: string, action: PickerAction): Promise<void> {
    const candidate = this.files.find(row);
    if (candidate === undefined || !this.actions(candidate).includes(action)) return;
    const file = pathOf(candidate);
    const { use, downloads, inspect } = this.deps;
    if (action === "download") await this.work.run(row, "download", async () => downloads?.start(candidate));
    if (file === undefined) return;
    switch (action) {
      case "use":
        return this.work.run(row, "use", () => use(file));
      case "inspect":
        return inspect?.(file).catch((error: unknown) => this.fail(error));
      case "measureSpeed":
        return this.work.run(row, "speed", (signal, onProgress) =>
          this.measureSpeed(candidate, file, signal, onProgress),
        );
      case "measureQuality":
        return this.work.run(row, "quality", (signal, onProgress) =>
          this.measureQuality(candidate, file, signal, onProgress),
        );
      case "download":
    }
  }

  /** Ends a measurement; a download is paused. */
  cancelWork(row: string): void {
    this.work.cancel(row);
    const candidate = this.files.find(row);
    if (candidate !== undefined) this.deps.downloads?.pause(candidate);
  }

  dispose(): void {
    this.listing?.abort();
    this.calibrating?.abort.abort();
    this.work.cancelAll();
    this.subscriptions.dispose();
    this.changed.dispose();
    this.announced.dispose();
  }

  private recommendLimits() {
    const { leastTg, leastContext, mostMemoryBytes } = this.limits;
    return {
      leastTg: leastTg ?? undefined,
      leastContext: leastContext ?? undefined,
      mostMemoryBytes: mostMemoryBytes ?? undefined,
    };
  }

  /** What is done to it here, or that it is on its way here, whoever asked for that. */
  private workOn(candidate: Candidate): RowView["work"] {
    const fraction = this.deps.downloads?.progress(candidate);
    return fraction === undefined ? this.work.of(candidate.id) : { kind: "download", fraction };
  }

  private actions(candidate: Candidate): PickerAction[] {
    const { downloads, inspect } = this.deps;
    if (candidate.origin.kind === "hub") return downloads === undefined ? [] : ["download"];
    if (candidate.origin.kind === "server" || candidate.contents === undefined) return [];
    const all: PickerAction[] = ["use", "measureSpeed"];
    if (this.files.referenceOf(candidate) !== undefined) all.push("measureQuality");
    if (inspect !== undefined) all.push("inspect");
    return all;
  }

  private async measureSpeed(
    candidate: Candidate,
    file: string,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ): Promise<void> {
    // A context holds no more than the model was trained for, and a prompt that fills it to the brim finds no room.
    const trained = candidate.contents?.shape.trainContextSize ?? 0;
    const most = trained === 0 ? SPEED.promptTokens : Math.max(1, Math.floor(trained / 2));
    const promptTokens = Math.min(SPEED.promptTokens, most);
    const result = await this.deps.measuring.measureSpeed(file, { ...SPEED, promptTokens, signal, onProgress });
    const pp = measuredRate(result.pp);
    const tg = measuredRate(result.tg);
    if (pp === undefined || tg === undefined)
      throw new PaddockError("internal", "The measurement of the speed came back without figures.");
    const kept = ({ value, error = 0 }: typeof pp): Measured => ({ value, error });
    await this.keep(candidate, file, { speed: { pp: kept(pp), tg: kept(tg) } });
  }

  private async measureQuality(
    candidate: Candidate,
    file: string,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ): Promise<void> {
    const reference = this.files.referenceOf(candidate);
    const referencePath = reference === undefined ? undefined : pathOf(reference);
    if (reference === undefined || referencePath === undefined) return;
    const text = await this.deps.workspaceText(signal);
    const result = await this.deps.measuring.divergence(
      { reference: referencePath, candidate: file, text, positions: POSITIONS },
      { signal, onProgress },
    );
    await this.keep(candidate, file, {
      quality: {
        kld: { value: Math.max(0, result.meanKld), error: result.meanKldError },
        sameTop: { value: result.sameTop, error: result.sameTopError },
        reference: reference.name,
      },
    });
  }

  private async keep(candidate: Candidate, file: string, added: Parameters<MeasurementStore["add"]>[2]): Promise<void> {
    const { speed, quality } = await this.files.keep(candidate, file, added);
    const fresh: Measurements =
      added.speed !== undefined && speed !== undefined ? { speed } : quality !== undefined ? { quality } : {};
    this.announced.fire(this.deps.words.measured(candidate.name, fresh));
  }

  /** Says that something failed, which has left all as it was. */
  tell(error: unknown): void {
    if (!isCancellation(error)) this.fail(error);
  }

  private fail(error: unknown): void {
    const known = toPaddockError(error);
    this.deps.log.warn(`picker: ${known.message}${known.detail === undefined ? "" : ` (${known.detail})`}`);
    const { message, remedy } = this.deps.words.failure(known);
    // The page says it to a screen reader, too.
    this.failure = { message, remedy: remedy ?? null };
    this.changed.fire();
  }
}
