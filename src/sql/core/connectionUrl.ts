import type { ConnectionTarget, TlsOptions } from "./connection";
import type { DatabaseEngine } from "./schema";

export type ServerEngine = Exclude<DatabaseEngine, "sqlite" | "duckdb">;
export type ServerTarget = Extract<ConnectionTarget, { host: string }>;

/** Files that DuckDB reads as tables. */
export const dataFile = /\.(csv|tsv|parquet|json|jsonl|ndjson)(\.gz)?$/iu;
export const sqliteFile = /\.(sqlite3?|db3?|s3db)$/iu;
export const duckdbFile = /\.(duckdb|ddb)$/iu;

/** Where a pasted text leads: a target and what it says of the password, or why it says nothing usable. */
export type ConnectionText =
  | { readonly kind: "target"; readonly target: ConnectionTarget; readonly password?: string }
  | { readonly kind: "problem"; readonly problem: "empty" | "unknown" | "host" | "port" };

const engines: Readonly<Record<string, ServerEngine>> = {
  postgres: "postgres",
  postgresql: "postgres",
  mysql: "mysql",
  mariadb: "mariadb",
};
export const usualPort: Readonly<Record<ServerEngine, number>> = { postgres: 5432, mysql: 3306, mariadb: 3306 };

/**
 * A URL of a server (as libpq, JDBC, SQLAlchemy, Prisma and the like write it) or a file. Written by hand, it seldom
 * has its password encoded, so it is taken apart here rather than by URL.
 * @param text as somebody pasted it. Relative files stay relative.
 */
