import path from "node:path";
import { PaddockError } from "../../platform/core/errors";

/** DuckDB's error as one of ours, with its exact words where it is about the statement. */
export function fromDuckdb(error: unknown, file: string | undefined): unknown {
  if (error instanceof PaddockError || !(error instanceof Error)) return error;
  const name = file === undefined ? "The database" : path.basename(file);
  const options = { detail: error.message, cause: error };
  const firstLine = error.message.split("\n")[0] ?? "";
  if (/lock on file|being used by another process/i.test(error.message)) {
    return new PaddockError("sql/locked", `${name} is open for writing in another program.`, {
      remedy: "DuckDB lets one program write or several read. Close it there, then try again.",
      ...options,
    });
  }
  if (/^Permission Error|^Invalid Input Error: Cannot (execute statement of type|change configuration)/.test(firstLine))
    return new PaddockError("sql/refused", `DuckDB refused it: ${firstLine}`, options);
  if (/^(IO Error|Serialization Error|FATAL Error)|not a valid DuckDB database/i.test(firstLine)) {
    return new PaddockError("sql/connection", `${name} cannot be read: ${firstLine}`, options);
  }
  return new PaddockError("sql/invalid", error.message, { cause: error });
}
