import type { Disposable } from "../../platform/core/disposables";
import { isCancellation, PaddockError, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Answer, AskOptions, EarlierTurn } from "../core/asking";
import type { AskView, FailureView, HistoryList, TurnView } from "../core/askContract";
import type { QueryResult } from "../core/database";
import type { DatabaseEngine } from "../core/schema";
import { confirmedPairs, findAsked, questionsAsked } from "../node/askHistory";
import type { ConnectedDatabase } from "./askPanelDeps";
import { keptTurn, newTurn, planLines, recordOf, resultView, takeAnswer, type Turn, turnView } from "./askTurn";
import type { AskSessionDeps } from "./askSessionDeps";
import { KeptResults } from "./keptResults";
import { PanelConnection } from "./panelConnection";
import { passTurn } from "./turnGate";

/** Earlier turns that a follow-up question is asked with. */
const mostEarlier = 3;
/** Turns that a panel shows. */
const mostTurns = 50;
const mostRecent = 50;

/**
 * What is asked of one connection: the turns with their results, and what goes on for them. It outlives its page, which
 * may come and go; what was answered outlives the window too, without the results.
 */
export class AskSession implements Disposable {
  private readonly changed = new Emitter<void>();
  private readonly said = new Emitter<string>();
  private readonly whole = new AbortController();
  readonly results = new KeptResults();
  private turns: Turn[] = [];
  private recent: readonly string[] = [];
  private readonly connection: PanelConnection;
  private readonly restored: Promise<void>;

  constructor(private readonly deps: AskSessionDeps) {
    const { id, profile, connect } = deps;
    this.connection = new PanelConnection({
      ...{ id, profile, connect },
      failure: (error) => this.failure(error),
      changed: () => this.changed.fire(),
    });
    this.restored = this.restore();
  }

  readonly onDidChange = this.changed.event;
  /** For a screen reader. */
  readonly onAnnounce = this.said.event;

  /** Never rejects. */
  get ready(): Promise<void> {
    return this.restored;
  }

  view(): AskView {
    return {
      connection: this.connection.view(),
      turns: this.turns.map(turnView),
      recent: [...this.recent],
    };
  }

  /** Opens the database and gets the model ready for its first question. What fails is in the view. */
  async connect(): Promise<void> {
    if (this.deps.profile() === undefined) {
      this.changed.fire();
      return;
    }
    try {
      const { asker } = await this.connection.open(this.whole.signal);
      await asker.warm(this.whole.signal);
    } catch (error) {
      if (isCancellation(error)) return;
      // The database may be open although the model is not ready; asking says why then.
      const known = toPaddockError(error);
      this.deps.log.warn(`The panel of ${this.deps.id}: ${known.message}`);
    }
  }

  /** What the panel shows of the connection may have changed. */
  refresh(): void {
    this.changed.fire();
  }

  /** Asks, and runs what comes of it where the person wants that. What fails is in the turn. */
  async ask(question: string): Promise<void> {
    for (const other of this.turns) if (other.state === "asking") other.running?.abort();
    const turn = newTurn(question);
    const earlier = this.turns
      .filter(({ state }) => state === "answered")
      .slice(-mostEarlier)
      .map(({ question: asked, sql }): EarlierTurn => ({ question: asked, sql: sql ?? "" }));
    this.turns = [...this.turns, turn].slice(-mostTurns);
    // Before it is in the history, and also where it is cancelled.
    this.recent = [question, ...this.recent.filter((one) => one !== question)].slice(0, mostRecent);
    await this.answer(turn, [], earlier, ({ asker }, options) => asker.ask(question, options));
  }

  /** Shows a statement that the person wrote, as a turn without a question. @returns its id. */
  add(sql: string): string {
    const turn: Turn = { ...newTurn(""), sql, state: "answered", isCorrected: true };
    this.turns = [...this.turns, turn].slice(-mostTurns);
    this.changed.fire();
    return turn.id;
  }

  /** Has a statement that failed put right by the engine's own words. */
  async fix(id: string): Promise<void> {
    const turn = this.find(id);
    const { sql, engineWords } = turn;
    if (sql === null || engineWords === undefined) return;
    const before = turn.attempts.some((one) => one.sql === sql)
      ? turn.attempts
      : [...turn.attempts, { sql, error: engineWords }];
    await this.answer(turn, before, [], ({ asker }, options) => asker.fix(sql, engineWords, options));
  }

  cancel(id: string): void {
    this.find(id).running?.abort();
  }

