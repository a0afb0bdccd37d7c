import { setImmediate } from "node:timers/promises";

/** What one piece of work may hold the extension host's event loop for, milliseconds: half a frame. */
const sliceMs = 8;

/** For long work in the extension host: ask for a breath at each step, and the event loop gets its turn in time. */
export class Breath {
  private since = performance.now();

  /** Lets others run when the slice is over. @throws AbortError when `signal` is aborted. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (performance.now() - this.since < sliceMs) return;
    await setImmediate();
    this.since = performance.now();
    signal?.throwIfAborted();
  }
}
