import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { EarlierTurn } from "../core/asking";
import { questionsAsked } from "../node/askHistory";
import type { AskStore } from "../node/askStore";
import { keptTurn, newTurn, recordOf, type Turn } from "./askTurn";

/** Earlier turns that a follow-up question is asked with. */
const mostEarlier = 3;
/** Turns that a panel shows. */
const mostTurns = 50;
const mostRecent = 50;

export interface PanelTurnsNeeds {
  /** Of the connection. */
  readonly id: string;
  readonly store: AskStore;
  readonly changed: () => void;
  readonly log: Logger;
}

/** The turns that a panel shows and the questions asked lately. What was answered outlives the window. */
export class PanelTurns {
  private turns: readonly Turn[] = [];
  private questions: readonly string[] = [];
  /** Never rejects. */
  readonly restored: Promise<void>;

  constructor(private readonly needs: PanelTurnsNeeds) {
    this.restored = this.restore();
  }

  get all(): readonly Turn[] {
    return this.turns;
  }

  get recent(): readonly string[] {
    return this.questions;
  }

  /** Those that a follow-up question is asked with. */
  get earlier(): readonly EarlierTurn[] {
    return this.turns
      .filter(({ state }) => state === "answered")
      .slice(-mostEarlier)
      .map(({ question, sql }) => ({ question, sql: sql ?? "" }));
  }

  /** @throws PaddockError internal: it was taken out meanwhile. */
  find(id: string): Turn {
    const turn = this.turns.find((one) => one.id === id);
    if (turn === undefined) throw new PaddockError("internal", "This question is no longer in the panel.");
    return turn;
  }

  ask(question: string): Turn {
    const turn = newTurn(question);
    this.append(turn);
    // Before it is in the history, and also where it is cancelled.
    this.questions = [question, ...this.questions.filter((one) => one !== question)].slice(0, mostRecent);
    return turn;
  }

  append(turn: Turn): void {
    this.turns = [...this.turns.filter((one) => one !== turn), turn].slice(-mostTurns);
  }

  /** Takes a turn out of the panel; the history keeps it. */
  remove(turn: Turn): void {
    this.turns = this.turns.filter((one) => one !== turn);
    this.shown();
  }

  clear(): void {
    this.turns = [];
    this.shown();
  }

  /** As if nothing had ever been asked; the store is its owner's to empty. */
  erase(): void {
    this.turns = [];
    this.questions = [];
    this.needs.changed();
  }

  /** Brings what was asked before back as the last turn. */
  async recall(entry: string): Promise<void> {
    const { store, id: connection } = this.needs;
    const there = this.turns.find(({ id }) => id === entry);
    const record = (await store.records(connection)).find(({ id }) => id === entry);
    const turn = there ?? (record === undefined ? undefined : keptTurn(record));
    if (turn === undefined) return;
    this.append(turn);
    this.shown();
  }

  /** Keeps what has become of a turn. */
  keep(turn: Turn): void {
    const { store, id, changed } = this.needs;
    changed();
    // What was deleted meanwhile stays so.
    const record = this.turns.includes(turn) ? recordOf(turn) : undefined;
    if (record !== undefined) this.stored(store.put(id, record));
  }

  /** Keeps which turns the panel shows. */
  shown(): void {
    const { store, id: connection, changed } = this.needs;
    changed();
    this.stored(
      store.setShown(
        connection,
        this.turns.map(({ id }) => id),
      ),
    );
  }

  async readRecent(): Promise<void> {
    const kept = await questionsAsked(this.needs.store, this.needs.id);
    this.questions = [...new Set([...this.questions, ...kept])].slice(0, mostRecent);
  }

  private stored(done: Promise<void>): void {
    done.catch((error: unknown) => this.needs.log.warn(`What was asked could not be kept: ${String(error)}`));
  }

  private async restore(): Promise<void> {
    const { store, id, changed } = this.needs;
    const shown = await store.shown(id);
    this.turns = [...shown.map(keptTurn), ...this.turns];
    await this.readRecent();
    changed();
  }
}