  /** Runs a turn's statement, through the gate; one that writes is counted first, and then waits for `allowWrite`. */
  async run(id: string): Promise<void> {
    const turn = this.find(id);
    await this.work(turn, async (signal) => {
      const { sql } = turn;
      if (sql === null) return;
      this.dropResult(turn);
      this.setRun(turn, "running");
      const connected = await this.connection.open(signal);
      const { database } = connected;
      if (passTurn(turn, sql, this.deps.gate, connected).effect === "write") {
        this.setRun(turn, "counting");
        const { rows } = await database.preview(sql, signal);
        this.setRun(turn, "confirm", rows);
        return;
      }
      this.keepResult(turn, await database.query(sql, this.deps.limits(), signal));
    });
  }

  /** @param rows that the person was told of and agreed to; the database takes it back where it would be others. */
  async allowWrite(id: string, rows: number): Promise<void> {
    const turn = this.find(id);
    if (turn.run.state !== "confirm" || turn.run.rows !== rows) return;
    await this.work(turn, async (signal) => {
      this.setRun(turn, "writing", rows);
      const { database } = await this.connection.open(signal);
      const written = await database.execute(turn.sql ?? "", { expectedRows: rows, signal });
      this.setRun(turn, "wrote", written.rows);
      this.said.fire(this.deps.words.wrote(written.rows));
    });
  }

  declineWrite(id: string): void {
    const turn = this.find(id);
    if (turn.run.state === "confirm") this.setRun(turn, "none");
  }

  /** The person's own statement takes the place of the answer's, and is run. */
  async correct(id: string, sql: string): Promise<void> {
    const turn = this.find(id);
    turn.running?.abort();
    Object.assign(turn, { sql, state: "answered", isCorrected: true, isConfirmed: false, confidence: null });
    Object.assign(turn, { explanation: "", tables: [], columns: [], assumptions: [], failure: null, plan: null });
    turn.timing = null;
    await this.run(id);
    this.keep(turn);
  }

  async plan(id: string): Promise<void> {
    const turn = this.find(id);
    const { sql } = turn;
    if (sql === null) return;
    turn.plan = { isRunning: true, lines: [], failure: null };
    this.changed.fire();
    try {
      const { database } = await this.connection.open(this.whole.signal);
      const steps = await database.explain(sql, this.whole.signal);
      turn.plan = { isRunning: false, lines: planLines(steps), failure: null };
    } catch (error) {
      turn.plan = isCancellation(error) ? null : { isRunning: false, lines: [], failure: this.failure(error) };
    }
    this.changed.fire();
  }

  confirm(id: string, isRight: boolean): void {
    const turn = this.find(id);
    if (turn.question === "" || turn.sql === null) return;
    turn.state = "answered";
    turn.isConfirmed = isRight;
    this.keep(turn);
    if (isRight) this.said.fire(this.deps.words.confirmed());
  }

  setFavourite(id: string, isFavourite: boolean): void {
    const turn = this.find(id);
    turn.isFavourite = isFavourite;
    this.keep(turn);
  }

  /** Takes a turn out of the panel; the history keeps it. */
  remove(id: string): void {
    const turn = this.find(id);
    turn.running?.abort();
    this.results.drop(id);
    this.turns = this.turns.filter((one) => one !== turn);
    this.shown();
  }

  clear(): void {
    for (const { running } of this.turns) running?.abort();
    this.results.clear();
    this.turns = [];
    this.shown();
  }

  history(search: string, list: HistoryList): ReturnType<typeof findAsked> {
    return findAsked(this.deps.store, this.deps.id, search, list);
  }

  /** Brings what was asked before back as the last turn. */
  async recall(entry: string): Promise<void> {
    const there = this.turns.find(({ id }) => id === entry);
    const record = (await this.deps.store.records(this.deps.id)).find(({ id }) => id === entry);
    const turn = there ?? (record === undefined ? undefined : keptTurn(record));
    if (turn === undefined) return;
    this.turns = [...this.turns.filter((one) => one !== turn), turn].slice(-mostTurns);
    this.shown();
  }

  async forgetEntry(entry: string): Promise<void> {
    await this.deps.store.remove(this.deps.id, entry);
    const turn = this.turns.find(({ id }) => id === entry);
    if (turn !== undefined) this.remove(entry);
    await this.readRecent();
    this.changed.fire();
  }

  /** Ends what runs and shows nothing any more; the store is its owner's to empty. */
  erase(): void {
    for (const { running } of this.turns) running?.abort();
    this.turns = [];
    this.recent = [];
    this.results.clear();
    this.changed.fire();
  }

  /** The statement of a turn; undefined: it has none. */
  sqlOf(id: string): string | undefined {
    return this.find(id).sql ?? undefined;
  }

  /** What INSERT statements of a result go into: the only table that it came from. */
  target(result: string): { readonly table: string; readonly engine: DatabaseEngine } {
    const turn = this.turns.find((one) => one.result?.id === result);
    const [only, another] = turn?.tables ?? [];
    return {
      table: only !== undefined && another === undefined ? only.table : "result",
      engine: this.deps.profile()?.target.engine ?? "sqlite",
    };
  }

