import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import type { ConnectionTarget } from "../../../src/sql/core/connection";
import { type SqlServer, startPostgres } from "../sqlServers";
import { type Attack, digestOf, type Harm, harmsInRows, patienceFor, type Range, SECRET, YARDSTICK } from "./attack";

/** What of a database and its server an attack may change, as one JSON text. */
const dataQuery = `SELECT json_build_object(
  'relations', (SELECT json_agg(concat_ws(' ', n.nspname, relname, relkind, relnatts, relacl, relpersistence) ORDER BY c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
  'columns', (SELECT json_agg(concat_ws(' ', attrelid::regclass, attname, atttypid::regtype, attnotnull, atthasdef) ORDER BY attrelid, attnum) FROM pg_attribute WHERE attrelid IN (to_regclass('t'), to_regclass('u')) AND attnum > 0),
  't', CASE WHEN to_regclass('t') IS NOT NULL THEN query_to_xml('SELECT * FROM t ORDER BY 1, 2', true, false, '')::text END,
  'u', CASE WHEN to_regclass('u') IS NOT NULL THEN query_to_xml('SELECT * FROM u ORDER BY 1, 2, 3', true, false, '')::text END,
  'sequence', CASE WHEN to_regclass('seq') IS NOT NULL THEN query_to_xml('SELECT last_value, is_called FROM seq', true, false, '')::text END,
  'objects', (SELECT count(*) FROM pg_largeobject_metadata), 'functions', (SELECT count(*) FROM pg_proc), 'types', (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace),
  'schemas', (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_'), 'roles', (SELECT json_agg(concat_ws(' ', rolname, rolsuper) ORDER BY rolname) FROM pg_authid),
  'settings', (SELECT json_agg(setconfig) FROM pg_db_role_setting), 'files', (SELECT json_agg(concat_ws(' ', name, setting) ORDER BY seqno) FROM pg_file_settings),
  'comments', (SELECT json_agg(description) FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid IN (to_regclass('t'), to_regclass('u'))),
  'triggers', (SELECT count(*) FROM pg_trigger), 'rules', (SELECT count(*) FROM pg_rewrite))::text AS state`;

const sessionQuery = `SELECT json_build_object(
  'settings', (SELECT json_agg(name || '=' || setting ORDER BY name) FROM pg_settings WHERE source = 'session'),
  'prepared', (SELECT count(*) FROM pg_prepared_statements), 'cursors', (SELECT count(*) FROM pg_cursors WHERE name <> ''),
  'locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
  'temporary', (SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relnamespace = pg_my_temp_schema()),
  'channels', (SELECT json_agg(c) FROM pg_listening_channels() AS c), 'user', current_user || session_user,
  'open', now() <> statement_timestamp(), 'read only', current_setting('transaction_read_only'))::text AS state`;

/** A server on which the attacker is superuser, so that nothing but the layers is in the way. */
export class PostgresRange implements Range {
  private data = "";
  private before = "";
  private victim: Client | undefined;
  private told = false;
  /** Looks at the database for the range alone. */
  private observer: Client | undefined;
  private attacker: Client | undefined;
  private harmed = true;

  private constructor(
    private readonly server: SqlServer,
    private readonly folder: string,
    private readonly admin: Client,
  ) {}

  static async make(): Promise<PostgresRange> {
    const server = await startPostgres();
    const folder = path.join(path.dirname(server.caFile), "range");
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    writeFileSync(path.join(folder, "secret.txt"), `${SECRET}\n`);
    writeFileSync(path.join(folder, `${SECRET}.txt`), "the name is the secret");
    for (const name of readdirSync(folder)) chmodSync(path.join(folder, name), 0o644);
    const admin = await connected(server, "postgres");
    const range = new PostgresRange(server, folder, admin);
    for (const sql of base) await admin.query(sql);
    const made = await connected(server, "base");
    await made.query(tables);
    await made.query(rowsOfTables);
    await made.end();
    await range.renew();
    return range;
  }

  get password(): string {
    return this.server.password;
  }
  get target(): ConnectionTarget {
    return { ...this.server.target(), user: "postgres", database: "target" };
  }

  sql(attack: Attack): string {
    return attack.sql.replaceAll("{dir}", this.folder);
  }

