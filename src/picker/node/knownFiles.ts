import type { Disposable } from "../../platform/core/disposables";
import { type Candidate, modelKey } from "../core/candidate";
import type { Machine } from "../core/machine";
import type { Calibration } from "../core/measuringNeeds";
import type { LimitsView, PickerView } from "../core/pickerContract";
import { type Anchor, type Verdict, verdictOf } from "../core/verdict";
import { readLocalModels } from "./localCandidates";
import type { FileMeasurements, MeasurementStore } from "./measurementStore";
import { MemoryLearner, type MemoryLearnerDeps } from "./memoryLearner";

export interface KnownFilesDeps extends Omit<MemoryLearnerDeps, "learnt"> {
  readonly store: Pick<MeasurementStore, "get" | "add">;
  /** The path of the model that is used now. */
  readonly activePath: () => string | undefined;
  /** Where a candidate's files stand if they were downloaded: full paths. Never rejects. */
  readonly local: (candidate: Candidate) => Promise<readonly string[] | undefined>;
  /** There is something new. */
  readonly changed: () => void;
  /** What was elsewhere is on this machine now. */
  readonly arrived: (candidate: Candidate) => void;
}

/** The files that are compared, and all that is known of each without measuring: the desk's shelf. */
export class KnownFiles implements Disposable {
  private readonly memory: MemoryLearner;
  private candidates: Candidate[] = [];
  private readonly measured = new Map<string, FileMeasurements>();
  private model: string | undefined;
  private contextSize = 0;
  /** Ends what is looked up for the files that are here now. */
  private abort = new AbortController();

  constructor(private readonly deps: KnownFilesDeps) {
    this.memory = new MemoryLearner({ ...deps, learnt: deps.changed });
  }

