import type { LlamaContextSequence, Token } from "node-llama-cpp";
import { type Gate, Mutex } from "./jobs";

/** A sequence of a context with what is needed to choose it: its KV cache is its contextTokens. */
export interface Slot {
  readonly sequence: LlamaContextSequence;
  readonly mutex: Mutex;
  session: string | null;
  users: number;
  usedAt: number;
}

/**
 * Chooses the KV cache for a job: the session's own, else of those that are no session's the one with the longest common
 * prefix, else the least recently used. A session's cache is not taken for the sake of a prefix: two sessions that
 * begin alike (a document's prompt and one for a place further down) would take it from each other with every request.
 */
export class SlotPool {
  private readonly slots: Slot[];
  private clock = 0;
  /** Users that wait at their gates. */
  private resting = 0;
  /** Resolves when the one who entered alone has left. */
  private alonePromise: Promise<void> | undefined;

  constructor(sequences: readonly LlamaContextSequence[]) {
    this.slots = sequences.map((sequence) => ({ sequence, mutex: new Mutex(), session: null, users: 0, usedAt: 0 }));
  }

  get all(): readonly Slot[] {
    return this.slots;
  }

  ofSession(session: string): Slot | undefined {
    return this.slots.find((slot) => slot.session === session);
  }

  /** Runs `work` with a slot that nobody else uses meanwhile. Jobs of one session run one after the other. */
  async use<T>(session: string | undefined, tokens: readonly Token[], work: (slot: Slot) => Promise<T>): Promise<T> {
    const slot = this.choose(session, tokens);
    slot.session = session ?? null;
    try {
      return await this.visit(slot, work);
    } finally {
      slot.usedAt = ++this.clock;
    }
  }

  /** As use, of a slot that stays whose it is and as old as it is. */
  async visit<T>(slot: Slot, work: (slot: Slot) => Promise<T>): Promise<T> {
    slot.users++;
    try {
      // Whoever is alone sees that it no longer is, and leaves within a token.
      await this.alonePromise;
      return await slot.mutex.run(() => work(slot));
    } finally {
      slot.users--;
    }
  }

  /** One job at most uses the context; one that is paused does not. */
  get alone(): boolean {
    return this.slots.reduce((users, slot) => users + slot.users, 0) - this.resting <= 1;
  }

  /** The gate of a user of a slot, who leaves the context to others while it waits there. */
  restingAt(gate: Pick<Gate, "closed" | "pass">): Pick<Gate, "closed" | "pass"> {
    const pass = async (signal: AbortSignal): Promise<number> => {
      const since = performance.now();
      this.resting++;
      try {
        await gate.pass(signal);
      } finally {
        this.resting--;
      }
      await this.alonePromise;
      return performance.now() - since;
    };
    return {
      get closed() {
        return gate.closed;
      },
      pass: (signal) => (gate.closed ? pass(signal) : Promise.resolve(0)),
    };
  }

  /**
   * For a user that is alone: until the function returned is called, nobody else begins to use the context, so that
   * the user may work on it without the binding's locks.
   */
  enterAlone(): () => void {
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    this.alonePromise = left;
    return () => {
      if (this.alonePromise === left) this.alonePromise = undefined;
      leave();
    };
  }

  private choose(session: string | undefined, tokens: readonly Token[]): Slot {
    const own = session === undefined ? undefined : this.ofSession(session);
    if (own !== undefined) return own;
    const free = this.slots.filter((slot) => slot.users === 0);
    const candidates = free.length > 0 ? free : this.slots;
    let best = candidates[0];
    let bestScore = -Infinity;
    for (const slot of candidates) {
      const shared = slot.session === null ? commonPrefix(slot.sequence.contextTokens, tokens) : 0;
      // A prefix counts only when it spares most of that cache: otherwise a history would be thrown away for the sake of
      // a shared system prompt.
      const worth = shared > slot.sequence.nextTokenIndex / 2 ? shared : 0;
      const score = worth > 0 ? 1e12 + worth : -slot.usedAt;
      if (score > bestScore) {
        best = slot;
        bestScore = score;
      }
    }
    if (best === undefined) throw new Error("A context without sequences.");
    return best;
  }
}

export function commonPrefix(a: readonly Token[], b: readonly Token[]): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length++;
  return length;
}
