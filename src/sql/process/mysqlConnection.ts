import { connect, isIP } from "node:net";
import type { ConnectionOptions as TlsConnectionOptions } from "node:tls";
import mysql, { type Connection, type ConnectionOptions, type FieldPacket, type ResultSetHeader } from "mysql2";
import { PaddockError } from "../../platform/core/errors";
import type { ServerTarget } from "../core/protocol";
import { times } from "./driver";
import { fromMysql } from "./mysqlErrors";
import { ServerConnection } from "./serverConnection";
import { openByTls } from "./tls";

export type RawRow = readonly (Buffer | null)[];

/** Modes by which the server would read a statement in another way than the gate did. */
const otherReadings = new Set(
  "ANSI,ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,DB2,MAXDB,MSSQL,ORACLE,POSTGRESQL".split(","),
);

/** A session with a MySQL or MariaDB server, and the way to stop what runs in it. */
export class MysqlConnection extends ServerConnection {
  private constructor(
    private readonly connection: Connection,
    target: ServerTarget,
    private readonly password: string | undefined,
    readonly version: string,
  ) {
    super(target, fromMysql);
    connection.on("error", (error: Error) => (this.failure = error));
  }

  get engine(): "mysql" | "mariadb" {
    return /mariadb/i.test(this.version) ? "mariadb" : "mysql";
  }

  /** @throws PaddockError sql/connection, sql/authentication. */
  static async open(target: ServerTarget, password: string | undefined): Promise<MysqlConnection> {
    const connection = await connected(target, password);
    try {
      const [[version = "", modes = ""] = []] = await texts(connection, "SELECT VERSION(), @@SESSION.sql_mode");
      const kept = modes.split(",").filter((mode) => /^\w+$/.test(mode) && !otherReadings.has(mode.toUpperCase()));
      for (const setting of [
        `sql_mode = '${kept.join(",")}'`,
        "SESSION TRANSACTION READ ONLY",
        `SESSION lock_wait_timeout = ${times.lock / 1000}`,
        `SESSION innodb_lock_wait_timeout = ${times.lock / 1000}`,
        "SESSION group_concat_max_len = 1048576",
      ])
        await texts(connection, `SET ${setting}`);
      return new MysqlConnection(connection, target, password, version);
    } catch (error) {
      connection.destroy();
      throw fromMysql(error, target);
    }
  }

  protected async begin(kind: "READ ONLY" | "READ WRITE", ms: number): Promise<void> {
    const limit =
      this.engine === "mariadb" ? `max_statement_time = ${ms / 1000}` : `max_execution_time = ${Math.ceil(ms)}`;
    await this.texts(`SET SESSION ${limit}`);
    await this.texts(`START TRANSACTION ${kind}`);
  }

  protected async commit(): Promise<void> {
    await this.texts("COMMIT");
  }

  protected rollback(): Promise<unknown> {
    return this.texts("ROLLBACK");
  }

  /** Has the server compile a statement. @returns the columns of its rows; none: it gives no rows. */
  describe(sql: string): Promise<readonly FieldPacket[]> {
    return this.counted(
      new Promise((resolve, reject) => {
        this.connection.prepare(sql, (error, statement) => {
          if (error !== null) {
            reject(error);
            return;
          }
          // What the server told of its columns; the package's types leave it out.
          const { columns } = statement as unknown as { readonly columns?: readonly FieldPacket[] };
          statement.close();
          resolve(columns ?? []);
        });
      }),
    );
  }

  /** Runs a statement, its rows handed on as they come, in bytes. */
  stream(sql: string, onRow: (row: RawRow) => void): Promise<void> {
    return this.counted(
      new Promise((resolve, reject) => {
        this.connection
          .query({ sql, rowsAsArray: true, typeCast: false })
          .on("result", (row: unknown) => {
            if (Array.isArray(row)) onRow(row as RawRow);
          })
          .on("error", reject)
          .on("end", resolve);
      }),
    );
  }

  /** Runs a statement that writes. @returns the rows it changed; undefined: it changes none of its nature. */
  change(sql: string): Promise<number | undefined> {
    return this.counted(
      new Promise((resolve, reject) => {
        this.connection.query(sql, (error, result) => {
          if (error !== null) reject(error);
          else resolve(Array.isArray(result) ? undefined : (result as ResultSetHeader).affectedRows);
        });
      }),
    );
  }

  /** The rows of a statement of our own. */
  texts(sql: string, values: readonly string[] = []): Promise<string[][]> {
    return this.counted(texts(this.connection, sql, values));
  }

  /** Stops what runs, by a second session: there is no other way. */
  async cancel(): Promise<void> {
    const { answered } = this;
    const { threadId } = this.connection;
    const other = await connected(this.target, this.password).catch(() => undefined);
    if (other === undefined) return;
    // It may have ended meanwhile, and the next statement is not meant.
    if (this.answered === answered) await texts(other, `KILL QUERY ${threadId}`).catch(() => undefined);
    other.end();
  }

  close(): Promise<void> {
    this.connection.destroy();
    return Promise.resolve();
  }
}

function texts(connection: Connection, sql: string, values: readonly string[] = []): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, values: [...values], rowsAsArray: true, typeCast: false }, (error, rows: unknown) => {
      if (error !== null) reject(error);
      else
        resolve(Array.isArray(rows) ? (rows as RawRow[]).map((row) => row.map((cell) => cell?.toString() ?? "")) : []);
    });
  });
}

async function connected(target: ServerTarget, password: string | undefined): Promise<Connection> {
  if (target.tls.mode === "verify" && isIP(target.host) !== 0) {
    throw new PaddockError(
      "sql/connection",
      "A certificate can be verified here only for a host's name, not an address.",
      {
        remedy: "Write the server's name as the connection's host.",
      },
    );
  }
  const { host, port } = target.reach ?? target;
  const open = (ssl: TlsConnectionOptions | undefined): Promise<Connection> => {
    const options: ConnectionOptions = {
      host: target.host,
      // Where it is reached, which through a tunnel is not the host that certificates name.
      stream: () => connect({ port, host, keepAlive: true, noDelay: true }),
      ...{ user: target.user, database: target.database, charset: "utf8mb4" },
      ...(password === undefined ? {} : { password }),
      ...(ssl === undefined ? {} : { ssl: { ...sslOf(ssl), verifyIdentity: target.tls.mode === "verify" } }),
      connectTimeout: times.connect,
      multipleStatements: false,
      // The server could otherwise ask for any file of this machine.
      flags: ["-LOCAL_FILES"],
      supportBigNumbers: true,
    };
    return new Promise((resolve, reject) => {
      const connection = mysql.createConnection(options);
      // Told of again by whoever uses it next.
      connection.on("error", () => undefined);
      connection.connect((error) => {
        if (error === null) resolve(connection);
        else {
          connection.destroy();
          reject(error);
        }
      });
    });
  };
  const hasNone = (error: unknown): boolean =>
    error instanceof Error && "code" in error && error.code === "HANDSHAKE_NO_SSL_SUPPORT";
  return openByTls(target, open, hasNone, fromMysql);
}

function sslOf({ ca, cert, key, rejectUnauthorized, minVersion }: TlsConnectionOptions) {
  const given = { ca, cert, key, rejectUnauthorized, minVersion };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
