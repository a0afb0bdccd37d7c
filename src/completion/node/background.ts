import { isCancellation, toPaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { EditorSnapshot } from "../core/editorSnapshot";
import { placeOf } from "../core/suggestion";
import type { Generation } from "./generation";
import { sleep } from "./sleep";

/** A suggestion that is looked at for so long, ms, may be accepted, and what follows is worth having. */
const PREFETCH_MS = 150;

/** How something is made ahead. */
export interface Prefetch {
  readonly begin: () => Generation;
  /** Resolves when it has ended; never rejects. */
  readonly ask: (generation: Generation) => Promise<void>;
  readonly keep: (generation: Generation) => void;
}

/** What runs when nobody waits, one thing at a time: a warm-up of the prompt, or what follows the suggestion shown. */
export class Background {
  private running: AbortController | undefined;
  /** The place whose suggestion is prefetched, or was. */
  private ahead: string | undefined;
  /** What is being made for it. */
  private coming: Generation | undefined;

  constructor(private readonly log: Logger) {}

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** What is made ahead goes on here. */
  isComing(snapshot: EditorSnapshot): boolean {
    return this.coming?.sentAt !== undefined && !this.coming.ended && this.coming.agrees(snapshot);
  }

  /** What was being made ahead for this place, which from here on is the caller's. */
  take(snapshot: EditorSnapshot): Generation | undefined {
    const { coming } = this;
    if (!this.isComing(snapshot)) return undefined;
    this.running = undefined;
    this.coming = undefined;
    return coming;
  }

  /** In the place of what ran. Never rejects. */
  async run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.stop();
    const stopping = new AbortController();
    this.running = stopping;
    try {
      await work(stopping.signal);
    } catch (error) {
      if (!isCancellation(error)) this.log.debug(`Nothing was made ready: ${toPaddockError(error).message}`);
    } finally {
      if (this.running === stopping) this.running = undefined;
    }
  }

  /** Makes what would stand at the snapshot's cursor, once for each place. Never rejects. */
  async prefetch(snapshot: EditorSnapshot, { begin, ask, keep }: Prefetch): Promise<void> {
    // While the suggestion is typed along, what follows it stays the same, also where that is nothing.
    const place = JSON.stringify(placeOf(snapshot));
    if (place === this.ahead) return;
    await this.run(async (signal) => {
      this.ahead = place;
      await sleep(PREFETCH_MS, signal);
      const generation = begin();
      const stop = (): void => generation.stop();
      signal.addEventListener("abort", stop, { once: true });
      this.coming = generation;
      await ask(generation);
      if (this.coming === generation) this.coming = undefined;
      keep(generation);
    });
  }

  stop(): void {
    this.running?.abort();
    this.running = undefined;
    this.ahead = undefined;
  }
}