  /** Makes room for the files of another source. */
  clear(): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.candidates = [];
    this.model = undefined;
  }

  /** One with an id that is there already is the same one. */
  add(candidate: Candidate): void {
    if (this.find(candidate.id) !== undefined) return;
    this.candidates.push(candidate);
    this.candidates.sort((one, other) => (other.sizeBytes ?? 0) - (one.sizeBytes ?? 0));
    this.deps.changed();
    if (candidate.origin.kind === "hub") void this.lookForLocal(candidate);
    this.lookInto(candidate);
  }

  find(id: string): Candidate | undefined {
    return this.candidates.find((candidate) => candidate.id === id);
  }

  /** Figures are wanted for so many tokens from now on. */
  setContextSize(tokens: number): void {
    if (this.contextSize === tokens) return;
    this.contextSize = tokens;
    this.askMemory();
  }

  /** What llama.cpp says of memory may be another thing now, as when a GPU has become known. */
  askMemory(): void {
    for (const candidate of this.candidates) this.memory.ask(candidate, this.contextSize, this.abort.signal);
  }

  /** Something was downloaded: looks which of the files that are elsewhere are here now. Never rejects. */
  async lookAgain(): Promise<void> {
    await Promise.all(
      this.candidates
        .filter(({ origin }) => origin.kind === "hub")
        .map((candidate) => this.lookForLocal(candidate, this.deps.arrived)),
    );
  }

  measurements({ id }: Candidate): FileMeasurements {
    return this.measured.get(id) ?? {};
  }

  /**
   * Keeps what was measured of a file. @returns all that is measured of it now.
   * @throws Node's errors when the file cannot be read or the figures not be written.
   */
  async keep(candidate: Candidate, file: string, added: Parameters<MeasurementStore["add"]>[2]) {
    await this.deps.store.add(file, candidate.sizeBytes ?? 0, added);
    const known = await this.deps.store.get(file, candidate.sizeBytes ?? 0);
    this.measured.set(candidate.id, known);
    return known;
  }

  choose(key: string): void {
    if (this.models().some((model) => model.key === key)) this.model = key;
  }

  models(): PickerView["models"] {
    const models = new Map<string, { label: string; files: number }>();
    for (const candidate of this.candidates) {
      const key = modelKey(candidate);
      if (key === undefined) continue;
      const known = models.get(key);
      const label = candidate.contents?.shape.name ?? candidate.name;
      models.set(key, { label: known?.label ?? label, files: (known?.files ?? 0) + 1 });
    }
    return [...models].map(([key, { label, files }]) => ({ key, label, files }));
  }

  /** What the person chose, or the model in use, or the one with the most files. */
  chosenModel(): string | undefined {
    const models = this.models();
    if (models.some(({ key }) => key === this.model)) return this.model;
    const active = this.candidates.find(
      (candidate) => pathOf(candidate) !== undefined && pathOf(candidate) === this.deps.activePath(),
    );
    const most = models.reduce((count, { files }) => Math.max(count, files), 0);
    if (most < 2 && active !== undefined) return modelKey(active);
    return models.find(({ files }) => files === most)?.key;
  }

  /** Of the chosen model's files, and of what is no model's. */
  verdicts(machine: Machine, limits: LimitsView, calibration: Calibration | undefined): Verdict[] {
    const { contextSize, promptTokens, mostMemoryBytes } = limits;
    const chosen = this.chosenModel();
    return this.candidates
      .filter((candidate) => {
        const key = modelKey(candidate);
        return key === undefined || key === chosen;
      })
      .map((candidate) =>
        verdictOf(candidate, {
          machine,
          conditions: { contextSize, promptTokens },
          memory: this.memory.modelOf(candidate, contextSize),
          speed: calibration?.predictor ?? { predict: () => undefined },
          measured: this.measurements(candidate),
          anchor: this.anchorFor(candidate),
          ...(mostMemoryBytes === null ? {} : { mostMemoryBytes }),
        }),
      );
  }

  /** The best file of the same model on this machine that is better than this one. */
  referenceOf(candidate: Candidate): Candidate | undefined {
    const key = modelKey(candidate);
    const [best] = this.candidates
      .filter((other) => other.origin.kind === "file" && modelKey(other) === key)
      .sort((one, other) => bitsOf(other) - bitsOf(one));
    return best === undefined || bitsOf(best) <= bitsOf(candidate) ? undefined : best;
  }

  dispose(): void {
    this.abort.abort();
  }

  /** The measured file of the same model that is nearest in bits per weight. */
  private anchorFor(candidate: Candidate): Anchor | undefined {
    const key = modelKey(candidate);
    const distance = (one: Candidate): number => Math.abs(bitsOf(one) - bitsOf(candidate));
    const [nearest] = this.candidates
      .filter((one) => one !== candidate && modelKey(one) === key && this.measurements(one).speed !== undefined)
      .sort((one, other) => distance(one) - distance(other));
    const speed = nearest && this.measurements(nearest).speed;
    return nearest?.contents === undefined || speed === undefined ? undefined : { contents: nearest.contents, speed };
  }

  /** What others say of a file that is on this machine: llama.cpp of its memory, and what was measured before. */
  private lookInto(candidate: Candidate): void {
    this.memory.ask(candidate, this.contextSize, this.abort.signal);
    void this.remember(candidate);
  }

  private async remember(candidate: Candidate): Promise<void> {
    const file = pathOf(candidate);
    if (file === undefined || candidate.sizeBytes === undefined) return;
    const known = await this.deps.store.get(file, candidate.sizeBytes);
    if (known.speed === undefined && known.quality === undefined) return;
    this.measured.set(candidate.id, known);
    this.deps.changed();
  }

  /** One whose files are here is a file of this machine from now on; its row and what is known of it stay. */
  private async lookForLocal(candidate: Candidate, arrived?: (candidate: Candidate) => void): Promise<void> {
    const { signal } = this.abort;
    const files = await this.deps.local(candidate);
    if (files === undefined || signal.aborted) return;
    const { id, name } = candidate;
    // A repository may have changed since its headers were read: the file itself is what counts now.
    const read = readLocalModels([{ name, files }], (local) => this.replace({ ...local, id }, arrived), signal);
    await read.catch(() => undefined);
  }

  private replace(candidate: Candidate, arrived?: (candidate: Candidate) => void): void {
    const at = this.candidates.findIndex(({ id, origin }) => id === candidate.id && origin.kind !== "file");
    if (at < 0) return;
    this.candidates[at] = candidate;
    this.deps.changed();
    arrived?.(candidate);
    this.lookInto(candidate);
  }
}

/** Of a file on this machine; undefined for any other candidate. */
export function pathOf({ origin }: Candidate): string | undefined {
  return origin.kind === "file" ? origin.path : undefined;
}

function bitsOf({ contents }: Candidate): number {
  return contents?.shape.bitsPerWeight ?? 0;
}