  async strike(attack: Attack): Promise<ReadonlySet<Harm>> {
    const client = (this.attacker ??= await connected(this.server, "target"));
    this.harmed = true;
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const found = new Set<Harm>();
    const before = await stateOf(client, sessionQuery);
    const patience = await patienceFor(attack, () => client.query(YARDSTICK));
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      void this.admin.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
    }, patience);
    try {
      if (attack.harm === "lock") await client.query("BEGIN");
      const results: unknown = await client.query({ text: this.sql(attack), rowMode: "array" });
      for (const one of [results].flat() as { rows: unknown[] }[])
        for (const harm of harmsInRows(one.rows)) found.add(harm);
      if (attack.harm === "lock") {
        const locks = await client.query(
          "SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid' AND mode <> 'AccessShareLock'",
        );
        if (locks.rows.length > 0) found.add("lock");
        await client.query("ROLLBACK");
      }
      if ((await stateOf(client, sessionQuery)) !== before) found.add("session");
    } catch (error) {
      if (!late.signal.aborted) throw error;
      found.add("slow");
    } finally {
      clearTimeout(timer);
      // A session that anything was told or done to attacks no more.
      if (found.has("session") || !(await forgets(client))) await this.leave();
    }
    for (const harm of await this.damage()) found.add(harm);
    return found;
  }

  async damage(): Promise<ReadonlySet<Harm>> {
    const found = new Set<Harm>();
    if (digestOf(this.folder) !== this.before) found.add("file");
    if ((await this.readData()) !== this.data) found.add("data");
    // What it was notified of comes with its next answer. What it asks is what others may see that it asked.
    await this.victim?.query(`SELECT '${SECRET}'`).catch(() => (this.told = true));
    if (this.told) found.add("session");
    this.harmed = found.size > 0;
    return found;
  }

  private async readData(): Promise<string> {
    this.observer ??= await connected(this.server, "target");
    return stateOf(this.observer, dataQuery);
  }

  async renew(): Promise<void> {
    if (!this.harmed) return;
    for (const name of readdirSync(this.folder))
      if (!/secret/i.test(name)) rmSync(path.join(this.folder, name), { recursive: true });
    if (this.data !== "" && (await this.mended())) return;
    await this.leave();
    await this.observer?.end();
    this.observer = undefined;
    await this.victim?.end().catch(() => undefined);
    for (const sql of [
      "ALTER SYSTEM RESET ALL",
      "DROP DATABASE IF EXISTS target WITH (FORCE)",
      "DROP ROLE IF EXISTS made16",
      "ALTER ROLE victim NOSUPERUSER",
      "CREATE DATABASE target TEMPLATE base",
      `ALTER DATABASE target SET paddock.secret = '${SECRET}'`,
    ])
      await this.admin.query(sql);
    this.before = digestOf(this.folder);
    this.data = await this.readData();
    this.told = false;
    this.victim = clientOf(this.server, "target", "victim");
    this.victim.on("notification", () => (this.told = true));
    this.victim.on("error", () => (this.told = true));
    await this.victim.connect();
    await this.victim.query(`LISTEN paddock; SELECT '${SECRET}'`);
    this.harmed = false;
  }

  /** Puts rows back, which is much quicker than another database. @returns whether nothing else was harmed. */
  private async mended(): Promise<boolean> {
    const done = await this.observer?.query(`${emptied}; ${rowsOfTables}`).catch(() => undefined);
    return done !== undefined && (await this.damage()).size === 0;
  }

  async leave(): Promise<void> {
    const { attacker } = this;
    this.attacker = undefined;
    await attacker?.end().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.leave();
    await this.observer?.end().catch(() => undefined);
    await this.victim?.end().catch(() => undefined);
    await this.admin.end();
    await this.server.stop();
  }
}

/** @returns whether a session is as if it had just begun. In a transaction, or ended, it cannot be. */
async function forgets(client: Client): Promise<boolean> {
  return client.query("DISCARD ALL").then(
    () => true,
    () => false,
  );
}

async function connected(server: SqlServer, database: string): Promise<Client> {
  const client = clientOf(server, database);
  await client.connect();
  return client;
}

function clientOf(server: SqlServer, database: string, name = "attacker"): Client {
  const client = new Client({
    host: "127.0.0.1",
    port: server.port,
    user: "postgres",
    password: server.password,
    database,
    application_name: name,
  });
  client.on("error", () => undefined);
  return client;
}

async function stateOf(client: Client, sql: string): Promise<string> {
  const { rows } = await client.query<{ state: string }>(sql);
  return rows[0]?.state ?? "";
}

const base = ["CREATE DATABASE base", `CREATE ROLE victim LOGIN PASSWORD 'x'`];

const emptied = "TRUNCATE t, u; SELECT setval('seq', 1, false); SELECT lo_unlink(oid) FROM pg_largeobject_metadata";
const rowsOfTables = `
  INSERT INTO t VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Cy', 3);
  INSERT INTO u VALUES (11, 1, 'x'), (12, 2, 'y');
`;

const tables = `
  CREATE TABLE t (id int PRIMARY KEY DEFAULT 70, name text, n int);
  CREATE TABLE u (id int, t_id int, v text);
  CREATE SEQUENCE seq;
  CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; RETURN 1; END';
  CREATE FUNCTION wiped(t) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM u; RETURN 1; END';
  CREATE FUNCTION wipe_two(int, int) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; RETURN 1; END';
  CREATE FUNCTION wipe_text(text) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; RETURN 1; END';
  CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = wipe_two);
  CREATE AGGREGATE wipe_all(int) (SFUNC = wipe_two, STYPE = int, INITCOND = '0');
  CREATE TYPE wiping AS (a int);
  CREATE FUNCTION to_wiping(text) RETURNS wiping LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; RETURN ROW(1); END';
  CREATE CAST (text AS wiping) WITH FUNCTION to_wiping(text);
  CREATE PROCEDURE wipe_it() LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; END';
  CREATE FOREIGN DATA WRAPPER w;
  CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (token '${SECRET}');
  CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password '${SECRET}');
`;
