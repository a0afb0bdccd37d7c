import type { GateVerdict, StatementGate } from "../gate";
import type { DatabaseEngine, DatabaseSchema } from "../schema";
import { explainStatement } from "./explain";
import { prescan } from "./prescan";
import { printStatement } from "./print";
import { readStatement } from "./readStatement";
import { Refused } from "./refused";
import type { Uses } from "./resolve";
import { resolveStatement } from "./resolveQuery";
import type { ParserDialect, SqlParser } from "./sqlParser";
import { translateStatement } from "./translate";
import type { Statement } from "./tree";

const dialects: Readonly<Record<DatabaseEngine, ParserDialect>> = {
  sqlite: "sqlite",
  duckdb: "duckdb",
  postgres: "postgresql",
  mysql: "mysql",
  mariadb: "mysql",
};

const nothingUsed: Uses = { tables: [], columns: [], unknown: [] };

/**
 * The gate: a text becomes the parser's tree, that a tree of known forms (readStatement.ts) or a refusal, and what an
 * engine is given is printed from there (print.ts). `statement.sql` is that print, the only text that may be run.
 */
export function createStatementGate(parser: SqlParser): StatementGate {
  return {
    check: (sql, engine, schema, allow) => check(parser, sql, engine, schema, allow),
    translate: (sql, to, schema) => translate(parser, sql, to, schema),
  };
}

function check(
  parser: SqlParser,
  sql: string,
  engine: DatabaseEngine,
  schema: DatabaseSchema | undefined,
  allow: "read" | "write",
): GateVerdict {
  try {
    const statement = understand(parser, sql, engine, allow);
    // Without a schema nothing is known to be unknown, but what looks like a file must still be no table's name.
    const resolved = resolveStatement(statement, schema ?? { engine, version: "", tables: [] });
    const uses = schema === undefined ? nothingUsed : resolved;
    return {
      allowed: true,
      statement: {
        sql: printStatement(statement, engine),
        effect: statement.kind === "query" || statement.kind === "explain" ? "read" : "write",
        ...uses,
        ordered: statement.kind === "query" && statement.query.order.length > 0,
        explanation: explainStatement(statement),
      },
    };
  } catch (error) {
    if (error instanceof Refused) return { allowed: false, reason: error.reason, message: error.message };
    throw error;
  }
}

/** Throws Refused. */
function understand(parser: SqlParser, sql: string, engine: DatabaseEngine, allow: "read" | "write"): Statement {
  const [tree, ...more] = parse(parser, prescan(sql, engine), dialects[engine]);
  if (tree === undefined) throw new Refused("unparsed", "There is no statement.");
  if (more.length > 0) throw new Refused("many", "There is more than one statement; Paddock runs one at a time.");
  return readStatement(tree, sql, engine, allow);
}

function parse(parser: SqlParser, sql: string, dialect: ParserDialect): readonly unknown[] {
  try {
    return parser.parse(sql, dialect);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Refused("unparsed", `It could not be read as SQL: ${words.replace(/^sql parser error: /, "")}.`);
  }
}

function translate(parser: SqlParser, sql: string, to: DatabaseEngine, schema: DatabaseSchema | undefined): string {
  if (to === "sqlite") return sql;
  try {
    return printStatement(translateStatement(understand(parser, sql, "sqlite", "write"), to, schema), to);
  } catch (error) {
    // What cannot be understood goes on as it is: it has to pass the gate of its engine before it runs.
    if (error instanceof Refused) return sql;
    throw error;
  }
}
