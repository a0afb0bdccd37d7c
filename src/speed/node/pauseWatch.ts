import type { Disposable } from "../../platform/core/disposables";
import type { Event } from "../../platform/core/event";

/** Whether something that is more urgent computes now, in this window or another. */
export interface Urgent {
  isBusy(): boolean;
  readonly onDidChange: Event<undefined>;
}

/** What is over sooner is no pause that anybody would want to read of, ms. */
const LEAST_MS = 150;
/** Somebody who types asks again and again; between two completions nothing is told to have gone on, ms. */
const LINGER_MS = 500;

/** Tells that what is measured waits, without a flicker for each key. */
export class PauseWatch implements Disposable {
  private paused = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private awaits: boolean | undefined;
  private readonly listening: Disposable;

  constructor(
    private readonly urgent: Urgent,
    private readonly changed: () => void,
  ) {
    this.listening = urgent.onDidChange(() => this.look());
    this.look();
  }

  get isPaused(): boolean {
    return this.paused;
  }

  dispose(): void {
    this.listening.dispose();
    clearTimeout(this.timer);
  }

  private look(): void {
    const busy = this.urgent.isBusy();
    // It is so already, or will be when the time is over.
    if (busy === (this.awaits ?? this.paused)) return;
    clearTimeout(this.timer);
    this.awaits = undefined;
    if (busy === this.paused) return;
    this.awaits = busy;
    this.timer = setTimeout(
      () => {
        this.awaits = undefined;
        this.paused = busy;
        this.changed();
      },
      busy ? LEAST_MS : LINGER_MS,
    );
  }
}
