import * as v from "valibot";

/**
 * Windows take turns at the machine. Each has engines of its own, and two llama.cpp processes that compute at the same
 * time on the same cores slow each other far more than by half, since their threads wait for each other spinning. So
 * one window computes at a time: the one with the most urgent work; among equals, each for a while.
 */
export const TURNS_VERSION = 1;

/** The rank of the most urgent job a window has, 0 first; null: it has none. */
const rankSchema = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)));

/** What a window tells the one that hands out the turns. */
export const turnsKeeperContract = {
  requests: {},
  notifications: {
    want: v.object({ rank: rankSchema }),
    /** The answer to `ping`. */
    alive: v.object({}),
  },
} as const;
export type TurnsKeeperContract = typeof turnsKeeperContract;

export const turnsMemberContract = {
  requests: {},
  notifications: {
    turn: v.object({ granted: v.boolean() }),
    ping: v.object({}),
  },
} as const;
export type TurnsMemberContract = typeof turnsMemberContract;

/** What the scheduler of one window asks before it lets a job run. */
export interface Turns {
  readonly granted: boolean;
  want(rank: number | null): void;
  /** `granted` has changed. @returns what ends the listening. */
  onDidChange(listener: () => void): { dispose(): void };
}

interface Member {
  readonly rank: number;
  /** Since when it waits; among equals, who has waited longest is next. */
  since: number;
}

/**
 * Whose turn it is. Long enough that a change of turns (a token or prompt slice, some 100 ms) costs little; short enough
 * that a second window sees its answer begin.
 */
const SLICE_MS = 2_000;

/** Decides whose turn it is; pure, the clock comes with each call (ms, monotonic). */
export class TurnQueue<Id> {
  private readonly members = new Map<Id, Member>();
  private holding: { readonly id: Id; readonly since: number } | undefined;

  constructor(private readonly sliceMs: number = SLICE_MS) {}

  get holder(): Id | undefined {
    return this.holding?.id;
  }

  /** @param rank null: it has no work any more, or is gone. */
  want(id: Id, rank: number | null, now: number): void {
    if (rank === null) this.members.delete(id);
    else if (this.members.get(id)?.rank !== rank) this.members.set(id, { rank, since: now });
    this.decide(now);
  }

  /** Looks again whether the holder's time is up. */
  decide(now: number): void {
    const holding = this.holding;
    const held = holding === undefined ? undefined : this.members.get(holding.id);
    const best = Math.min(...[...this.members.values()].map(({ rank }) => rank));
    const equals = [...this.members].filter(([, { rank }]) => rank === best);
    if (holding !== undefined && held?.rank === best) {
      if (equals.length === 1 || now - holding.since < this.sliceMs) return;
      held.since = now;
    }
    let next: { id: Id; since: number } | undefined;
    for (const [id, { since }] of equals) if (next === undefined || since < next.since) next = { id, since };
    this.holding = next === undefined ? undefined : { id: next.id, since: now };
  }

  /** After how many ms `decide` may come to something else by itself; undefined: not before somebody says something. */
  nextChange(now: number): number | undefined {
    const held = this.holding === undefined ? undefined : this.members.get(this.holding.id);
    if (this.holding === undefined || held === undefined) return undefined;
    const equals = [...this.members.values()].filter(({ rank }) => rank === held.rank).length;
    return equals > 1 ? Math.max(0, this.holding.since + this.sliceMs - now) : undefined;
  }
}
