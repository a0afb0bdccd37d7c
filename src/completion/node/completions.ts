import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import { CompletionStats } from "../core/completionStats";
import { Debounce } from "../core/debounce";
import { type EditorSnapshot, linePrefix } from "../core/editorSnapshot";
import type { Reason } from "../core/reasons";
import { type Rest, restOf, type Suggestion, Suggestions } from "../core/suggestion";
import { reasonAgainst } from "../core/when";
import { withText } from "../core/withText";
import { Background } from "./background";
import { Generation } from "./generation";
import { type CompletionDeps, ModelAsker } from "./modelAsker";

/** After the last key, ms: then the long prompt catches up, since nobody is typing into it. */
const IDLE_MS = 300;
/** After the cursor has moved, ms: a place where somebody lands is where they type. */
const MOVED_MS = 80;
/** Alternatives offered beside the first where the person asks for them. */
const ALTERNATIVES = 2;
/** Several signs of growth are told as one, ms. */
const GROWTH_MS = 60;
/** A line up to the cursor that begins no word and opens no list of members. */
const beforeNoWord = /(?:^|[\s()[\]{},;=+*&|!>-])$/u;

type Timer = ReturnType<typeof setTimeout>;

export interface SuggestOptions {
  /** The person asked for it, by a command or by cycling. */
  readonly explicit: boolean;
  readonly suggestWidget: boolean;
  /** Aborted when nobody waits any more; the generation goes on while what is typed agrees with it. */
  readonly signal: AbortSignal;
}

export interface Suggested {
  readonly kind: "shown";
  /** The first is the best. */
  readonly items: readonly { readonly id: number; readonly text: string; readonly replaces: number }[];
  /** More of it may come: see onDidGrow. */
  readonly growing: boolean;
}
export interface NotSuggested {
  readonly kind: "none";
  readonly reason: Reason;
}

/**
 * Inline completions of one editor, without VS Code: told of every change and asked for suggestions, it decides when
 * the model is asked, keeps what still fits, stops at once what does not, and uses idle time to have the prompt ready.
 */
export class Completions implements Disposable {
  readonly stats = new CompletionStats();
  private readonly store = new DisposableStore();
  private readonly growth = new Emitter<{ readonly uri: string }>();
  private readonly endings = new Emitter<Generation>();
  private readonly asker: ModelAsker;
  private readonly debounce = new Debounce();
  private readonly suggestions = new Suggestions();
  private current: Generation | undefined;
  private readonly background: Background;
  private idle: Timer | undefined;
  private growing: Timer | undefined;
  private keyAt = -Infinity;
  private last: { readonly suggestion: Suggestion; readonly typed: number } | undefined;
  private ids = 0;
  /** More of what was shown has come: ask again. */
  readonly onDidGrow = this.growth.event;
  /** A request to the model has ended, whatever became of it. */
  readonly onDidEnd = this.endings.event;

  constructor(private readonly deps: CompletionDeps) {
    this.asker = this.store.add(new ModelAsker(deps));
    this.background = new Background(deps.log);
  }

  /** Whether the model sees what follows the cursor; undefined until it is loaded. */
  get seesSuffix(): boolean | undefined {
    return this.asker.seesSuffix;
  }

  /** At once at every change of the text or the cursor in the editor that has the focus. */
  changed(snapshot: EditorSnapshot, what: "edit" | "move"): void {
    const now = performance.now();
    if (what === "edit") {
      this.debounce.key(now);
      this.keyAt = now;
    }
    const fits = this.follow(snapshot, what);
    // What follows the suggestion shown is still worth having while that is typed through.
    if (!fits && !this.background.isComing(snapshot)) this.background.stop();
    clearTimeout(this.idle);
    if (this.current !== undefined && !this.current.agrees(snapshot)) this.drop(this.current);
    if (what === "edit") this.startEarly(snapshot, now);
    this.idle = setTimeout(() => this.catchUp(snapshot, what), what === "edit" ? IDLE_MS : MOVED_MS);
  }

  /**
   * VS Code asks 50 ms after a key. Where no word is begun, which the suggest widget might complete, it is sure to, and
   * the model begins at once.
   */
  private startEarly(snapshot: EditorSnapshot, now: number): void {
    const asked = { explicit: false, suggestWidget: false, seesSuffix: this.seesSuffix ?? false };
    if (!beforeNoWord.test(linePrefix(snapshot)) || reasonAgainst(snapshot, asked) !== undefined) return;
    if (this.suggestions.find(snapshot) !== undefined || this.fitting(snapshot) !== undefined) return;
    if (this.adopt(snapshot, now) !== undefined) return;
    this.start(snapshot, now, this.debounce.ms);
  }

  /** The editor lost the focus, or completions were turned off: nothing is wanted. */
  left(): void {
    clearTimeout(this.idle);
    this.background.stop();
    if (this.current !== undefined) this.drop(this.current);
    this.last = undefined;
  }

  /** What was kept may not be shown again: another model, other settings. */
  forget(): void {
    this.left();
    this.suggestions.clear();
    this.asker.forget();
  }

