import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { ConnectionTarget } from "../../../src/sql/core/connection";
import { type SqlServer, startPostgres } from "../sqlServers";
import { type Attack, digestOf, type Harm, harmsInRows, type Range, SECRET, SLOW_MS } from "./attack";

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
    const admin = clientOf(server, "postgres");
    await admin.connect();
    const range = new PostgresRange(server, folder, admin);
    for (const sql of base) await admin.query(sql);
    const made = clientOf(server, "base");
    await made.connect();
    await made.query(tables);
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
    const client = clientOf(this.server, "target");
    await client.connect();
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const found = new Set<Harm>();
    const before = await stateOf(client, sessionQuery);
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      void this.admin.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
    }, SLOW_MS);
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
      await client.end().catch(() => undefined);
    }
    for (const harm of await this.damage()) found.add(harm);
    return found;
  }

  async damage(): Promise<ReadonlySet<Harm>> {
    const found = new Set<Harm>();
    if (digestOf(this.folder) !== this.before) found.add("file");
    const client = clientOf(this.server, "target");
    await client.connect();
    if ((await stateOf(client, dataQuery)) !== this.data) found.add("data");
    await client.end();
    await sleep(2);
    if (this.told) found.add("session");
    return found;
  }

  async renew(): Promise<void> {
    const { rows } = await this.admin.query<{ there: boolean }>(
      "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = 'target') AS there",
    );
    const harmed = rows[0]?.there !== true || (await this.damage()).size > 0 || this.data === "";
    if (!harmed) return;
    await this.victim?.end().catch(() => undefined);
    for (const name of readdirSync(this.folder))
      if (!/secret/i.test(name))
        await this.admin.query("COPY (SELECT 1) TO PROGRAM '" + `rm -rf ${path.join(this.folder, name)}` + "'");
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
    const client = clientOf(this.server, "target");
    await client.connect();
    this.data = await stateOf(client, dataQuery);
    await client.end();
    this.told = false;
    this.victim = clientOf(this.server, "target", "victim");
    this.victim.on("notification", () => (this.told = true));
    this.victim.on("error", () => (this.told = true));
    await this.victim.connect();
    await this.victim.query(`LISTEN paddock; SELECT '${SECRET}'`);
  }

  async close(): Promise<void> {
    await this.victim?.end().catch(() => undefined);
    await this.admin.end();
    await this.server.stop();
  }
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

const tables = `
  CREATE TABLE t (id int PRIMARY KEY DEFAULT 70, name text, n int);
  CREATE TABLE u (id int, t_id int, v text);
  INSERT INTO t VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Cy', 3);
  INSERT INTO u VALUES (11, 1, 'x'), (12, 2, 'y');
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
