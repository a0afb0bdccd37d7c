import { PaddockError } from "../../platform/core/errors";
import type { StatementGate, UnderstoodStatement } from "../core/gate";
import type { ConnectedDatabase } from "./askPanelDeps";
import { type Turn, understand } from "./askTurn";

/**
 * Has the gate read a turn's statement, and takes over what it read: also whether the statement is refused for nothing
 * but that the connection is read-only. @throws PaddockError sql/refused, sql/invalid
 */
export function passTurn(
  turn: Turn,
  sql: string,
  gate: StatementGate,
  { database: { engine }, schema, profile }: ConnectedDatabase,
): UnderstoodStatement {
  const check = (allow: "read" | "write") => gate.check(sql, engine, schema, allow);
  const verdict = check(profile.writable ? "write" : "read");
  turn.needsWriting = !verdict.allowed && !profile.writable && check("write").allowed;
  if (verdict.allowed) {
    understand(turn, verdict.statement);
    return verdict.statement;
  }
  turn.engineWords = verdict.reason === "unparsed" ? verdict.message : undefined;
  throw new PaddockError(verdict.reason === "unparsed" ? "sql/invalid" : "sql/refused", verdict.message);
}
