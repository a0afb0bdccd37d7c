import type { DatabaseEngine } from "../schema";
import type { Statement } from "./tree";

/** A statement written for SQLite, with what another engine says otherwise in its words. */
export function translateStatement(statement: Statement, _to: DatabaseEngine): Statement {
  return statement;
}
