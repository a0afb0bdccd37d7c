import { type ConnectionText, parseConnectionText } from "./connectionUrl";

/** A database that a file of environment variables names. The password is for whoever accepts it, never for a screen. */
export interface EnvConnection {
  /** The variable, or the first of those that belong together. */
  readonly key: string;
  readonly found: Extract<ConnectionText, { kind: "target" }>;
}

const urlKey = /(^|_)(url|uri|dsn|connection|connection_string|database)$/iu;
/** Variables that say where a server is one by one: libpq's, Docker's images', Laravel's and many others'. */
const families = [
  {
    scheme: "postgres",
    host: "PGHOST",
    port: "PGPORT",
    database: "PGDATABASE",
    user: "PGUSER",
    password: "PGPASSWORD",
  },
  {
    scheme: "postgres",
    host: "POSTGRES_HOST",
    port: "POSTGRES_PORT",
    database: "POSTGRES_DB",
    user: "POSTGRES_USER",
    password: "POSTGRES_PASSWORD",
  },
  {
    scheme: "mysql",
    host: "MYSQL_HOST",
    port: "MYSQL_PORT",
    database: "MYSQL_DATABASE",
    user: "MYSQL_USER",
    password: "MYSQL_PASSWORD",
  },
  {
    scheme: "mariadb",
    host: "MARIADB_HOST",
    port: "MARIADB_PORT",
    database: "MARIADB_DATABASE",
    user: "MARIADB_USER",
    password: "MARIADB_PASSWORD",
  },
  {
    scheme: undefined,
    host: "DB_HOST",
    port: "DB_PORT",
    database: "DB_DATABASE",
    user: "DB_USERNAME",
    password: "DB_PASSWORD",
  },
] as const;
const schemes: Readonly<Record<string, string>> = { pgsql: "postgres", postgres: "postgres", postgresql: "postgres" };

/** The databases that a .env file names, in its order. */
export function connectionsInEnv(text: string): readonly EnvConnection[] {
  const variables = variablesOf(text);
  const found: EnvConnection[] = [];
  for (const [key, value] of variables) {
    if (!urlKey.test(key) || !/^[a-z][a-z0-9+.:-]*:/iu.test(value)) continue;
    const parsed = parseConnectionText(value);
    if (parsed.kind === "target") found.push({ key, found: parsed });
  }
  for (const family of families) {
    const host = variables.get(family.host);
    if (host === undefined || host === "") continue;
    const named = variables.get("DB_CONNECTION")?.toLowerCase() ?? "";
    const scheme = family.scheme ?? schemes[named] ?? (named === "mariadb" || named === "mysql" ? named : undefined);
    if (scheme === undefined) continue;
    const value = (key: string): string => encodeURIComponent(variables.get(key) ?? "");
    const port = variables.get(family.port) ?? "";
    const parsed = parseConnectionText(
      `${scheme}://${value(family.user)}:${value(family.password)}@${host}${port === "" ? "" : `:${port}`}/${value(family.database)}`,
    );
    if (parsed.kind === "target") found.push({ key: family.host, found: parsed });
  }
  return found;
}

/** By dotenv's rules: quotes, `export`, comments, and names of earlier variables in values. */
function variablesOf(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const line =
    /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:'([^']*)'|"((?:\\.|[^"\\])*)"|([^\r\n#]*(?:\S#[^\r\n#]*)*))?/gmu;
  for (const [, key = "", single, double, bare] of text.matchAll(line)) {
    if (single !== undefined) {
      variables.set(key, single);
      continue;
    }
    const value = double === undefined ? (bare ?? "").trim() : double.replace(/\\(["\\$])/gu, "$1");
    variables.set(
      key,
      value.replace(/\$\{([\w.-]+)\}/gu, (_whole, name: string) => variables.get(name) ?? ""),
    );
  }
  return variables;
}
