import { DatabaseError } from "pg";
import { PaddockError } from "../../platform/core/errors";
import type { ServerTarget } from "../core/protocol";
import { reasonOf } from "./reasonOf";
import { certificateError } from "./tls";

/** PostgreSQL's error as one of ours, with its exact words where it is about the statement. */
export function fromPostgres(error: unknown, target: ServerTarget): unknown {
  if (error instanceof PaddockError || !(error instanceof Error)) return error;
  const where = `${target.host}:${target.port}`;
  if (!(error instanceof DatabaseError)) return connectionError(error, target);
  const state = error.code ?? "";
  const words = [error.message, error.detail, error.hint].filter((text) => text !== undefined).join("\n");
  const options = { detail: `${state} ${words}`, cause: error };
  if (state.startsWith("28")) {
    return new PaddockError("sql/authentication", `${where} refused the user or the password: ${error.message}.`, {
      remedy: "Check the user and enter the password again.",
      ...options,
    });
  }
  if (state === "25006") return new PaddockError("sql/refused", `PostgreSQL refused it: ${error.message}.`, options);
  if (state === "57014") {
    return new PaddockError("sql/timeout", "PostgreSQL stopped the statement because it took too long.", {
      remedy: "Narrow it, or raise the time limit.",
      ...options,
    });
  }
  if (state === "55P03") {
    return new PaddockError("sql/locked", "What the statement needs is locked by another session.", {
      remedy: "Try again when that has finished.",
      ...options,
    });
  }
  if (/^(08|57P0|3D000|53300)/.test(state))
    return new PaddockError("sql/connection", `PostgreSQL at ${where}: ${error.message}.`, options);
  return new PaddockError("sql/invalid", words, options);
}

function connectionError(error: Error, target: ServerTarget): PaddockError {
  if (/password must be a (non-empty )?string/.test(error.message)) {
    return new PaddockError("sql/authentication", `${target.host} asks for a password.`, {
      remedy: "Enter the password of the connection.",
      cause: error,
    });
  }
  const where = `${target.host}:${target.port}`;
  return (
    certificateError(error, target.host) ??
    new PaddockError("sql/connection", `PostgreSQL at ${where} cannot be reached: ${reasonOf(error)}.`, {
      remedy: "Check that the server runs and the host and port are right.",
      detail: error.message,
      cause: error,
    })
  );
}
