import { randomUUID } from "node:crypto";
import { cancelled } from "../../platform/core/errors";
import type { EngineProcess } from "./engineProcess";
import type { JobControl } from "./scheduler";

/** Somebody who types pauses a measurement with each key: an engine that was ended for it begins again after so long. */
const QUIET_MS = 1500;

/**
 * The turn of one measurement: what the scheduler pauses. Most work waits inside its engine, between two slices or
 * tokens. A batch as large as a benchmark's may take seconds and cannot be interrupted, so its process is ended, which
 * has nothing to lose but one repetition.
 */
export class MeasuringTurn implements JobControl {
  readonly job = randomUUID();
  private engine: EngineProcess | undefined;
  private paused = false;
  private changed: (() => void) | undefined;
  private batches: "none" | "running" | "ended" = "none";

  /** The process that is paused from now on. */
  use(engine: EngineProcess): void {
    this.engine = engine;
  }

  pause(): void {
    this.paused = true;
    if (this.batches === "running") {
      this.batches = "ended";
      this.engine?.dispose();
    } else this.engine?.peer.notify("pause", { job: this.job });
    this.changed?.();
  }

  resume(): void {
    this.paused = false;
    this.engine?.peer.notify("resume", { job: this.job });
    this.changed?.();
  }

  /** Before each request: a pause that came between two of them would otherwise be forgotten. */
  holdIfPaused(): void {
    if (this.paused) this.engine?.peer.notify("pause", { job: this.job });
  }

  /**
   * A request of batches that cannot be interrupted.
   * @returns undefined where something more urgent came: the process is gone then.
   */
  async inBatches<T>(request: () => Promise<T>): Promise<T | undefined> {
    if (this.paused) {
      this.engine?.dispose();
      return undefined;
    }
    this.batches = "running";
    try {
      return await request();
    } catch (error) {
      if (this.ended()) return undefined;
      throw error;
    } finally {
      this.batches = "none";
    }
  }

  /**
   * Nothing more urgent has come for a while.
   * @returns how long that took, ms.
   * @throws PaddockError cancelled
   */
  async quiet(signal: AbortSignal): Promise<number> {
    const since = performance.now();
    for (let quietSince = since; this.paused || performance.now() - quietSince < QUIET_MS;) {
      if (signal.aborted) throw cancelled();
      await this.change(signal, this.paused ? undefined : QUIET_MS - (performance.now() - quietSince));
      if (this.paused) quietSince = Infinity;
      else if (quietSince === Infinity) quietSince = performance.now();
    }
    if (signal.aborted) throw cancelled();
    return performance.now() - since;
  }

  /** A function, because the compiler takes a state it has just set to stay as it was over an await. */
  private ended(): boolean {
    return this.batches === "ended";
  }

  /** Resolves at the next pause or resume, the signal, or after `ms`. */
  private change(signal: AbortSignal, ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      const { changed } = this;
      signal.addEventListener("abort", done, { once: true });
      this.changed = done;
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        changed?.();
        resolve();
      }
    });
  }
}
