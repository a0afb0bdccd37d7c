import { randomUUID } from "node:crypto";
import type { Answer } from "../core/asking";
import type { FailureView, PlaceView, PlanLine, ResultView, TurnView } from "../core/askContract";
import type { PlanStep, QueryResult } from "../core/database";
import type { UnderstoodStatement } from "../core/gate";
import type { AskRecord } from "../node/askStore";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A question with all that came of it. The session changes it and shows it as it is. */
export type Turn = Mutable<TurnView> & {
  /** The engine's exact words on why it did not run. */
  engineWords: string | undefined;
  /** It would run if writing were allowed for the connection. */
  needsWriting: boolean;
  /** Ends what goes on for it. */
  running: AbortController | undefined;
};

const idle: TurnView["run"] = { state: "none", rows: null, failure: null, canFix: false, canAllow: false };
/** Lines of a plan that are shown; nobody reads more, and a page must not stall on them. */
const mostPlanLines = 2000;
const mostPlanDepth = 60;
/** Columns that an answer names; what a statement with hundreds uses is in the statement. */
const mostPlaces = 100;

export function newTurn(question: string): Turn {
  return {
    ...{ id: randomUUID(), question, at: Date.now(), state: "asking", step: null, sql: null, explanation: "" },
    ...{ effect: "read", confidence: null, isCorrected: false, tables: [], columns: [], assumptions: [], attempts: [] },
    ...{ timing: null, failure: null, run: idle, result: null, plan: null, isFavourite: false, isConfirmed: false },
    ...{ engineWords: undefined, needsWriting: false, running: undefined },
  };
}

/** As it was kept; its result was not. */
export function keptTurn(record: AskRecord): Turn {
  return { ...newTurn(record.question), ...record, state: "answered" };
}

/** What of a turn is kept; undefined: it has no statement that is worth it. */
export function recordOf(turn: Turn): AskRecord | undefined {
  if (turn.sql === null || turn.state !== "answered") return undefined;
  const { id, at, question, sql, explanation, effect, confidence, isCorrected, tables, columns } = turn;
  const { isFavourite, isConfirmed } = turn;
  return {
    ...{ id, at, question, sql, explanation: explanation.slice(0, 10_000), effect, confidence, isCorrected },
    ...{ tables, columns, isFavourite, isConfirmed },
    assumptions: turn.assumptions.map((one) => one.slice(0, 2000)),
    attempts: turn.attempts.slice(-10).map(({ sql: tried, error }) => ({ sql: tried, error: error.slice(0, 10_000) })),
  };
}

export function turnView({ engineWords: _words, needsWriting: _needs, running: _running, ...view }: Turn): TurnView {
  return view;
}

/** Takes over what the gate read in a statement. */
export function understand(turn: Turn, statement: UnderstoodStatement): void {
  turn.explanation = statement.explanation;
  turn.effect = statement.effect;
  turn.tables = statement.tables.slice(0, mostPlaces).map(({ schema, table }) => placeOf(schema, table));
  turn.columns = statement.columns
    .slice(0, mostPlaces)
    .map(({ schema, table, column }) => placeOf(schema, table, column));
}

/** @param before wrong statements of the turn's own past. */
export function takeAnswer(turn: Turn, answer: Answer, before: TurnView["attempts"], noAnswer: FailureView): void {
  turn.attempts = [...before, ...answer.attempts];
  turn.step = null;
  turn.run = idle;
  turn.engineWords = undefined;
  turn.needsWriting = false;
  turn.result = null;
  turn.plan = null;
  turn.isCorrected = false;
  turn.isConfirmed = false;
  if (answer.kind === "failed") {
    const last = turn.attempts.at(-1);
    turn.state = "failed";
    turn.sql = last?.sql ?? null;
    turn.engineWords = last?.error;
    turn.failure = answer.message === "" ? noAnswer : { message: answer.message, remedy: null };
    turn.run = { ...idle, canFix: last !== undefined };
    return;
  }
  turn.state = "answered";
  turn.failure = null;
  turn.sql = answer.sql;
  turn.confidence = answer.confidence;
  turn.assumptions = [...answer.assumptions];
  turn.timing = { elapsedMs: answer.elapsedMs, cachedShare: answer.cachedShare };
  understand(turn, answer.statement);
}

/** A plan's tree, line by line. */
export function planLines(steps: readonly PlanStep[], level = 1): PlanLine[] {
  const lines: PlanLine[] = [];
  for (const step of steps) {
    lines.push({ level, text: step.text, detail: step.detail ?? "" });
    if (level < mostPlanDepth) for (const line of planLines(step.steps, level + 1)) lines.push(line);
    if (lines.length >= mostPlanLines) break;
  }
  return lines.slice(0, mostPlanLines);
}

export function resultView(id: string, { columns, rows, cut, elapsedMs }: QueryResult): ResultView {
  return { id, columns: [...columns], rows: rows.length, cut: cut ?? null, elapsedMs };
}

function placeOf(schema: string | undefined, table: string, column?: string): PlaceView {
  return { schema: schema ?? null, table, column: column ?? null };
}
