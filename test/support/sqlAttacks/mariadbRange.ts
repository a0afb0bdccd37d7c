import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";
import type { ConnectionTarget } from "../../../src/sql/core/connection";
import { type SqlServer, startMariadb } from "../sqlServers";
import { type Attack, digestOf, type Harm, harmsInRows, patienceFor, type Range, SECRET, YARDSTICK } from "./attack";

const dataQueries = [
  "SELECT * FROM target.t ORDER BY 1",
  "SELECT * FROM target.u ORDER BY 1",
  "SELECT next_not_cached_value FROM target.seq",
  "SELECT TABLE_NAME, TABLE_TYPE, TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'target' ORDER BY 1",
  "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'target' ORDER BY 1, 2",
  "SELECT TABLE_NAME, INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'target' ORDER BY 1, 2",
  "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'target' ORDER BY 1",
  "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'target'",
  "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'target'",
  "SHOW DATABASES",
  "SELECT User, Host, Priv FROM mysql.global_priv ORDER BY 1, 2",
  "SELECT * FROM mysql.db ORDER BY 1, 2, 3",
  "SELECT Server_name FROM mysql.servers ORDER BY 1",
  "SELECT @@global.max_connections",
];

/** A server on which the attacker is root, so that nothing but the layers is in the way. */
export class MariadbRange implements Range {
  private data = "";
  private before = "";
  private victim: Connection | undefined;
  private victimId = 0;
  private victimGone = false;
  private harmed = true;

  private constructor(
    private readonly server: SqlServer,
    private readonly folder: string,
    private readonly admin: Connection,
  ) {}

  static async make(): Promise<MariadbRange> {
    const server = await startMariadb();
    const folder = path.join(path.dirname(server.caFile), "range");
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    writeFileSync(path.join(folder, "secret.txt"), `${SECRET}\n`);
    writeFileSync(path.join(folder, "rows.txt"), "60\tfrom a file\t6\n");
    for (const name of readdirSync(folder)) chmodSync(path.join(folder, name), 0o644);
    const admin = await createConnection({ socketPath: path.join(path.dirname(server.caFile), "s"), user: "root" });
    await admin.query(`CREATE USER root@'127.0.0.1' IDENTIFIED BY '${server.password}'`).catch(() => undefined);
    await admin.query(`ALTER USER root@'127.0.0.1' IDENTIFIED BY '${server.password}'`);
    await admin.query("GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION");
    await admin.query("CREATE USER victim@'%' IDENTIFIED BY 'victim'");
    await admin.query(`CREATE SERVER kept FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h', PASSWORD '${SECRET}')`);
    const range = new MariadbRange(server, folder, admin);
    await range.renew();
    return range;
  }

  get password(): string {
    return this.server.password;
  }
  get target(): ConnectionTarget {
    return { ...this.server.target(), user: "root", database: "target" };
  }

  sql(attack: Attack): string {
    const secret = Buffer.from(path.join(this.folder, "secret.txt")).toString("hex");
    return attack.sql
      .replaceAll("{dir}", this.folder)
      .replaceAll("{victim}", String(this.victimId))
      .replaceAll("{hexsecret}", secret);
  }

