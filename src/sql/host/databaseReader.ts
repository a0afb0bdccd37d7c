import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { ResultWriter } from "../core/grid/resultWriter";
import type { ConnectionProfile } from "../core/connection";
import type { QueryResult } from "../core/database";
import type { StatementGate, UnknownName } from "../core/gate";
import { schemaText } from "../core/schemaText";
import type { Connected, Connections } from "../node/connections";

/** Rows that one statement gives a model; it reads no more with profit. */
const mostRows = 100;
const mostBytes = 256 * 1024;

export interface DatabaseReaderDeps {
  readonly connections: Pick<Connections, "list" | "connect" | "connected">;
  readonly gate: StatementGate;
  readonly isTrusted: () => boolean;
  readonly timeoutMs: () => number;
}

/**
 * The person's databases for a model to read from: by name, as text, and through the same gate as everything else. A
 * database that is closed is opened for it.
 */
export class DatabaseReader {
  constructor(private readonly deps: DatabaseReaderDeps) {}

  /** None in Restricted Mode, where no database is opened. */
  names(): readonly string[] {
    return this.deps.isTrusted() ? this.deps.connections.list().map(({ name }) => name) : [];
  }

  /** The one that a name means, and whether reading from it opens it; undefined where it means none, or several. */
  meant(name: string): { readonly name: string; readonly isOpen: boolean } | undefined {
    const meant = this.meantBy(name);
    if (meant.length !== 1) return undefined;
    return meant.map(({ id, name: own }) => ({
      name: own,
      isOpen: this.deps.connections.connected(id) !== undefined,
    }))[0];
  }

  /**
   * Tables and columns as DDL. @param name empty where there is one only. @param room UTF-16 units.
   * @throws PaddockError sql/*; `cancelled`.
   */
  async schema(name: string, room: number, signal: AbortSignal): Promise<string> {
    const { schema, profile } = await this.open(name, signal);
    const { text, left } = schemaText(schema, profile.notes, room);
    const head = `-- ${schema.engine} ${schema.version}, ${schema.tables.length} tables`;
    return [head, text.trimEnd(), ...(left === 0 ? [] : [`-- ${left} tables are left out.`])].join("\n");
  }

  /**
   * Runs one statement that only reads. @param name as for `schema`. @param room UTF-16 units.
   * @returns a heading and rows, tab-separated. @throws PaddockError sql/*; `cancelled`.
   */
  async query(name: string, sql: string, room: number, signal: AbortSignal): Promise<string> {
    const { schema, database } = await this.open(name, signal);
    const verdict = this.deps.gate.check(sql, database.engine, schema, "read");
    if (!verdict.allowed) throw new PaddockError("sql/refused", verdict.message);
    const { statement } = verdict;
    try {
      const limits = { maxRows: mostRows, maxBytes: mostBytes, timeoutMs: this.deps.timeoutMs() };
      return rowsText(await database.query(statement.sql, limits, signal), database.engine, room);
    } catch (error) {
      const known = toPaddockError(error);
      const hints = statement.unknown.map(hintOf).filter((hint) => hint !== undefined);
      if (known.code !== "sql/invalid" || hints.length === 0) throw error;
      throw new PaddockError(known.code, [known.message, ...hints].join(" "), { cause: error });
    }
  }

  private open(name: string, signal: AbortSignal): Promise<Connected> {
    return this.deps.connections.connect(this.find(name).id, signal);
  }

  private find(name: string): ConnectionProfile {
    const all = this.deps.connections.list();
    const [first, ...more] = this.meantBy(name);
    if (first !== undefined && more.length === 0) return first;
    const names = all.map((one) => JSON.stringify(one.name)).join(", ");
    throw new PaddockError(
      "sql/connection",
      first !== undefined
        ? `Several databases are kept: ${names}. Say which one.`
        : all.length === 0
          ? "No database is kept."
          : `There is no database ${JSON.stringify(name)}; there are ${names}.`,
    );
  }

  private meantBy(name: string): readonly ConnectionProfile[] {
    const all = this.deps.connections.list();
    const wanted = name.trim().toLowerCase();
    return wanted === "" ? all : all.filter((one) => one.name.trim().toLowerCase() === wanted);
  }
}

function rowsText({ columns, rows, cut }: QueryResult, engine: Connected["database"]["engine"], room: number): string {
  // Nobody opens this in a spreadsheet, so nothing is put before what looks like a formula.
  const format = { format: "tsv", guardsFormulas: false, hasHeading: true, table: "", engine } as const;
  const writer = new ResultWriter(columns, format);
  let text = writer.head();
  let count = 0;
  for (const row of rows) {
    const line = writer.row(row);
    if (text.length + line.length > room) break;
    text += line;
    count++;
  }
  if (rows.length === 0) return `${text}(no rows)`;
  return count === rows.length && cut === undefined ? text : `${text}(The rows after the first ${count} are left out.)`;
}

function hintOf({ name, kind, nearest }: UnknownName): string | undefined {
  if (nearest.length === 0) return undefined;
  return `There is no ${kind} ${name}; there is ${nearest.slice(0, 3).join(", ")}.`;
}
