import * as v from "valibot";
import type { Logger } from "../../platform/core/logger";
import { Fingerprints } from "../../platform/node/fingerprints";
import { RowFile } from "../../platform/node/rowFile";
import { toStorageError } from "../../platform/node/storageError";
import { figure } from "../core/figure";
import type { Measurements } from "../core/verdict";

const measuredSchema = v.object({ value: v.pipe(v.number(), v.finite()), error: v.pipe(v.number(), v.minValue(0)) });
const rowSchema = v.object({
  /** Fingerprint of the file, or of a split model's first part. */
  file: v.string(),
  /** Of all parts, bytes. */
  sizeBytes: v.number(),
  machine: v.string(),
  /** ms since 1970. */
  at: v.number(),
  speed: v.optional(v.object({ pp: measuredSchema, tg: measuredSchema })),
  quality: v.optional(v.object({ kld: measuredSchema, sameTop: measuredSchema, reference: v.string() })),
});
type Row = v.InferOutput<typeof rowSchema>;
const VERSION = 1;
const MAX_BYTES = 8 * 1024 * 1024;
/** Older rows go. */
const MAX_ROWS = 2000;

/** A number with the half-width of its 95% interval. */
export type Measured = v.InferOutput<typeof measuredSchema>;

export interface FileMeasurements extends Measurements {
  /** Name of the file that the quality was measured against. */
  readonly reference?: string;
}

/**
 * What was measured of files, by what is in them and by machine: a file that is moved keeps its figures, one that is
 * replaced loses them. Several windows may write; each reads what is there before.
 */
export class MeasurementStore {
  private readonly rows: RowFile<Row>;
  private readonly fingerprints = new Fingerprints();

  /**
   * @param file where they are kept.
   * @param machine what makes figures of two machines different ones: processor, GPU, backend, version of llama.cpp.
   */
  constructor(
    file: string,
    private readonly machine: () => string,
    log: Logger,
  ) {
    const what = "The measurements of model files";
    this.rows = new RowFile({ file, schema: rowSchema, version: VERSION, mostBytes: MAX_BYTES, what, log });
  }

  /** What is known of a file; nothing where it cannot be read. @param sizeBytes of all its parts. */
  async get(file: string, sizeBytes: number): Promise<FileMeasurements> {
    const machine = this.machine();
    // Most files were never measured, and need not be read to say so.
    const rows = (await this.rows.loaded()).filter((row) => row.sizeBytes === sizeBytes && row.machine === machine);
    if (rows.length === 0) return {};
    const fingerprint = await this.fingerprints.of(file).catch(() => undefined);
    const row = rows.find((one) => one.file === fingerprint);
    return row === undefined ? {} : measurements(row);
  }

  /**
   * Adds to what is known of a file.
   * @throws PaddockError storage/* when the file cannot be read or the figures not be written.
   */
  async add(file: string, sizeBytes: number, added: Pick<Row, "speed" | "quality">): Promise<void> {
    const fingerprint = await this.fingerprints.of(file).catch((error: unknown) => {
      throw toStorageError(error);
    });
    const machine = this.machine();
    const isSame = (row: Row): boolean => row.file === fingerprint && row.machine === machine;
    await this.rows.change((rows) => {
      const row: Row = { ...rows.find(isSame), ...added, file: fingerprint, sizeBytes, machine, at: Date.now() };
      return [...rows.filter((one) => !isSame(one)), row].slice(-MAX_ROWS);
    });
  }
}

function measurements({ speed, quality }: Row): FileMeasurements {
  const measured = ({ value, error }: Measured) => figure(value, "measured", error);
  return {
    ...(speed === undefined ? {} : { speed: { pp: measured(speed.pp), tg: measured(speed.tg) } }),
    ...(quality === undefined
      ? {}
      : {
          quality: { kld: measured(quality.kld), sameTop: measured(quality.sameTop) },
          reference: quality.reference,
        }),
  };
}
