import type { InfillLayout, InfillPrompt, InfillResult } from "../../engine/infill";
import type { ContextChunk } from "./contextChunk";
import type { EditorSnapshot } from "./editorSnapshot";
import { follow, makePlan, type PlanBudget, promptOf, type PromptPlan } from "./promptPlan";

/** What a key may wait for its prompt, ms: more, and the short prompt is asked. */
const PATIENCE_MS = 150;
/** UTF-16 units of code in a token, about: an estimate that only chooses between two prompts. */
const UNITS_PER_TOKEN = 3;
/** Until pp is measured, tokens/s: a slow laptop's. */
const FIRST_GUESS = 200;
/** The long prompt is as long as is processed anew in this time, ms, within bounds. */
const FAR_MS = 4000;
const FAR_LEAST = 512;
const FAR_MOST = 2400;
const NEAR: PlanBudget = { prefix: 900, suffix: 240, chunks: 0 };

export type LaneName = "near" | "far";

/** A KV cache of the engine and what is in it, as far as is known here. */
interface Lane {
  readonly name: LaneName;
  plan: PromptPlan | undefined;
  /** The text that the KV cache holds. */
  held: string;
}

export interface LanePrompt {
  readonly lane: LaneName;
  readonly plan: PromptPlan;
  readonly prompt: InfillPrompt;
  /** The plan was made for this: not only typed text is new. */
  readonly isNew: boolean;
  /** Tokens to be processed, about. */
  readonly newTokens: number;
}

/** What the model is shown besides the file. */
export interface Around {
  readonly repository: string;
  /** Chosen to fit `room`, in UTF-16 units, beside this prefix and suffix. */
  readonly chunks: (prefix: string, suffix: string, room: number) => readonly ContextChunk[];
}

/**
 * Two prompts for one place, each in a KV cache of its own: a long one with what is around, and a short one that is
 * processed soon after a jump on a machine that needs seconds for the long one. The long one catches up in idle time.
 */
export class Lanes {
  private readonly near: Lane = { name: "near", plan: undefined, held: "" };
  private readonly far: Lane = { name: "far", plan: undefined, held: "" };
  private rate: number | null = null;

  /** Measured pp, tokens/s. */
  measured(promptN: number, promptMs: number): void {
    // Few tokens measure the first token's own decoding rather than pp.
    if (promptN < 32 || promptMs <= 0) return;
    const rate = (promptN * 1000) / promptMs;
    this.rate = this.rate === null ? rate : 0.7 * this.rate + 0.3 * rate;
  }

  get tokensPerSecond(): number {
    return this.rate ?? FIRST_GUESS;
  }

  /** The prompt to ask now. */
  choose(snapshot: EditorSnapshot, order: InfillLayout["order"], around: Around): LanePrompt {
    const far = this.prompt(this.far, snapshot, order, around);
    if (this.waitMs(far) <= PATIENCE_MS) return this.take(far);
    const near = this.prompt(this.near, snapshot, order, around);
    return this.take(near.newTokens < far.newTokens ? near : far);
  }

  /** The short prompt, where the next key would have to wait for either. */
  nearFirst(snapshot: EditorSnapshot, order: InfillLayout["order"], around: Around): LanePrompt | undefined {
    const far = this.prompt(this.far, snapshot, order, around);
    const near = this.prompt(this.near, snapshot, order, around);
    const isWanted = this.waitMs(far) > PATIENCE_MS && this.waitMs(near) > PATIENCE_MS;
    return isWanted && near.newTokens < far.newTokens ? this.take(near) : undefined;
  }

  /** The long prompt, where it is not all in its KV cache yet; with the anchor at the cursor's line. */
  behind(snapshot: EditorSnapshot, order: InfillLayout["order"], around: Around): LanePrompt | undefined {
    const { plan } = this.far;
    const stale = plan === undefined || plan.anchor < snapshot.cursor.line;
    const far = this.prompt(this.far, snapshot, order, around, stale);
    return far.newTokens > 1 ? this.take(far) : undefined;
  }

  /** A request has ended: what of its prompt was processed, and the text that was generated after it. */
  processed({ lane, plan, prompt }: LanePrompt, { parts, timings }: InfillResult, generated: string): void {
    const total = parts.reduce((sum, part) => sum + part.tokens, 0);
    const done = timings.prompt_n + timings.cache_n;
    const text = laidOut(plan, prompt);
    this[lane].held =
      done >= total - 1 ? text + generated : text.slice(0, Math.floor((text.length * done) / Math.max(1, total)));
    this.measured(timings.prompt_n, timings.prompt_ms);
  }

  /** The engine has lost its KV caches. */
  reset(): void {
    for (const lane of [this.near, this.far]) {
      lane.plan = undefined;
      lane.held = "";
    }
  }

  private take(chosen: LanePrompt): LanePrompt {
    this[chosen.lane].plan = chosen.plan;
    return chosen;
  }

  private waitMs({ newTokens }: LanePrompt): number {
    return (newTokens * 1000) / this.tokensPerSecond;
  }

  private prompt(
    lane: Lane,
    snapshot: EditorSnapshot,
    order: InfillLayout["order"],
    { repository, chunks }: Around,
    anew = false,
  ): LanePrompt {
    const { plan: old } = lane;
    if (old?.order === order && !anew) {
      const followed = follow(old, snapshot);
      if (followed !== undefined) return this.counted(lane, old, followed, false);
    }
    const budget = lane.name === "near" ? NEAR : this.farBudget();
    const bare = makePlan(snapshot, order, budget, { repository, chunks: [] }, lane.plan);
    const plan = budget.chunks === 0 ? bare : { ...bare, chunks: chunks(bare.prefix, bare.suffix, budget.chunks) };
    const typed = snapshot.lines.line(snapshot.cursor.line).slice(0, snapshot.cursor.character);
    return this.counted(lane, plan, promptOf(plan, typed), true);
  }

  private counted(lane: Lane, plan: PromptPlan, prompt: InfillPrompt, isNew: boolean): LanePrompt {
    const text = laidOut(plan, prompt);
    const shared = commonLength(text, lane.held);
    return {
      lane: lane.name,
      plan,
      prompt,
      isNew,
      newTokens: Math.max(1, Math.ceil((text.length - shared) / UNITS_PER_TOKEN)),
    };
  }

  private farBudget(): PlanBudget {
    const tokens = Math.min(FAR_MOST, Math.max(FAR_LEAST, (this.tokensPerSecond * FAR_MS) / 1000));
    // In steps, so that a speed that wavers does not move the window.
    const units = Math.round(tokens / 256) * 256 * UNITS_PER_TOKEN;
    return { prefix: units * 0.55, suffix: units * 0.2, chunks: units * 0.25 };
  }
}

/** The prompt's texts in the order of its layout. */
function laidOut({ order }: PromptPlan, { repository, files, file, prefix, suffix, typed }: InfillPrompt): string {
  const around = `${repository}\n${files.map(({ name, text }) => `${name}\n${text}`).join("\n")}${file}\n`;
  switch (order) {
    case "prefix-only":
      return around + prefix + typed;
    case "prefix-suffix-middle":
      return `${around}${prefix}\0${suffix}\0${typed}`;
    case "suffix-prefix-middle":
      return `${around}${suffix}\0${prefix}${typed}`;
  }
}

function commonLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