export function parseConnectionText(text: string): ConnectionText {
  const plain = text
    .trim()
    .replace(/^(["'])(.*)\1$/u, "$2")
    .replace(/^jdbc:/iu, "");
  if (plain === "") return { kind: "problem", problem: "empty" };
  const scheme = /^([a-z][a-z0-9+.-]*):(?![\\])/iu.exec(plain)?.[1]?.toLowerCase();
  // One letter is a drive of Windows.
  if (scheme === undefined || scheme.length === 1) return fileTarget(plain);
  const rest = plain.slice(scheme.length + 1);
  const [name = ""] = scheme.split("+");
  if (name === "sqlite" || name === "sqlite3" || name === "file") {
    const file = fileOf(rest, name === "file");
    if (file === "") return { kind: "problem", problem: "unknown" };
    return name === "file" && !sqliteFile.test(file) ? fileTarget(file) : sqliteTarget(file);
  }
  if (name === "duckdb") {
    const file = fileOf(rest, false);
    return file === ""
      ? { kind: "problem", problem: "unknown" }
      : { kind: "target", target: { engine: "duckdb", file, files: [] } };
  }
  const engine = engines[name];
  if (engine === undefined || !rest.startsWith("//")) return { kind: "problem", problem: "unknown" };
  return serverTarget(engine, rest.slice(2));
}

function sqliteTarget(file: string): ConnectionText {
  return { kind: "target", target: { engine: "sqlite", file } };
}

/** What a file is by its name; undefined where that says nothing. */
export function fileEngine(file: string): "sqlite" | "duckdb" | "data" | undefined {
  if (duckdbFile.test(file)) return "duckdb";
  if (sqliteFile.test(file)) return "sqlite";
  return dataFile.test(file) ? "data" : undefined;
}

function fileTarget(file: string): ConnectionText {
  switch (fileEngine(file)) {
    case "sqlite":
      return sqliteTarget(file);
    case "duckdb":
      return { kind: "target", target: { engine: "duckdb", file, files: [] } };
    case "data":
      return { kind: "target", target: { engine: "duckdb", files: [file] } };
    case undefined:
      return { kind: "problem", problem: "unknown" };
  }
}

/** `sqlite:///app.db` is a relative file and `sqlite:////app.db` an absolute one; a `file:` URL is always absolute. */
function fileOf(rest: string, isFileUrl: boolean): string {
  const [path = ""] = rest.split("?", 1);
  if (!path.startsWith("//")) return decoded(path);
  if (isFileUrl) return decoded(path.replace(/^\/\/(localhost)?/u, "")).replace(/^\/(?=[a-z]:)/iu, "");
  return decoded(path.replace(/^\/\/\/?/u, ""));
}

function serverTarget(engine: ServerEngine, rest: string): ConnectionText {
  const query = rest.indexOf("?");
  const options = optionsOf(query < 0 ? "" : rest.slice(query + 1));
  const body = query < 0 ? rest : rest.slice(0, query);
  // A password may hold an @ or a slash; a host holds neither.
  const at = body.lastIndexOf("@");
  const [user, password] = halves(at < 0 ? "" : body.slice(0, at), ":");
  const [place, database = ""] = halves(body.slice(at + 1), "/");
  const address = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/u.exec(place);
  if (address === null) return { kind: "problem", problem: "port" };
  const host = decoded((address[1] ?? "").replace(/^\[|\]$/gu, "")) || (options.get("host") ?? "localhost");
  if (/[\s,]/u.test(host)) return { kind: "problem", problem: "host" };
  const given = address[2] ?? options.get("port") ?? "";
  const port = given === "" ? usualPort[engine] : Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return { kind: "problem", problem: "port" };
  const secret = password ?? options.get("password");
  return {
    kind: "target",
    target: {
      engine,
      host,
      port,
      database: decoded(database.replace(/\/$/u, "")) || (options.get("dbname") ?? ""),
      user: decoded(user) || (options.get("user") ?? ""),
      tls: tlsOf(options),
    },
    ...(secret === undefined || secret === "" ? {} : { password: decoded(secret) }),
  };
}

/** By the options of libpq, of MySQL's clients and of the frameworks that follow them. */
function tlsOf(options: ReadonlyMap<string, string>): TlsOptions {
  const said = (options.get("sslmode") ?? options.get("ssl-mode") ?? options.get("ssl") ?? "").toLowerCase();
  const isStrict = options.get("sslaccept") === "strict";
  const file = (name: string, ...keys: readonly string[]): Partial<TlsOptions> => {
    const found = keys.map((key) => options.get(key)).find((value) => value !== undefined && value !== "");
    return found === undefined ? {} : { [name]: found };
  };
  return {
    mode: isStrict ? "verify" : tlsMode(said),
    ...file("caFile", "sslrootcert", "ssl-ca", "sslca"),
    ...file("certificateFile", "sslcert", "ssl-cert"),
    ...file("keyFile", "sslkey", "ssl-key"),
  };
}

function tlsMode(said: string): TlsOptions["mode"] {
  switch (said) {
    case "disable":
    case "disabled":
    case "false":
    case "0":
      return "off";
    case "require":
    case "required":
    case "true":
    case "1":
      return "require";
    case "verify-ca":
    case "verify-full":
    case "verify_ca":
    case "verify_identity":
      return "verify";
    default:
      return "prefer";
  }
}

function optionsOf(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const part of query.split("&")) {
    const [key, value = ""] = halves(part, "=");
    if (key !== "") options.set(key.toLowerCase(), decoded(value));
  }
  return options;
}

/** At the first `by`; the second is undefined where there is none. */
function halves(text: string, by: string): readonly [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + by.length)];
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A name for people: the database and its host, or the file's. No password is ever part of it. */
export function nameOfTarget(target: ConnectionTarget): string {
  switch (target.engine) {
    case "sqlite":
      return baseName(target.file);
    case "duckdb": {
      const [first = "DuckDB", ...more] = target.file === undefined ? target.files : [target.file];
      return more.length === 0 ? baseName(first) : `${baseName(first)} +${more.length}`;
    }
    default: {
      const database = target.database === "" ? target.user : target.database;
      return database === "" ? target.host : `${database} (${target.host})`;
    }
  }
}

export function baseName(file: string): string {
  return file.split(/[\\/]/u).at(-1) ?? file;
}

/** Whether two targets are the same database. */
export function isSameTarget(a: ConnectionTarget, b: ConnectionTarget): boolean {
  if (a.engine === "sqlite" && b.engine === "sqlite") return a.file === b.file;
  if (a.engine === "duckdb" && b.engine === "duckdb")
    return a.file === b.file && a.files.length === b.files.length && a.files.every((file, at) => file === b.files[at]);
  if ("host" in a && "host" in b) {
    const isFamily = a.engine === b.engine || (a.engine !== "postgres" && b.engine !== "postgres");
    return isFamily && a.host === b.host && a.port === b.port && a.database === b.database && a.user === b.user;
  }
  return false;
}
