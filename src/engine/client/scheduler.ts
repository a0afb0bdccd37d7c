import { cancelled } from "../../platform/core/errors";
import { type Priority, priorities } from "../backend";
import type { Turns } from "../turns";

/** What the scheduler can do to a job that runs: hold it between two tokens or prompt slices, and let it go on. */
export interface JobControl {
  pause(): void;
  resume(): void;
}

export interface Urgency {
  readonly priority: Priority;
  /** Fires when the job has become as urgent as a completion. */
  readonly urgent?: AbortSignal | undefined;
}

interface Entry {
  rank: number;
  readonly arrival: number;
  readonly control: JobControl;
  /** Its work has been called, so only `control` can hold it. */
  begun: boolean;
  wake: () => void;
  state: "waiting" | "running" | "paused";
}

/**
 * Hands out compute slots above all engine processes. The jobs that come first, by priority and then by arrival, run;
 * those behind them wait, or are paused when they had begun. So a completion pre-empts a chat answer, and the answer
 * goes on by itself when the completion has ended. While another window has the turn, none of them runs.
 */
export class Scheduler {
  private readonly entries: Entry[] = [];
  private arrivals = 0;

  /**
   * @param turns what other windows are asked through; undefined where there are none.
   * @param slots how many jobs may compute at once; more than one only helps where jobs do not share their device.
   */
  constructor(
    private readonly turns?: Turns,
    private readonly slots = 1,
  ) {
    turns?.onDidChange(() => this.rebalance());
  }

  /** Jobs that wait, run or are paused. */
  get size(): number {
    return this.entries.length;
  }

  /**
   * Runs `work` when its turn comes; its slot is free again when it settles, however it does.
   * @throws PaddockError cancelled when the signal is aborted while it waits. A running job ends by its own means.
   */
  async run<T>(
    { priority, urgent }: Urgency,
    signal: AbortSignal,
    control: JobControl,
    work: () => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw cancelled();
    const entry: Entry = {
      rank: priorities.indexOf(urgent?.aborted === true ? "completion" : priority),
      arrival: this.arrivals++,
      control,
      begun: false,
      wake: () => undefined,
      state: "waiting",
    };
    this.insert(entry);
    const onAbort = (): void => {
      // A paused job must be let go to notice that it is cancelled; a waiting one just leaves.
      if (entry.state === "paused") entry.control.resume();
      else entry.wake();
    };
    const onUrgent = (): void => {
      this.entries.splice(this.entries.indexOf(entry), 1);
      entry.rank = priorities.indexOf("completion");
      this.insert(entry);
      this.rebalance();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    urgent?.addEventListener("abort", onUrgent, { once: true });
    try {
      this.rebalance();
      // Something more urgent may come between the call and the turn, so the state is looked at again each time.
      for (;;) {
        if (isRunning(entry)) break;
        await new Promise<void>((resolve) => (entry.wake = resolve));
        if (isAborted(signal) && !isRunning(entry)) throw cancelled();
      }
      entry.begun = true;
      return await work();
    } finally {
      signal.removeEventListener("abort", onAbort);
      urgent?.removeEventListener("abort", onUrgent);
      this.entries.splice(this.entries.indexOf(entry), 1);
      this.rebalance();
    }
  }

  private insert(entry: Entry): void {
    const at = this.entries.findIndex((other) => other.rank > entry.rank);
    this.entries.splice(at === -1 ? this.entries.length : at, 0, entry);
  }

  /** Entries are in order of precedence; the first `slots` of them are to run, when it is this window's turn. */
  private rebalance(): void {
    // May change whose turn it is at once, and so come here a second time.
    this.turns?.want(this.entries[0]?.rank ?? null);
    const slots = this.turns === undefined || this.turns.granted ? this.slots : 0;
    for (const [index, entry] of this.entries.entries()) {
      if (index >= slots && entry.state === "running") {
        entry.state = entry.begun ? "paused" : "waiting";
        if (entry.begun) entry.control.pause();
      }
    }
    for (const entry of this.entries.slice(0, slots)) {
      if (entry.state === "paused") {
        entry.state = "running";
        entry.control.resume();
      } else if (entry.state === "waiting") {
        entry.state = "running";
        entry.wake();
      }
    }
  }
}

/** Read anew each time: rebalance changes it while a job waits. */
function isRunning(entry: Entry): boolean {
  return entry.state === "running";
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
