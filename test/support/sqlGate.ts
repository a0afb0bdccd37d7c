import path from "node:path";
import type { StatementGate } from "../../src/sql/core/gate";
import { createStatementGate } from "../../src/sql/core/parse/statementGate";
import { loadSqlParser } from "../../src/sql/node/loadSqlParser";

/** Where the parser's package keeps its WebAssembly. */
export const sqlParserFolder = path.resolve(import.meta.dirname, "../../node_modules/@guanmingchiu/sqlparser-ts/wasm");

export async function loadGate(): Promise<StatementGate> {
  return createStatementGate(await loadSqlParser(sqlParserFolder));
}
