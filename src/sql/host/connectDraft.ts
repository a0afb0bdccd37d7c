import { randomUUID } from "node:crypto";
import type { ConnectionProfile, ConnectionTarget, SshTunnel, TlsOptions } from "../core/connection";
import { nameOfTarget, type ServerEngine, usualPort } from "../core/connectionUrl";
import type { ProfileScope } from "../node/connections";

export type EngineChoice = "sqlite" | "duckdb" | "data" | ServerEngine;

/** What is known so far of a connection that is being made or changed. */
export interface ConnectDraft {
  /** Of the connection that is changed; undefined: a new one. */
  readonly before?: ConnectionProfile;
  readonly engine?: EngineChoice;
  /** All of it came from one text. */
  readonly isPasted?: true;
  readonly files: readonly string[];
  readonly host: string;
  /** 0: the engine's usual one. */
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined: as it is kept. Empty: none. */
  readonly password?: string;
  readonly tls: TlsOptions;
  readonly ssh?: SshTunnel;
  /** Empty: named after the database. */
  readonly name: string;
  readonly scope: ProfileScope;
  /** Undefined: as it was, or not. */
  readonly sampleValues?: boolean;
}

export function emptyDraft(scope: ProfileScope): ConnectDraft {
  return {
    files: [],
    host: "localhost",
    port: 0,
    database: "",
    user: "",
    tls: { mode: "prefer" },
    name: "",
    scope,
  };
}

export function draftOf(profile: ConnectionProfile, scope: ProfileScope): ConnectDraft {
  return { ...withTarget(emptyDraft(scope), profile.target), before: profile, name: profile.name };
}

/** The draft with another place; what is known besides stays. */
export function withTarget(draft: ConnectDraft, target: ConnectionTarget): ConnectDraft {
  switch (target.engine) {
    case "sqlite":
      return { ...draft, engine: "sqlite", files: [target.file] };
    case "duckdb":
      return target.file === undefined
        ? { ...draft, engine: "data", files: target.files }
        : { ...draft, engine: "duckdb", files: [target.file] };
    default: {
      const { ssh: _, ...rest } = draft;
      return { ...rest, ...target };
    }
  }
}

/** Where the draft leads; undefined while that is not known. */
export function targetOf(draft: ConnectDraft): ConnectionTarget | undefined {
  const { engine, files, host, database, user, tls, ssh } = draft;
  const [file] = files;
  switch (engine) {
    case undefined:
      return undefined;
    case "sqlite":
      return file === undefined ? undefined : { engine, file };
    case "duckdb":
      return file === undefined ? undefined : { engine, file, files: filesBeside(draft) };
    case "data":
      return file === undefined ? undefined : { engine: "duckdb", files };
    default: {
      const port = draft.port === 0 ? usualPort[engine] : draft.port;
      return { engine, host, port, database, user, tls, ...(ssh === undefined ? {} : { ssh }) };
    }
  }
}

export function profileOf(draft: ConnectDraft, target: ConnectionTarget): ConnectionProfile {
  const { before } = draft;
  return {
    id: before?.id ?? randomUUID(),
    name: draft.name === "" ? nameOfTarget(target) : draft.name,
    target,
    writable: before?.writable ?? false,
    sampleValues: draft.sampleValues ?? before?.sampleValues ?? false,
    notes: before?.notes ?? {},
  };
}

/** Files that a DuckDB database was given besides its own; the wizard asks for none, and loses none. */
function filesBeside({ before, files }: ConnectDraft): readonly string[] {
  return before?.target.engine === "duckdb" && before.target.file === files[0] ? before.target.files : [];
}
