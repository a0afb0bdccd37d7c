import { connect } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Client } from "pg";
import { PaddockError } from "../../platform/core/errors";
import type { ServerTarget } from "../core/protocol";
import { times } from "./driver";
import { fromPostgres } from "./postgresErrors";
import { PostgresStatement } from "./postgresStatement";
import { ServerConnection } from "./serverConnection";
import { openByTls } from "./tls";

/** How long a cancel request may be without effect before it is made in the other way, ms. */
const SECOND_CANCEL_MS = 500;

/**
 * What holds for the whole session: read-only unless a transaction says otherwise, the quoting that the gate parses by,
 * an end for sessions that nobody uses, and a look at the line while a statement runs, so that one whose asker is gone
 * ends by itself. Servers that are older do not know all of it.
 */
const settings = [
  "SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
  "standard_conforming_strings = on",
  "DateStyle = ISO",
  "bytea_output = hex",
  `lock_timeout = ${times.lock}`,
  "idle_in_transaction_session_timeout = 60000",
  "client_connection_check_interval = 1000",
];

/** A session with a PostgreSQL server, and the ways to stop what runs in it. */
export class PostgresConnection extends ServerConnection {
  private constructor(
    private readonly client: Client,
    target: ServerTarget,
    private readonly password: string | undefined,
    private readonly pid: number,
  ) {
    super(target, fromPostgres);
    client.on("error", (error) => (this.failure = error));
  }

  /** @throws PaddockError sql/connection, sql/authentication. */
  static async open(target: ServerTarget, password: string | undefined): Promise<PostgresConnection> {
    const client = await connected(target, password);
    try {
      for (const setting of settings) await client.query(`SET ${setting}`).catch(onlyKnown);
      const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      return new PostgresConnection(client, target, password, Number(rows[0]?.pid));
    } catch (error) {
      await client.end().catch(() => undefined);
      throw fromPostgres(error, target);
    }
  }

  protected async begin(kind: "READ ONLY" | "READ WRITE", ms: number): Promise<void> {
    await this.client.query(`BEGIN TRANSACTION ${kind}; SET LOCAL statement_timeout = ${Math.ceil(ms)}`);
  }

  protected async commit(): Promise<void> {
    const { command } = await this.client.query("COMMIT");
    if (command !== "COMMIT") throw new PaddockError("sql/invalid", "PostgreSQL took the statement back.");
  }

  protected rollback(): Promise<unknown> {
    return this.client.query("ROLLBACK");
  }

  /** One statement by the extended protocol. */
  run(statement: PostgresStatement): Promise<Awaited<PostgresStatement["done"]>> {
    this.client.query(statement);
    return this.counted(statement.done);
  }

  /** A statement of our own, whose one value is JSON. */
  async json(sql: string, values: readonly unknown[] = []): Promise<unknown> {
    const { rows } = await this.counted(
      this.client.query<[unknown]>({ text: sql, values: [...values], rowMode: "array" }),
    );
    return rows[0]?.[0];
  }

  /** Stops what runs, by a cancel request, and where that is not heard by a second session. */
  async cancel(): Promise<void> {
    const { answered } = this;
    setTimeout(() => {
      if (this.answered === answered) void this.cancelBySession(answered).catch(() => undefined);
    }, SECOND_CANCEL_MS);
    await this.requestCancel();
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** The protocol's own way: a connection that says who is to be stopped and closes. It needs no login. */
  private requestCancel(): Promise<void> {
    const { processID, secretKey } = this.client as unknown as { processID: number | null; secretKey: number | null };
    if (processID === null || secretKey === null) return Promise.resolve();
    const { host, port } = this.target.reach ?? this.target;
    const message = Buffer.alloc(16);
    message.writeInt32BE(16, 0);
    message.writeInt32BE(80_877_102, 4);
    message.writeInt32BE(processID, 8);
    message.writeInt32BE(secretKey, 12);
    return new Promise((resolve) => {
      const socket = connect(port, host, () => socket.end(message));
      socket.setTimeout(SECOND_CANCEL_MS, () => socket.destroy());
      // The server closes when it has passed the request on.
      socket.on("error", () => undefined).on("close", () => resolve());
      socket.resume();
    });
  }

  private async cancelBySession(answered: number): Promise<void> {
    const client = await connected(this.target, this.password);
    try {
      // It may have ended meanwhile, and the next statement is not meant.
      if (this.answered === answered) await client.query("SELECT pg_cancel_backend($1)", [this.pid]);
    } finally {
      await client.end();
    }
  }
}

async function connected(target: ServerTarget, password: string | undefined): Promise<Client> {
  const { host, port } = target.reach ?? target;
  const open = async (ssl: ConnectionOptions | undefined): Promise<Client> => {
    const client = new Client({
      ...{ host, port, user: target.user, database: target.database },
      ...(password === undefined ? {} : { password }),
      ssl: ssl ?? false,
      connectionTimeoutMillis: times.connect,
      keepAlive: true,
      application_name: "Paddock",
    });
    // Told of again by whoever uses it next.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const hasNone = (error: unknown): boolean => error instanceof Error && error.message.includes("does not support SSL");
  return openByTls(target, open, hasNone, fromPostgres);
}

/** A setting that a server does not know is passed over. */
function onlyKnown(error: unknown): void {
  const state = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!["42704", "22023", "0A000", "42601"].includes(state)) throw error;
}
