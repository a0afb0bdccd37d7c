import { isCancellation } from "../../platform/core/errors";
import type { RowView } from "../core/pickerContract";

export type WorkKind = NonNullable<RowView["work"]>["kind"];

interface Running {
  readonly kind: WorkKind;
  readonly abort: AbortController;
  /** 0 to 1; undefined: it waits, or nobody knows. */
  fraction: number | undefined;
}

/** What is done to files, one work for each at a time. Measurements wait for each other: at once they would lie. */
export class FileWork {
  private readonly running = new Map<string, Running>();
  private measuring: Promise<void> = Promise.resolve();

  constructor(
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  of(row: string): RowView["work"] {
    const work = this.running.get(row);
    return work === undefined ? null : { kind: work.kind, fraction: work.fraction ?? null };
  }

  /** Never rejects: what fails is told. A second work for the same row is not begun. */
  async run(
    row: string,
    kind: WorkKind,
    work: (signal: AbortSignal, onProgress: (fraction: number) => void) => Promise<void>,
  ): Promise<void> {
    if (this.running.has(row)) return;
    const own: Running = { kind, abort: new AbortController(), fraction: undefined };
    this.running.set(row, own);
    this.changed();
    const { signal } = own.abort;
    const start = (): Promise<void> =>
      signal.aborted
        ? Promise.resolve()
        : work(signal, (fraction) => {
            own.fraction = Math.min(Math.max(fraction, 0), 1);
            this.changed();
          });
    const isMeasuring = kind === "speed" || kind === "quality";
    const done = isMeasuring ? this.measuring.then(start) : start();
    if (isMeasuring) this.measuring = done.catch(() => undefined);
    try {
      await done;
    } catch (error) {
      if (!isCancellation(error) && !signal.aborted) this.failed(error);
    } finally {
      this.running.delete(row);
      this.changed();
    }
  }

  cancel(row: string): void {
    this.running.get(row)?.abort.abort();
  }

  cancelAll(): void {
    for (const { abort } of this.running.values()) abort.abort();
  }
}
