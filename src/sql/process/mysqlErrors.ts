import { PaddockError } from "../../platform/core/errors";
import type { ServerTarget } from "../core/protocol";
import { reasonOf } from "./reasonOf";
import { certificateError } from "./tls";

/** The server's own number of an error. */
const numbers = {
  authentication: [1044, 1045, 1251, 1698],
  timeout: [1969, 3024],
  refused: [1290, 1792],
  locked: [1205, 1213],
  connection: [1040, 1049, 1053, 1130, 1927, 4031],
};

/** MySQL's or MariaDB's error as one of ours, with its exact words where it is about the statement. */
export function fromMysql(error: unknown, target: ServerTarget): unknown {
  if (error instanceof PaddockError || !(error instanceof Error)) return error;
  const where = `${target.host}:${target.port}`;
  const number = "errno" in error && typeof error.errno === "number" ? error.errno : 0;
  const words = "sqlMessage" in error && typeof error.sqlMessage === "string" ? error.sqlMessage : undefined;
  const options = { detail: `${number} ${words ?? error.message}`, cause: error };
  if (numbers.authentication.includes(number)) {
    return new PaddockError(
      "sql/authentication",
      `${where} refused the user or the password: ${words ?? error.message}.`,
      {
        remedy: "Check the user and enter the password again.",
        ...options,
      },
    );
  }
  if (numbers.timeout.includes(number)) {
    return new PaddockError("sql/timeout", "The server stopped the statement because it took too long.", {
      remedy: "Narrow it, or raise the time limit.",
      ...options,
    });
  }
  if (numbers.refused.includes(number))
    return new PaddockError("sql/refused", `The server refused it: ${words ?? error.message}.`, options);
  if (numbers.locked.includes(number)) {
    return new PaddockError("sql/locked", "What the statement needs is locked by another session.", {
      remedy: "Try again when that has finished.",
      ...options,
    });
  }
  if (words !== undefined && number > 0 && !numbers.connection.includes(number))
    return new PaddockError("sql/invalid", words, options);
  return (
    certificateError(error, target.host) ??
    new PaddockError("sql/connection", `The server at ${where} cannot be reached: ${words ?? reasonOf(error)}.`, {
      remedy: "Check that the server runs and the host, the port and the database are right.",
      ...options,
    })
  );
}
