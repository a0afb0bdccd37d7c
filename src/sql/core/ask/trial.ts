import { isCancellation, toPaddockError } from "../../../platform/core/errors";
import type { OpenDatabase, QueryLimits, QueryResult } from "../database";
import type { GateVerdict, StatementGate, UnderstoodStatement } from "../gate";
import type { DatabaseSchema } from "../schema";
import type { Candidate } from "./evidence";

/** What a result is compared by; whoever wants to see more runs the statement again. */
const LIMITS: QueryLimits = { maxRows: 1000, maxBytes: 1024 * 1024, timeoutMs: 1000 };

/** A candidate that has passed the gate, and that the engine understands. */
export interface Trial extends Candidate {
  /** As the database is to be given it, in its own dialect. */
  readonly written: string;
  readonly statement: UnderstoodStatement;
  readonly ordered: boolean;
  readonly result?: QueryResult;
  /** What was taken for granted on the way to it. */
  readonly assumptions: readonly string[];
}

/** What a model wrote, in SQLite's dialect. */
export type Written = Pick<Candidate, "sql" | "logProbability">;

export interface Failure {
  readonly sql: string;
  readonly error: string;
}

export interface TrialDeps {
  readonly database: Pick<OpenDatabase, "engine" | "prepare" | "query">;
  readonly schema: DatabaseSchema;
  readonly gate: StatementGate;
}

/** Tries what a model wrote: gate, names, the engine's own compiler, and at last the engine. */
export class Trials {
  readonly failures: Failure[] = [];

  constructor(private readonly deps: TrialDeps) {}

  /** Undefined where it cannot be used; why is among the failures. Names that are not there are put right once. */
  async check(candidate: Written, signal: AbortSignal): Promise<Trial | undefined> {
    const { gate, database, schema } = this.deps;
    const written = gate.translate(inNamespaces(candidate.sql, schema), database.engine);
    const verdict = gate.check(written, database.engine, schema, "read");
    if (!verdict.allowed) {
      this.failed(written, verdict.message);
      return undefined;
    }
    const repaired = verdict.statement.unknown.length === 0 ? undefined : nearest(written, verdict);
    if (repaired !== undefined) {
      this.failed(written, unknownNames(verdict.statement));
      const second = gate.check(repaired.sql, database.engine, schema, "read");
      if (!second.allowed || second.statement.unknown.length > 0) return undefined;
      return this.prepared(candidate, second.statement, repaired.assumptions, signal);
    }
    if (verdict.statement.unknown.length > 0) {
      this.failed(written, unknownNames(verdict.statement));
      return undefined;
    }
    return this.prepared(candidate, verdict.statement, [], signal);
  }

  /** With its result; without one where it takes too long. A failure of the engine's makes it no candidate any more. */
  async run(trial: Trial, signal: AbortSignal): Promise<Trial | undefined> {
    try {
      return { ...trial, result: await this.deps.database.query(trial.written, LIMITS, signal) };
    } catch (error) {
      if (isCancellation(error)) throw error;
      const known = toPaddockError(error);
      if (known.code === "sql/timeout") return trial;
      if (known.code !== "sql/invalid" && known.code !== "sql/refused") throw known;
      this.failed(trial.written, known.message);
      return undefined;
    }
  }

  private async prepared(
    candidate: Written,
    statement: UnderstoodStatement,
    assumptions: readonly string[],
    signal: AbortSignal,
  ): Promise<Trial | undefined> {
    const written = statement.sql;
    try {
      await this.deps.database.prepare(written, signal);
      return { ...candidate, written, statement, ordered: statement.ordered, assumptions };
    } catch (error) {
      if (isCancellation(error)) throw error;
      const known = toPaddockError(error);
      if (known.code !== "sql/invalid" && known.code !== "sql/refused") throw known;
      this.failed(written, known.message);
      return undefined;
    }
  }

  private failed(sql: string, error: string): void {
    this.failures.push({ sql, error });
  }
}

type Allowed = Extract<GateVerdict, { readonly allowed: true }>;

/** The statement with each unknown name replaced by the one most like it; undefined where there is none for one. */
function nearest(
  sql: string,
  { statement }: Allowed,
): { readonly sql: string; readonly assumptions: readonly string[] } | undefined {
  let text = sql;
  const assumptions: string[] = [];
  // From the end, so that what comes before stays where it is.
  for (const { name, span, nearest: names } of statement.unknown.toSorted(
    (a, b) => (b.span?.start ?? 0) - (a.span?.start ?? 0),
  )) {
    const [best] = names;
    if (span === undefined || best === undefined) return undefined;
    text = text.slice(0, span.start) + best + text.slice(span.end);
    assumptions.unshift(`There is no ${name}; ${best} is taken.`);
  }
  return { sql: text, assumptions };
}

function unknownNames({ unknown }: UnderstoodStatement): string {
  return unknown.map(({ kind, name }) => `There is no ${kind} ${name} here.`).join(" ");
}

/** Tables of other namespaces than the default one are written by their names alone, until the engine is to have them. */
function inNamespaces(sql: string, { tables, defaultSchema }: DatabaseSchema): string {
  let text = sql;
  for (const { schema, name } of tables) {
    if (schema === undefined || schema === defaultSchema || !/^\w+$/.test(name)) continue;
    if (tables.some((other) => other.name === name && other.schema === defaultSchema)) continue;
    text = text.replaceAll(new RegExp(String.raw`\b(FROM|JOIN) ${name}\b(?!\.)`, "g"), `$1 ${schema}.${name}`);
  }
  return text;
}