  /** Never rejects. */
  async suggest(snapshot: EditorSnapshot, options: SuggestOptions): Promise<Suggested | NotSuggested> {
    const { explicit, suggestWidget, signal } = options;
    const since = performance.now();
    // A key long ago is not what this waits for.
    const askedAt = since - this.keyAt < 500 ? this.keyAt : since;
    const against = reasonAgainst(snapshot, { explicit, suggestWidget, seesSuffix: this.seesSuffix ?? false });
    if (against !== undefined) {
      if (this.current !== undefined) this.drop(this.current);
      return this.none(against);
    }
    const kept = this.suggestions.find(snapshot);
    if (kept !== undefined) {
      this.stats.ended({ shownMs: performance.now() - askedAt, typedThrough: true, reason: undefined });
      const first = this.handOut(kept.suggestion, kept, snapshot);
      if (!explicit) return { kind: "shown", items: [first], growing: false };
      return {
        kind: "shown",
        items: [first, ...(await this.alternatives(snapshot, first.text, signal))],
        growing: false,
      };
    }
    const deadline = explicit ? undefined : askedAt + this.deps.settings().deadlineMs;
    let generation =
      this.fitting(snapshot) ??
      this.adopt(snapshot, askedAt) ??
      this.start(snapshot, askedAt, explicit ? 0 : this.debounce.ms);
    let outcome = await this.showable(generation, snapshot, { explicit, deadline, signal });
    if (outcome === "spent") {
      // All of it was typed before it ended: what follows it is a new request.
      generation = this.start(snapshot, askedAt, 0);
      outcome = await this.showable(generation, snapshot, { explicit, deadline, signal });
    }
    if (outcome === "spent") return this.none("empty");
    if (typeof outcome === "string") {
      // Too late for this place: what was processed of the prompt stays, and idle time goes on with it.
      if (outcome === "late") {
        this.drop(generation);
        clearTimeout(this.idle);
        this.idle = setTimeout(() => this.catchUp(snapshot, "edit"), 0);
      }
      return this.none(outcome);
    }
    const ms = performance.now() - askedAt;
    this.stats.ended({ shownMs: ms, typedThrough: false, reason: undefined });
    // Not the wait itself, or waiting once would make it wait for ever.
    if (generation.sentAt !== undefined) this.debounce.answered(performance.now() - Math.max(since, generation.sentAt));
    const first = this.handOut(suggestionOf(generation), outcome, snapshot);
    generation.shown = { snapshot, rest: outcome };
    generation.shownAt ??= performance.now();
    const items = explicit ? [first, ...(await this.alternatives(snapshot, first.text, signal))] : [first];
    return { kind: "shown", items, growing: !generation.ended };
  }

  dispose(): void {
    this.left();
    clearTimeout(this.growing);
    this.store.dispose();
    this.growth.dispose();
    this.endings.dispose();
  }

  private none(reason: Reason): NotSuggested {
    this.stats.ended({ shownMs: null, typedThrough: false, reason });
    return { kind: "none", reason };
  }

  private handOut(suggestion: Suggestion, rest: Rest, snapshot: EditorSnapshot): Suggested["items"][number] {
    this.last = { suggestion, typed: rest.typed };
    this.stats.suggestion(suggestion.id);
    if (this.current?.ended !== false) this.prefetchSoon(snapshot, rest);
    return { id: suggestion.id, text: rest.text, replaces: rest.replaces };
  }

  /**
   * Sees by the text alone that a suggestion was accepted, in whole or in part: more of it came in one change than a
   * key brings. VS Code tells of a whole one only, and of no part.
   * @returns whether the suggestion shown last still goes on here.
   */
  private follow(snapshot: EditorSnapshot, what: "edit" | "move"): boolean {
    const { last } = this;
    if (last === undefined) return false;
    const grown = this.current?.id === last.suggestion.id ? suggestionOf(this.current) : last.suggestion;
    const rest = restOf(grown, snapshot);
    if (rest === undefined) {
      this.last = undefined;
      return false;
    }
    if (what === "edit" && rest.typed - last.typed > 1) this.stats.accepted(last.suggestion.id);
    this.last = { suggestion: grown, typed: rest.typed };
    return true;
  }

  private start(snapshot: EditorSnapshot, askedAt: number, wait: number): Generation {
    if (this.current !== undefined) this.drop(this.current);
    this.background.stop();
    const generation = new Generation(++this.ids, snapshot, askedAt);
    this.current = generation;
    void this.ask(generation, "completion", wait).then(() => this.keep(generation));
    return generation;
  }

  /** What was being made ahead for this place is what somebody waits for now. */
  private adopt(snapshot: EditorSnapshot, askedAt: number): Generation | undefined {
    const coming = this.background.take(snapshot);
    if (coming === undefined) return undefined;
    if (this.current !== undefined) this.drop(this.current);
    this.current = coming;
    coming.want(askedAt);
    return coming;
  }

  /** A generation has ended, and has told the model's reasons or its text. */
  private keep(generation: Generation): void {
    const { reason, shape, shown } = generation;
    if (reason === undefined) this.suggestions.add(suggestionOf(generation));
    if (shown === undefined || reason !== undefined || this.current !== generation) return;
    if (shape.text.length > shown.rest.typed + shown.rest.text.length) this.grew(generation);
    else this.prefetchSoon(shown.snapshot, shown.rest);
  }

