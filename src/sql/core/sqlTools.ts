import * as v from "valibot";
import type { ConnectionTarget } from "./connection";
import { type ConnectionText, parseConnectionText, type ServerEngine, usualPort } from "./connectionUrl";

/** A connection that the extension SQLTools keeps in the settings. */
export interface SqlToolsConnection {
  readonly name: string;
  readonly found: Extract<ConnectionText, { kind: "target" }>;
}

const text = v.optional(v.string());
const rowSchema = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  driver: v.string(),
  server: text,
  port: v.optional(v.union([v.number(), v.string()])),
  database: text,
  databaseFilePath: text,
  username: text,
  password: v.optional(v.nullable(v.string())),
  connectString: text,
  ssh: text,
  sshOptions: v.optional(v.object({ host: text, port: v.optional(v.union([v.number(), v.string()])), username: text })),
  pgOptions: v.optional(v.object({ ssl: v.optional(v.unknown()) })),
});
type Row = v.InferOutput<typeof rowSchema>;
const servers: Readonly<Record<string, ServerEngine>> = {
  postgresql: "postgres",
  "aws redshift": "postgres",
  mysql: "mysql",
  mariadb: "mariadb",
};

/**
 * @param setting the value of `sqltools.connections`; what is of another form is left out.
 * @param folderOf the full path of the workspace folder, of that name where there is one; undefined: there is none.
 */
export function connectionsOfSqlTools(
  setting: unknown,
  folderOf: (name: string | undefined) => string | undefined,
): readonly SqlToolsConnection[] {
  if (!Array.isArray(setting)) return [];
  return setting.slice(0, 200).flatMap((raw: unknown) => {
    const row = v.safeParse(rowSchema, raw);
    const found = row.success ? connectionOf(row.output, folderOf) : undefined;
    return row.success && found !== undefined ? [{ name: row.output.name, found }] : [];
  });
}

function connectionOf(
  row: Row,
  folderOf: (name: string | undefined) => string | undefined,
): SqlToolsConnection["found"] | undefined {
  const driver = row.driver.toLowerCase();
  if (row.connectString !== undefined && row.connectString !== "") {
    const parsed = parseConnectionText(row.connectString);
    return parsed.kind === "target" ? parsed : undefined;
  }
  if (driver === "sqlite" || driver === "duckdb") {
    const file = withFolders(row.databaseFilePath ?? row.database ?? "", folderOf);
    if (file === undefined || file === "" || file === ":memory:") return undefined;
    const target: ConnectionTarget =
      driver === "sqlite" ? { engine: "sqlite", file } : { engine: "duckdb", file, files: [] };
    return { kind: "target", target };
  }
  const engine = servers[driver];
  if (engine === undefined) return undefined;
  const port = portOf(row.port) ?? usualPort[engine];
  const ssh = sshOf(row);
  const { password } = row;
  return {
    kind: "target",
    target: {
      engine,
      host: row.server === undefined || row.server === "" ? "localhost" : row.server,
      port,
      database: row.database ?? "",
      user: row.username ?? "",
      tls: { mode: isTruthy(row.pgOptions?.ssl) ? "require" : "prefer" },
      ...(ssh === undefined ? {} : { ssh }),
    },
    ...(typeof password === "string" && password !== "" ? { password } : {}),
  };
}

function sshOf({ ssh, sshOptions }: Row): { destination: string; port?: number } | undefined {
  const host = sshOptions?.host;
  if (ssh !== "Enabled" || host === undefined || !/^[^\s-][^\s]*$/u.test(host)) return undefined;
  const user = sshOptions?.username;
  const port = portOf(sshOptions?.port);
  const destination = user === undefined || user === "" || user.startsWith("-") ? host : `${user}@${host}`;
  return { destination, ...(port === undefined ? {} : { port }) };
}

/** `true`, or an object of certificates. */
function isTruthy(given: unknown): boolean {
  return given !== undefined && given !== null && given !== false;
}

function portOf(given: number | string | undefined): number | undefined {
  const port = Number(given ?? Number.NaN);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

const folderVariable = /\$\{workspaceFolder(?::([^}]+))?\}/gu;

/** `${workspaceFolder}` and `${workspaceFolder:name}` filled in; undefined where one names no folder. */
function withFolders(file: string, folderOf: (name: string | undefined) => string | undefined): string | undefined {
  for (const [, name] of file.matchAll(folderVariable)) if (folderOf(name) === undefined) return undefined;
  return file.replace(folderVariable, (_whole, name: string | undefined) => folderOf(name) ?? "");
}
