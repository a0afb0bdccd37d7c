import { PaddockError } from "../../platform/core/errors";
import type { ServerTarget } from "../core/protocol";

/** A session with a server of any kind: its transactions, and what a cancel must know so as not to meet the next statement. */
export abstract class ServerConnection {
  /** Why the line is gone. */
  protected failure: Error | undefined;
  /** Statements so far that have their answer. */
  protected answered = 0;

  protected constructor(
    protected readonly target: ServerTarget,
    /** The engine's errors as ours. */
    private readonly named: (error: unknown, target: ServerTarget) => unknown,
  ) {}

  /** Stops what runs. Never rejects. */
  abstract cancel(): Promise<void>;
  abstract close(): Promise<void>;
  /** @param ms how long each of the transaction's statements may take. */
  protected abstract begin(kind: "READ ONLY" | "READ WRITE", ms: number): Promise<void>;
  protected abstract commit(): Promise<void>;
  protected abstract rollback(): Promise<unknown>;

  /**
   * Runs work in a transaction, which is taken back unless it asks for its commit.
   * @param ms how long each of its statements may take.
   * @throws PaddockError
   */
  async transaction<T>(
    kind: "READ ONLY" | "READ WRITE",
    ms: number,
    signal: AbortSignal,
    work: (commit: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    if (this.failure !== undefined) throw this.named(this.failure, this.target);
    let stopping: Promise<void> | undefined;
    const stop = (): void => void (stopping ??= this.cancel());
    try {
      await this.begin(kind, ms);
      signal.addEventListener("abort", stop, { once: true });
      try {
        signal.throwIfAborted();
        return await work(() => this.commit());
      } finally {
        signal.removeEventListener("abort", stop);
        // A cancel that is on its way must not meet the next statement.
        await stopping;
        await this.rollback().catch(() => this.rollback());
      }
    } catch (error) {
      throw this.named(error, this.target);
    }
  }

  /** Counts a statement whose answer this is. */
  protected async counted<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } finally {
      this.answered++;
    }
  }
}

/** The error of a statement that the server finds to do more than read. @param who says so. */
export function givesNoRows(who: string): PaddockError {
  return new PaddockError("sql/refused", `${who} says that this statement gives no rows, so it does not only read.`);
}

/** The error of a statement that was to write, and changes no rows of its nature. */
export function changesNoRows(who: string): PaddockError {
  return new PaddockError("sql/refused", `${who} says that this statement does not change rows.`);
}
