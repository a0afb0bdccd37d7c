import { cancelled, isCancellation } from "../../platform/core/errors";
import type { RunningView } from "../core/speedContract";

/** What a piece of work can tell while it goes on. */
export interface Work {
  readonly signal: AbortSignal;
  /** What is absent stays as it was. */
  update(progress: Partial<Omit<RunningView, "kind">>): void;
  /** For a screen reader. */
  announce(text: string): void;
  /** Stays to be read until it is dismissed. */
  note(text: string): void;
}

export interface WorkBenchNeeds {
  readonly changed: () => void;
  readonly announce: (text: string) => void;
  readonly note: (text: string) => void;
  readonly fail: (error: unknown) => void;
}

interface Current {
  view: RunningView;
  readonly stop: AbortController;
  ended: Promise<void>;
}

/** One measurement at a time: two would measure each other. */
export class WorkBench {
  private current: Current | undefined;

  constructor(private readonly needs: WorkBenchNeeds) {}

  running(): RunningView | null {
    return this.current?.view ?? null;
  }

  /** Resolves when it is over, however it ended. @returns false: something else is measured, and nothing was begun. */
  async run(kind: RunningView["kind"], label: string, body: (work: Work) => Promise<void>): Promise<boolean> {
    if (this.current !== undefined) return false;
    const { changed, announce, note, fail } = this.needs;
    const stop = new AbortController();
    const current: Current = {
      view: { kind, label, fraction: 0, timeLeftMs: null },
      stop,
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
