import type { Disposable } from "../../platform/core/disposables";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Answer, AskOptions, EarlierTurn } from "../core/asking";
import type { AskView, FailureView, HistoryList, TurnView } from "../core/askContract";
import type { QueryResult } from "../core/database";
import type { DatabaseEngine } from "../core/schema";
import { confirmedPairs, findAsked } from "../node/askHistory";
import type { ConnectedDatabase } from "./askPanelDeps";
import { newTurn, planLines, resultView, takeAnswer, type Turn, turnView } from "./askTurn";
import type { AskSessionDeps } from "./askSessionDeps";
import { KeptResults } from "./keptResults";
import { PanelConnection } from "./panelConnection";
import { PanelTurns } from "./panelTurns";
import { passTurn } from "./turnGate";

/**
 * What is asked of one connection: the turns with their results, and what goes on for them. It outlives its page, which
 * may come and go; what was answered outlives the window too, without the results.
 */
export class AskSession implements Disposable {
  private readonly changed = new Emitter<void>();
  private readonly said = new Emitter<string>();
  private readonly whole = new AbortController();
  readonly results = new KeptResults();
  private readonly turns: PanelTurns;
  private readonly connection: PanelConnection;

  constructor(private readonly deps: AskSessionDeps) {
    const { id, profile, connect, store, log } = deps;
    const changed = (): void => this.changed.fire();
    this.connection = new PanelConnection({
      ...{ id, profile, connect },
      failure: (error) => this.failure(error),
      changed,
    });
    this.turns = new PanelTurns({ id, store, log, changed });
  }

  readonly onDidChange = this.changed.event;
  /** For a screen reader. */
  readonly onAnnounce = this.said.event;

  /** Never rejects. */
  get ready(): Promise<void> {
    return this.turns.restored;
  }

  view(): AskView {
    return {
      connection: this.connection.view(),
      turns: this.turns.all.map(turnView),
      recent: [...this.turns.recent],
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
    for (const other of this.turns.all) if (other.state === "asking") other.running?.abort();
    const { earlier } = this.turns;
    const turn = this.turns.ask(question);
    await this.answer(turn, [], earlier, ({ asker }, options) => asker.ask(question, options));
  }

  /** Shows a statement that the person wrote, as a turn without a question. @returns its id. */
  add(sql: string): string {
    const turn: Turn = { ...newTurn(""), sql, state: "answered", isCorrected: true };
    this.turns.append(turn);
    this.changed.fire();
    return turn.id;
  }

  /** Has a statement that failed put right by the engine's own words. */
  async fix(id: string): Promise<void> {
    const turn = this.turns.find(id);
    const { sql, engineWords } = turn;
    if (sql === null || engineWords === undefined) return;
    const before = turn.attempts.some((one) => one.sql === sql)
      ? turn.attempts
      : [...turn.attempts, { sql, error: engineWords }];
    await this.answer(turn, before, [], ({ asker }, options) => asker.fix(sql, engineWords, options));
  }

  cancel(id: string): void {
    this.turns.find(id).running?.abort();
  }

  /** Runs a turn's statement, through the gate; one that writes is counted first, and then waits for `allowWrite`. */
  async run(id: string): Promise<void> {
    const turn = this.turns.find(id);
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
    const turn = this.turns.find(id);
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
    const turn = this.turns.find(id);
    if (turn.run.state === "confirm") this.setRun(turn, "none");
  }

  /** The person's own statement takes the place of the answer's, and is run. */
  async correct(id: string, sql: string): Promise<void> {
    const turn = this.turns.find(id);
    turn.running?.abort();
    Object.assign(turn, { sql, state: "answered", isCorrected: true, isConfirmed: false, confidence: null });
    Object.assign(turn, { explanation: "", tables: [], columns: [], assumptions: [], failure: null, plan: null });
    turn.timing = null;
    await this.run(id);
    this.turns.keep(turn);
  }

  async plan(id: string): Promise<void> {
    const turn = this.turns.find(id);
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
    const turn = this.turns.find(id);
    if (turn.question === "" || turn.sql === null) return;
    turn.state = "answered";
    turn.isConfirmed = isRight;
    this.turns.keep(turn);
    if (isRight) this.said.fire(this.deps.words.confirmed());
  }

  setFavourite(id: string, isFavourite: boolean): void {
    const turn = this.turns.find(id);
    turn.isFavourite = isFavourite;
    this.turns.keep(turn);
  }

  /** Takes a turn out of the panel; the history keeps it. */
  remove(id: string): void {
    const turn = this.turns.find(id);
    turn.running?.abort();
    this.results.drop(id);
    this.turns.remove(turn);
  }

  clear(): void {
    this.stopAll();
    this.results.clear();
    this.turns.clear();
  }

  history(search: string, list: HistoryList): ReturnType<typeof findAsked> {
    return findAsked(this.deps.store, this.deps.id, search, list);
  }

  /** Brings what was asked before back as the last turn. */
  recall(entry: string): Promise<void> {
    return this.turns.recall(entry);
  }

  async forgetEntry(entry: string): Promise<void> {
    await this.deps.store.remove(this.deps.id, entry);
    if (this.turns.all.some(({ id }) => id === entry)) this.remove(entry);
    await this.turns.readRecent();
    this.changed.fire();
  }

  /** Ends what runs and shows nothing any more; the store is its owner's to empty. */
  erase(): void {
    this.stopAll();
    this.results.clear();
    this.turns.erase();
  }

  /** The statement of a turn; undefined: it has none. */
  sqlOf(id: string): string | undefined {
    return this.turns.find(id).sql ?? undefined;
  }

  /** What INSERT statements of a result go into: the only table that it came from. */
  target(result: string): { readonly table: string; readonly engine: DatabaseEngine } {
    const turn = this.turns.all.find((one) => one.result?.id === result);
    const [only, another] = turn?.tables ?? [];
    return {
      table: only !== undefined && another === undefined ? only.table : "result",
      engine: this.deps.profile()?.target.engine ?? "sqlite",
    };
  }

  dispose(): void {
    this.whole.abort();
    this.stopAll();
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
    this.turns.keep(turn);
    this.turns.shown();
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
    for (const other of this.turns.all) if (dropped.includes(other.id)) other.result = null;
    turn.result = resultView(id, result);
    this.setRun(turn, "done");
    this.said.fire(this.deps.words.found(result.rows.length));
    if (turn.question === "") this.turns.keep(turn);
  }

  private dropResult(turn: Turn): void {
    this.results.drop(turn.id);
    turn.result = null;
  }

  private setRun(turn: Turn, state: TurnView["run"]["state"], rows: number | null = null): void {
    turn.run = { state, rows, failure: null, canFix: false, canAllow: false };
    this.changed.fire();
  }

  private stopAll(): void {
    for (const { running } of this.turns.all) running?.abort();
  }
}
