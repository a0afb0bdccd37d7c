import { cancelled, isCancellation } from "../../platform/core/errors";
import type { RunningView } from "../core/speedContract";
import { PauseWatch, type Urgent } from "./pauseWatch";

/** What a piece of work can tell while it goes on. */
export interface Work {
  readonly signal: AbortSignal;
  /** What is absent stays as it was. */
  update(progress: Partial<Omit<RunningView, "kind" | "isPaused">>): void;
  /** For a screen reader. */
  announce(text: string): void;
  /** Stays to be read until it is dismissed. */
  note(text: string): void;
}

export interface WorkBenchNeeds {
  readonly urgent: Urgent;
  readonly changed: () => void;
  readonly announce: (text: string) => void;
  readonly note: (text: string) => void;
  readonly fail: (error: unknown) => void;
}

interface Current {
  view: Omit<RunningView, "isPaused">;
  readonly stop: AbortController;
  readonly pause: PauseWatch;
  ended: Promise<void>;
}

/** One measurement at a time: two would measure each other. */
export class WorkBench {
  private current: Current | undefined;

  constructor(private readonly needs: WorkBenchNeeds) {}

  running(): RunningView | null {
    return this.current === undefined ? null : { ...this.current.view, isPaused: this.current.pause.isPaused };
  }

  /** Resolves when it is over, however it ended. @returns false: something else is measured, and nothing was begun. */
  async run(kind: RunningView["kind"], label: string, body: (work: Work) => Promise<void>): Promise<boolean> {
    if (this.current !== undefined) return false;
    const { urgent, changed, announce, note, fail } = this.needs;
    const stop = new AbortController();
    const current: Current = {
      view: { kind, label, fraction: 0, timeLeftMs: null },
      stop,
      pause: new PauseWatch(urgent, changed),
      ended: Promise.resolve(),
    };
    this.current = current;
    const update: Work["update"] = (progress) => {
      current.view = { ...current.view, ...progress };
      changed();
    };
    changed();
    current.ended = body({ signal: stop.signal, update, announce, note })
      .catch((error: unknown) => {
        if (!isCancellation(error)) fail(error);
      })
      .finally(() => {
        current.pause.dispose();
        this.current = undefined;
        changed();
      });
    await current.ended;
    return true;
  }

  /** Resolves when what ran is over and has kept what it had. */
  async cancel(): Promise<void> {
    this.current?.stop.abort(cancelled());
    await this.current?.ended;
  }
}
