import { cancelled } from "../../platform/core/errors";

/** The pause gate of one job: what runs looks at it between two slices or tokens. */
export class Gate {
  private opened: (() => void) | undefined;
  private opening: Promise<void> | undefined;

  get closed(): boolean {
    return this.opening !== undefined;
  }

  close(): void {
    this.opening ??= new Promise((resolve) => {
      this.opened = resolve;
    });
  }

  open(): void {
    this.opened?.();
    this.opened = undefined;
    this.opening = undefined;
  }

  /** Resolves when the gate is open or the signal is aborted, whichever is first; returns how long it took, ms. */
  async pass(signal: AbortSignal): Promise<number> {
    if (this.opening === undefined || signal.aborted) return 0;
    const since = performance.now();
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      void this.opening?.then(resolve);
    });
    return performance.now() - since;
  }
}

export interface Job {
  readonly gate: Pick<Gate, "closed" | "pass">;
  readonly signal: AbortSignal;
}

/** More pauses for jobs that never came than this are forgotten, oldest first. */
const EARLY_PAUSES = 100;

/** Running jobs by id. A job that is paused before it arrives begins paused. */
export class Jobs {
  private readonly running = new Map<string, Gate>();
  private readonly pausedEarly = new Set<string>();
  private readonly stopping = new AbortController();

  get count(): number {
    return this.running.size;
  }

  async run<T>(id: string, signal: AbortSignal, work: (job: Job) => Promise<T>): Promise<T> {
    if (this.stopping.signal.aborted) throw cancelled();
    const gate = new Gate();
    if (this.pausedEarly.delete(id)) gate.close();
    this.running.set(id, gate);
    try {
      return await work({ gate, signal: AbortSignal.any([signal, this.stopping.signal]) });
    } finally {
      if (this.running.get(id) === gate) this.running.delete(id);
    }
  }

  pause(id: string): void {
    const gate = this.running.get(id);
    if (gate !== undefined) {
      gate.close();
      return;
    }
    this.pausedEarly.add(id);
    const [oldest] = this.pausedEarly;
    if (this.pausedEarly.size > EARLY_PAUSES && oldest !== undefined) this.pausedEarly.delete(oldest);
  }

  resume(id: string): void {
    this.pausedEarly.delete(id);
    this.running.get(id)?.open();
  }

  cancelAll(): void {
    this.stopping.abort(cancelled());
  }
}

/** One at a time, first come first served. */
export class Mutex {
  private tail: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(work, work);
    this.tail = result.catch(() => undefined);
    return result;
  }
}
