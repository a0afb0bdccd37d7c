import { mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Logger } from "../../platform/core/logger";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { fileFingerprint } from "../../platform/node/fileFingerprint";
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
const version = 1;
const fileSchema = v.object({ version: v.literal(version), rows: v.array(v.unknown()) });
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
  private rows: readonly Row[] | undefined;
  private readonly fingerprints = new Map<string, Promise<string>>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    /** Where they are kept. */
    private readonly file: string,
    /** What makes figures of two machines different ones: processor, GPU, backend, version of llama.cpp. */
    private readonly machine: () => string,
    private readonly log: Logger,
  ) {}

  /** What is known of a file; nothing where it cannot be read. @param sizeBytes of all its parts. */
  async get(file: string, sizeBytes: number): Promise<FileMeasurements> {
    this.rows ??= await this.read();
    const machine = this.machine();
    // Most files were never measured, and need not be read to say so.
    const rows = this.rows.filter((row) => row.sizeBytes === sizeBytes && row.machine === machine);
    if (rows.length === 0) return {};
    const fingerprint = await this.fingerprint(file).catch(() => undefined);
    const row = rows.find((one) => one.file === fingerprint);
    return row === undefined ? {} : measurements(row);
  }

  /**
   * Adds to what is known of a file.
   * @throws Node's errors when the file cannot be read or the figures not be written.
   */
  async add(file: string, sizeBytes: number, added: Pick<Row, "speed" | "quality">): Promise<void> {
    const fingerprint = await this.fingerprint(file);
    const machine = this.machine();
    const write = this.writing.then(async () => {
      const rows = await this.read();
      const isSame = (row: Row): boolean => row.file === fingerprint && row.machine === machine;
      const before = rows.find(isSame);
      const row: Row = { ...before, ...added, file: fingerprint, sizeBytes, machine, at: Date.now() };
      this.rows = [...rows.filter((one) => !isSame(one)), row].slice(-MAX_ROWS);
      await mkdir(path.dirname(this.file), { recursive: true });
      await writeFileAtomic(this.file, JSON.stringify({ version, rows: this.rows }));
    });
    this.writing = write.catch(() => undefined);
    await write;
  }

  private async fingerprint(file: string): Promise<string> {
    const { size, mtimeMs } = await stat(file);
    // A file that is replaced under its name is another one.
    const key = `${file}\0${size}\0${mtimeMs}`;
    const known = this.fingerprints.get(key);
    if (known !== undefined) return known;
    const made = fileFingerprint(file);
    this.fingerprints.set(key, made);
    made.catch(() => this.fingerprints.delete(key));
    return made;
  }

  /** Nothing where there is none yet; what is damaged is left out. */
  private async read(): Promise<readonly Row[]> {
    try {
      if ((await stat(this.file)).size > MAX_BYTES) return [];
      const { rows } = v.parse(fileSchema, JSON.parse(await readFile(this.file, "utf8")));
      return rows.flatMap((raw) => {
        const row = v.safeParse(rowSchema, raw);
        return row.success ? [row.output] : [];
      });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT"))
        this.log.warn(`The measurements of model files could not be read: ${String(error)}`);
      return [];
    }
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
