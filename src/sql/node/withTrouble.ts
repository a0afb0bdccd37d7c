import { type ErrorCode, type PaddockError, toPaddockError } from "../../platform/core/errors";
import type { OpenDatabase } from "../core/database";

/** After these what was open is not there any more. */
const gone: ReadonlySet<ErrorCode> = new Set(["sql/connection", "sql/authentication", "disconnected"]);
/** Another file has the name of the database's, so that its schema may be another. */
const goneOrChanged: ReadonlySet<ErrorCode> = new Set([...gone, "sql/changed"]);

/** The same database; `onTrouble` hears of failures after which it has to be opened anew, before the caller does. */
export function withTrouble(database: OpenDatabase, onTrouble: (error: PaddockError) => void): OpenDatabase {
  const watched = async <T>(work: Promise<T>, ends = goneOrChanged): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const known = toPaddockError(error);
      if (ends.has(known.code)) onTrouble(known);
      throw error;
    }
  };
  return {
    engine: database.engine,
    schema: (options) => watched(database.schema(options)),
    prepare: (sql, signal) => watched(database.prepare(sql, signal)),
    query: (sql, limits, signal) => watched(database.query(sql, limits, signal)),
    explain: (sql, signal) => watched(database.explain(sql, signal)),
    findValues: (question, options) => watched(database.findValues(question, options)),
    preview: (sql, signal) => watched(database.preview(sql, signal)),
    // Here it says that other rows would be changed than were agreed to, and the database is as it was.
    execute: (sql, options) => watched(database.execute(sql, options), gone),
    close: () => database.close(),
  };
}