  dispose(): void {
    this.whole.abort();
    for (const { running } of this.turns) running?.abort();
    this.results.clear();
    this.changed.dispose();
    this.said.dispose();
  }

  private async answer(
    turn: Turn,
    before: TurnView["attempts"],
    earlier: readonly EarlierTurn[],
    ask: (connected: ConnectedDatabase, options: AskOptions) => Promise<Answer>,
  ): Promise<void> {
    turn.state = "asking";
    turn.failure = null;
    this.changed.fire();
    const answer = await this.work(turn, async (signal) => {
      const [connected, examples] = await Promise.all([
        this.connection.open(signal),
        confirmedPairs(this.deps.store, this.deps.id),
      ]);
      const onStep: AskOptions["onStep"] = (step) => {
        turn.step = step;
        this.changed.fire();
      };
      const found = await ask(connected, { earlier, examples, signal, onStep });
      signal.throwIfAborted();
      takeAnswer(turn, found, before, this.deps.words.noAnswer());
      return found;
    });
    if (answer === undefined) return;
    if (answer.kind === "failed") {
      this.said.fire(answer.message);
      return;
    }
    this.said.fire(this.deps.words.answered(turn.explanation));
    this.keep(turn);
    this.shown();
    if (answer.result !== undefined) this.keepResult(turn, answer.result);
    else if (this.deps.runsAnswers() && turn.effect === "read") await this.run(turn.id);
  }

  /** Does something for a turn that can be cancelled; what fails is in the turn. */
  private async work<T>(turn: Turn, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    turn.running?.abort();
    const own = new AbortController();
    turn.running = own;
    const isAsking = turn.state === "asking";
    try {
      return await work(AbortSignal.any([own.signal, this.whole.signal]));
    } catch (error) {
      // What was begun anew meanwhile has its own say.
      if (turn.running === own) this.fail(turn, error, isAsking);
      return undefined;
    } finally {
      if (turn.running === own) turn.running = undefined;
      this.changed.fire();
    }
  }

  private fail(turn: Turn, error: unknown, isAsking: boolean): void {
    const isCancelled = isCancellation(error);
    if (isAsking) {
      turn.step = null;
      turn.state = isCancelled ? "cancelled" : "failed";
      turn.failure = isCancelled ? null : this.failure(error);
    } else if (isCancelled) this.setRun(turn, "cancelled");
    else {
      const known = toPaddockError(error);
      if (known.code === "sql/invalid") turn.engineWords = known.message;
      this.setRun(turn, "failed");
      const canAllow = turn.needsWriting && known.code === "sql/refused";
      turn.run = { ...turn.run, failure: this.failure(error), canFix: known.code === "sql/invalid", canAllow };
    }
    if (!isCancelled) this.said.fire(this.failure(error).message);
  }

  private failure(error: unknown): FailureView {
    return this.deps.words.failure(toPaddockError(error));
  }

  private keepResult(turn: Turn, result: QueryResult): void {
    const { id, dropped } = this.results.keep(turn.id, result);
    for (const other of this.turns) if (dropped.includes(other.id)) other.result = null;
    turn.result = resultView(id, result);
    this.setRun(turn, "done");
    this.said.fire(this.deps.words.found(result.rows.length));
    if (turn.question === "") this.keep(turn);
  }

  private dropResult(turn: Turn): void {
    this.results.drop(turn.id);
    turn.result = null;
  }

  private setRun(turn: Turn, state: TurnView["run"]["state"], rows: number | null = null): void {
    turn.run = { state, rows, failure: null, canFix: false, canAllow: false };
    this.changed.fire();
  }

  private find(id: string): Turn {
    const turn = this.turns.find((one) => one.id === id);
    if (turn === undefined) throw new PaddockError("internal", "This question is no longer in the panel.");
    return turn;
  }

  private keep(turn: Turn): void {
    this.changed.fire();
    // What was deleted meanwhile stays so.
    const record = this.turns.includes(turn) ? recordOf(turn) : undefined;
    if (record !== undefined) this.stored(this.deps.store.put(this.deps.id, record));
  }

  private shown(): void {
    this.changed.fire();
    this.stored(
      this.deps.store.setShown(
        this.deps.id,
        this.turns.map(({ id }) => id),
      ),
    );
  }

  private stored(done: Promise<void>): void {
    done.catch((error: unknown) => this.deps.log.warn(`What was asked could not be kept: ${String(error)}`));
  }

  private async restore(): Promise<void> {
    const shown = await this.deps.store.shown(this.deps.id);
    this.turns = [...shown.map(keptTurn), ...this.turns];
    await this.readRecent();
    this.changed.fire();
  }

  private async readRecent(): Promise<void> {
    const kept = await questionsAsked(this.deps.store, this.deps.id);
    this.recent = [...new Set([...this.recent, ...kept])].slice(0, mostRecent);
  }
}