  /** What is on its way and goes on at the cursor. One that has ended with a text is among the suggestions. */
  private fitting(snapshot: EditorSnapshot): Generation | undefined {
    const { current } = this;
    const ended = current?.ended === true && current.shape.text !== "";
    return current?.agrees(snapshot) === true && !ended ? current : undefined;
  }

  private drop(generation: Generation): void {
    generation.stop();
    if (this.current === generation) this.current = undefined;
  }

  /** Ends when the generation has; never rejects. */
  private async ask(
    generation: Generation,
    priority: "completion" | "prefetch",
    wait: number,
    branch = 0,
  ): Promise<void> {
    await this.asker.ask(generation, { priority, wait, branch });
    if (generation.result !== undefined) {
      const { timings } = generation.result;
      this.stats.request(timings, {
        cancelled: generation.reason === "typedOn",
        wasted: generation.shown === undefined,
      });
    }
    this.endings.fire(generation);
  }

  /** Resolves with what can be shown at the snapshot's cursor, or why nothing can; "spent": all of it was typed. */
  private showable(
    generation: Generation,
    snapshot: EditorSnapshot,
    { explicit, deadline, signal }: { explicit: boolean; deadline: number | undefined; signal: AbortSignal },
  ): Promise<Rest | Reason | "spent"> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const settle = (outcome: Rest | Reason | "spent"): void => {
        clearTimeout(timer);
        stopListening();
        signal.removeEventListener("abort", onAbort);
        resolve(outcome);
      };
      const onAbort = (): void => settle("typedOn");
      const look = (): void => {
        const rest = generation.rest(snapshot);
        const ready = generation.ended || generation.shape.done || (generation.shape.settled && !explicit);
        if (rest !== undefined && rest.text !== "" && ready) settle(rest);
        else if (generation.ended) settle(generation.reason ?? "spent");
        else if (!generation.agrees(snapshot)) settle("typedOn");
      };
      const stopListening = generation.onChange(look);
      signal.addEventListener("abort", onAbort, { once: true });
      if (deadline !== undefined) timer = setTimeout(() => settle("late"), Math.max(0, deadline - performance.now()));
      if (signal.aborted) onAbort();
      else look();
    });
  }

  /** Told with a little delay, so that a line that ends right after its first words is one change on the screen. */
  private grew({ place }: Generation): void {
    clearTimeout(this.growing);
    this.growing = setTimeout(() => this.growth.fire({ uri: place.uri }), GROWTH_MS);
  }

  /** Other beginnings than the first suggestion's; as many as come. */
  private async alternatives(
    snapshot: EditorSnapshot,
    first: string,
    signal: AbortSignal,
  ): Promise<Suggested["items"][number][]> {
    const items: Suggested["items"][number][] = [];
    for (let branch = 1; branch <= ALTERNATIVES && !signal.aborted; branch++) {
      const generation = new Generation(++this.ids, snapshot, performance.now(), "alternative");
      const stop = (): void => generation.stop();
      signal.addEventListener("abort", stop, { once: true });
      await this.ask(generation, "completion", 0, branch);
      signal.removeEventListener("abort", stop);
      const { text, replaces } = generation.shape;
      if (generation.reason !== undefined || text === "" || text === first || items.some((item) => item.text === text))
        continue;
      const suggestion = suggestionOf(generation);
      this.stats.suggestion(suggestion.id);
      items.push({ id: suggestion.id, text, replaces });
    }
    return items;
  }

  /** In idle time: the long prompt at this place, so that the next key finds it processed. */
  private catchUp(snapshot: EditorSnapshot, what: "edit" | "move"): void {
    const { lifecycle, model } = this.deps;
    // Merely looking around loads no model.
    if (what === "move" && lifecycle.state(model()).status !== "ready") return;
    if (this.current?.ended === false || this.background.isRunning) {
      this.idle = setTimeout(() => this.catchUp(snapshot, what), IDLE_MS);
      return;
    }
    void this.background.run((signal) => this.asker.warmUp(snapshot, signal));
  }

  /** What would follow if the suggestion were accepted; kept like any other suggestion. */
  private prefetchSoon(snapshot: EditorSnapshot, { text, replaces }: Rest): void {
    if (!this.deps.settings().prefetch) return;
    const after = withText(snapshot, text, replaces);
    if (
      reasonAgainst(after, { explicit: false, suggestWidget: false, seesSuffix: this.seesSuffix ?? false }) !==
      undefined
    )
      return;
    if (this.suggestions.find(after) !== undefined) return;
    void this.background.prefetch(after, {
      begin: () => new Generation(++this.ids, after, performance.now(), "prefetched"),
      ask: (generation) => this.ask(generation, "prefetch", 0),
      keep: (generation) => this.keep(generation),
    });
  }
}

function suggestionOf({ id, place, shape }: Generation): Suggestion {
  return { id, ...place, text: shape.text, replaces: shape.replaces };
}