  async strike(attack: Attack): Promise<ReadonlySet<Harm>> {
    this.harmed = true;
    const connection = await this.connect("target");
    connection.on("error", () => undefined);
    await connection.query(`SET @secret = '${SECRET}'`);
    const found = new Set<Harm>();
    const before = await this.session(connection);
    const patience = await patienceFor(attack, () => connection.query(YARDSTICK));
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      void this.admin.query(`KILL ${connection.threadId}`);
    }, patience);
    try {
      if (attack.harm === "lock") await connection.query("BEGIN");
      const [rows] = await connection.query({ sql: this.sql(attack), rowsAsArray: true });
      for (const harm of harmsInRows([rows])) found.add(harm);
      if (attack.harm === "lock") {
        // The server looks at its transactions anew only every tenth of a second.
        await sleep(150);
        const [locks] = await this.admin.query(
          `SELECT trx_tables_locked + trx_rows_locked AS locks FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = ${connection.threadId}`,
        );
        if (((locks as { locks: number }[])[0]?.locks ?? 0) > 0) found.add("lock");
      }
      if ((await this.session(connection)) !== before) found.add("session");
    } catch (error) {
      if (!late.signal.aborted) throw error;
      found.add("slow");
    } finally {
      clearTimeout(timer);
      connection.destroy();
    }
    for (const harm of await this.damage()) found.add(harm);
    return found;
  }

  /** Whatever the attacker's connection still holds when its statement is over. */
  private async session(connection: Connection): Promise<string> {
    const answers: unknown[] = [];
    const asked = [
      "SHOW SESSION VARIABLES WHERE Variable_name NOT IN ('timestamp', 'rand_seed1', 'rand_seed2', 'last_gtid')",
      "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.USER_VARIABLES ORDER BY 1",
      "SELECT DATABASE(), LAST_INSERT_ID(), @@in_transaction, IS_USED_LOCK('x'), IS_USED_LOCK('y'), @@autocommit",
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TEMPORARY = 'Y'",
      "SELECT count(*) FROM target.big",
    ];
    for (const sql of asked) {
      try {
        answers.push((await connection.query({ sql, rowsAsArray: true }))[0]);
      } catch (error) {
        answers.push(String(error));
      }
    }
    // Locked tables say so to everybody else.
    const [held] = await this.admin.query("SHOW OPEN TABLES FROM target WHERE In_use > 0");
    answers.push(held);
    const [handlers] = await this.admin
      .query(`SELECT count(*) AS n FROM information_schema.METADATA_LOCK_INFO WHERE THREAD_ID = ${connection.threadId}`)
      .catch(() => [[]]);
    answers.push(handlers);
    return JSON.stringify(answers);
  }

  private connect(database: string): Promise<Connection> {
    return createConnection({
      host: "127.0.0.1",
      port: this.server.port,
      user: "root",
      password: this.server.password,
      database,
      multipleStatements: true,
    });
  }

  private async readData(): Promise<string> {
    const answers: unknown[] = [];
    for (const sql of dataQueries) {
      try {
        answers.push((await this.admin.query({ sql, rowsAsArray: true }))[0]);
      } catch (error) {
        answers.push(String(error));
      }
    }
    return JSON.stringify(answers);
  }

  async damage(): Promise<ReadonlySet<Harm>> {
    const found = new Set<Harm>();
    if (digestOf(this.folder) !== this.before) found.add("file");
    if ((await this.readData()) !== this.data) found.add("data");
    if (this.victimGone) found.add("session");
    this.harmed = found.size > 0;
    return found;
  }

  async renew(): Promise<void> {
    if (!this.harmed && !this.victimGone) return;
    for (const name of readdirSync(this.folder))
      if (!/^(?:secret|rows)\.txt$/.test(name)) rmSync(path.join(this.folder, name), { recursive: true });
    if (this.data !== "" && (await this.mended())) return;
    for (const sql of [...reset, ...rows]) await this.admin.query(sql);
    this.before = digestOf(this.folder);
    this.data = await this.readData();
    if (this.victim === undefined || this.victimGone) await this.meetVictim();
    this.harmed = false;
  }

  /** Puts rows back, which is much quicker than another database. @returns whether nothing else was harmed. */
  private async mended(): Promise<boolean> {
    if (this.victimGone) await this.meetVictim().catch(() => undefined);
    try {
      for (const sql of [...emptied, ...rows]) await this.admin.query(sql);
    } catch {
      return false;
    }
    return (await this.damage()).size === 0;
  }

  private async meetVictim(): Promise<void> {
    const victim = await createConnection({
      host: "127.0.0.1",
      port: this.server.port,
      user: "victim",
      password: "victim",
    });
    victim.on("error", () => (this.victimGone = true));
    this.victim = victim;
    this.victimId = victim.threadId;
    this.victimGone = false;
    void victim.query(`SELECT '${SECRET}', sleep(100000)`).catch(() => (this.victimGone = true));
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.victim?.destroy();
    await this.admin.end();
    await this.server.stop();
  }
}

const reset = [
  "SET GLOBAL max_connections = 151",
  "DROP DATABASE IF EXISTS target",
  "DROP DATABASE IF EXISTS made",
  "DROP USER IF EXISTS made",
  "DROP ROLE IF EXISTS made2",
  "DROP SERVER IF EXISTS made",
  "CREATE USER IF NOT EXISTS victim@'%'",
  "ALTER USER victim@'%' IDENTIFIED BY 'victim'",
  "GRANT PROCESS ON *.* TO victim@'%'",
  "CREATE DATABASE target",
  "CREATE TABLE target.t (id int PRIMARY KEY, name text, n int)",
  "CREATE TABLE target.u (id int, t_id int, v text)",
  "CREATE TABLE target.big AS SELECT seq AS n, concat('abcabcabc', seq) AS s FROM target.seq_1_to_1000",
  "CREATE VIEW target.tv AS SELECT name FROM target.t",
  "CREATE FUNCTION target.wipe() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM target.u; RETURN 1; END",
  "CREATE PROCEDURE target.wipe_it() DELETE FROM target.t",
];

const rows = [
  "CREATE OR REPLACE SEQUENCE target.seq NOCACHE",
  "INSERT INTO target.t VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Cy', 3)",
  "INSERT INTO target.u VALUES (11, 1, 'x'), (12, 2, 'y')",
];
const emptied = ["DELETE FROM target.t", "DELETE FROM target.u"];
