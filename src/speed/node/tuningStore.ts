import { stat } from "node:fs/promises";
import * as v from "valibot";
import { type EngineTuning, engineTuningSchema } from "../../engine/tuning";
import { Emitter, type Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { Fingerprints } from "../../platform/node/fingerprints";
import { RowFile } from "../../platform/node/rowFile";
import { toStorageError } from "../../platform/node/storageError";

const share = v.pipe(v.number(), v.finite(), v.minValue(0));
const stepSchema = v.object({
  tuning: engineTuningSchema,
  /** ms since 1970. */
  at: v.number(),
  /** How many times as fast a request was, measured, with its 95% interval; absent where a person chose by themselves. */
  gain: v.optional(v.object({ ratio: share, low: share, high: share })),
});
/** What was applied at one time. */
export type TuningStep = v.InferOutput<typeof stepSchema>;

const rowSchema = v.object({
  /** Fingerprint of the model's first file. */
  model: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Of that file, bytes. */
  sizeBytes: v.number(),
  machine: v.string(),
  /** Newest last; empty: undone to the default. */
  steps: v.array(stepSchema),
});
type Row = v.InferOutput<typeof rowSchema>;
const VERSION = 1;
const MAX_BYTES = 4 * 1024 * 1024;
/** Of a model; more undoing than that nobody does. */
const MAX_STEPS = 10;
/** Models that were not tuned for the longest time go. */
const MAX_ROWS = 500;

export interface TuningStoreOptions {
  /** Where tunings are kept. */
  readonly file: string;
  /** What a tuning holds for: processor, cores, GPU, backend. Another machine begins anew. */
  readonly machine: () => string;
  readonly log: Logger;
  /** ms since 1970. */
  readonly now?: () => number;
}

/**
 * Which tuning a model has on this machine, and those before it, to be undone. By what is in the file: a model that is
 * moved keeps its tuning. Several windows may write; each reads what is there before.
 */
export class TuningStore {
  private readonly rows: RowFile<Row>;
  private readonly fingerprints = new Fingerprints();
  private readonly changed = new Emitter<string>();
  /** The model whose tuning changed. */
  readonly onDidChange: Event<string> = this.changed.event;

  constructor(private readonly options: TuningStoreOptions) {
    const { file, log } = options;
    const what = "The tunings of models";
    this.rows = new RowFile({ file, schema: rowSchema, version: VERSION, mostBytes: MAX_BYTES, what, log });
  }

  /** Reads what is kept; what is damaged is left out. */
  async load(): Promise<void> {
    await this.rows.load();
  }

  /** As last read or written; empty: the product's default. @param model fingerprint. */
  of(model: string): EngineTuning {
    return this.step(model)?.tuning ?? {};
  }

  /** What was applied last, with what it gained; undefined: nothing, or all was undone. */
  step(model: string): TuningStep | undefined {
    return this.row(model)?.steps.at(-1);
  }

  /** As `of`, for a file that need not be known; one that cannot be read has no tuning. */
  async ofFile(file: string): Promise<EngineTuning> {
    return (await this.stepOf(file))?.tuning ?? {};
  }

  /** As `step`, for a file that need not be known. */
  async stepOf(file: string): Promise<TuningStep | undefined> {
    const machine = this.options.machine();
    try {
      // Most models were never tuned, and need not be read to say so.
      const { size } = await stat(file);
      if (!this.rows.known.some((row) => row.sizeBytes === size && row.machine === machine)) return undefined;
      return this.step(await this.fingerprints.of(file));
    } catch {
      return undefined;
    }
  }

  /**
   * Applies a tuning to a model on this machine.
   * @throws PaddockError storage/*, model files that cannot be read included.
   */
  async apply(file: string, tuning: EngineTuning, gain?: TuningStep["gain"]): Promise<void> {
    const at = (this.options.now ?? Date.now)();
    await this.change(file, (steps) =>
      [...steps, { tuning, at, ...(gain === undefined ? {} : { gain }) }].slice(-MAX_STEPS),
    );
  }

  /**
   * Goes back to the tuning before.
   * @returns whether there was one to undo.
   * @throws PaddockError storage/*
   */
  async undo(file: string): Promise<boolean> {
    return this.change(file, (steps) => (steps.length === 0 ? undefined : steps.slice(0, -1)));
  }

  /** Forgets all tunings of all machines. @throws PaddockError storage/* */
  async clear(): Promise<void> {
    const models = this.rows.known.map(({ model }) => model);
    await this.rows.change(() => []);
    for (const model of models) this.changed.fire(model);
  }

  /** @param next undefined: nothing changes. @returns whether something did. */
  private async change(
    file: string,
    next: (steps: readonly TuningStep[]) => readonly TuningStep[] | undefined,
  ): Promise<boolean> {
    const machine = this.options.machine();
    let model: string;
    let sizeBytes: number;
    try {
      model = await this.fingerprints.of(file);
      sizeBytes = (await stat(file)).size;
    } catch (error) {
      throw toStorageError(error);
    }
    const isSame = (row: Row): boolean => row.model === model && row.machine === machine;
    const changed = await this.rows.change((rows) => {
      const steps = next(rows.find(isSame)?.steps ?? []);
      if (steps === undefined) return rows;
      const row = { model, sizeBytes, machine, steps: [...steps] };
      return [...rows.filter((other) => !isSame(other)), row].slice(-MAX_ROWS);
    });
    if (changed) this.changed.fire(model);
    return changed;
  }

  private row(model: string): Row | undefined {
    const machine = this.options.machine();
    return this.rows.known.find((row) => row.model === model && row.machine === machine);
  }
}
