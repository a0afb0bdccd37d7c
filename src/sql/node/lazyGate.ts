import { toPaddockError } from "../../platform/core/errors";
import type { GateVerdict, StatementGate } from "../core/gate";
import { createStatementGate } from "../core/parse/statementGate";
import type { SqlParser } from "../core/parse/sqlParser";
import type { DatabaseEngine, DatabaseSchema } from "../core/schema";

/**
 * The gate, with its parser loaded when the first database is opened: that is megabytes of WebAssembly, which no editor
 * without a database should wait for. Until then it lets nothing through.
 */
export class LazyGate implements StatementGate {
  private gate: StatementGate | undefined;
  private loading: Promise<void> | undefined;

  constructor(private readonly load: () => Promise<SqlParser>) {}

  /** @throws PaddockError internal: the parser cannot be loaded; the next call tries again. */
  ready(): Promise<void> {
    this.loading ??= this.load().then(
      (parser) => {
        this.gate = createStatementGate(parser);
      },
      (error: unknown) => {
        this.loading = undefined;
        throw toPaddockError(error);
      },
    );
    return this.loading;
  }

  check(sql: string, engine: DatabaseEngine, schema: DatabaseSchema | undefined, allow: "read" | "write"): GateVerdict {
    if (this.gate !== undefined) return this.gate.check(sql, engine, schema, allow);
    return { allowed: false, reason: "unparsed", message: "No database is open that this statement could be for." };
  }

  translate(sql: string, to: DatabaseEngine): string {
    return this.gate?.translate(sql, to) ?? sql;
  }
}
