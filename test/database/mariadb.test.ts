import mysql from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseClient } from "../../src/sql/node/databaseClient";
import { MysqlDriver } from "../../src/sql/process/mysqlDriver";
import { RowSink } from "../../src/sql/process/rowSink";
import { cancelLater, databaseBench, type DatabaseBench, forever, limits, rowsOf } from "../support/openDatabases";
import { noMariadb, type SqlServer, startMariadb } from "../support/sqlServers";

const runaway = `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 900)
  SELECT count(*) FROM c a, c b, c d, c e WHERE a.x * b.x + d.x <> e.x`;
const joined =
  "SELECT count(*) FROM seq a, seq b, seq c, seq d, seq e, seq f, seq g, seq h, seq i WHERE a.n * b.n + c.n <> i.n";

const setup = [
  `CREATE TABLE singer (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40) NOT NULL, sex char(1) COMMENT 'as told',
   mood enum('good', 'bad'), born date, photo blob, extra json, alive boolean, big bigint unsigned) COMMENT 'who sings'`,
  "CREATE TABLE `Con cert` (singer_id int, `select` int, fee decimal(8, 2), PRIMARY KEY (singer_id, `select`), FOREIGN KEY (singer_id) REFERENCES singer (id), KEY Fee (fee, `select`))",
  "CREATE VIEW men AS SELECT name, id FROM singer WHERE sex = 'M'",
  "INSERT INTO singer (name, sex, mood) VALUES ('Ann', 'F', 'good'), ('Bób Lee 🦙', 'M', 'bad'), ('Cy', 'M', NULL)",
  "CREATE TABLE lasting (a int) ENGINE = Aria",
  "CREATE TABLE seq (n int)",
  `INSERT INTO seq VALUES ${Array.from({ length: 60 }, (_, at) => `(${at})`).join(", ")}`,
];

describe.skipIf(noMariadb !== undefined)(`MariaDB${noMariadb === undefined ? "" : ` (${noMariadb})`}`, () => {
  let bench: DatabaseBench;
  let server: SqlServer;
  let client: DatabaseClient;
  beforeAll(async () => {
    bench = await databaseBench();
    server = await startMariadb();
    const { host, port, user, database } = server.target();
    const admin = await mysql.createConnection({ host, port, user, database, password: server.password });
    for (const sql of setup) await admin.query(sql);
    await admin.end();
    client = await bench.open(server.target(), { password: server.password, writable: true });
  });
  afterAll(async () => {
    await bench.close();
    await server.stop();
  });
  const open = (password = server.password, target = server.target()): Promise<DatabaseClient> =>
    bench.open(target, { password });

  it("says which server answers", async () => {
    const asked = await open(undefined, { ...server.target(), engine: "mysql" });
    expect(asked.engine).toBe("mariadb");
  });

  it("tells its schema", async () => {
    const schema = await client.schema({ samples: true, signal: forever });
    expect([schema.engine, schema.defaultSchema]).toEqual(["mariadb", "test"]);
    expect(schema.version).toMatch(/^1\d\.\d+\.\d+$/);
    expect(schema.tables.map(({ name, kind }) => `${name} ${kind}`).sort()).toEqual([
      ...["Con cert table", "lasting table", "men view", "seq table", "singer table"],
    ]);
    const singer = schema.tables.find(({ name }) => name === "singer");
    expect(singer).toMatchObject({ schema: "test", comment: "who sings", rows: { count: 3, exact: true } });
    expect(singer?.columns.map(({ name, kind, keyPlace, nullable }) => [name, kind, keyPlace, nullable])).toEqual([
      ["id", "integer", 1, false],
      ["name", "text", undefined, false],
      ...["text", "text", "date", "blob"].map((kind, at) => [
        ["sex", "mood", "born", "photo"][at],
        kind,
        undefined,
        true,
      ]),
      ["extra", "text", undefined, true],
      ["alive", "boolean", undefined, true],
      ["big", "integer", undefined, true],
    ]);
    expect(singer?.columns[2]).toMatchObject({ comment: "as told", samples: ["F", "M"] });
    expect(singer?.columns[3]?.samples).toEqual(["bad", "good"]);
    const concert = schema.tables.find(({ name }) => name === "Con cert");
    expect(concert?.foreignKeys).toEqual([
      { columns: ["singer_id"], toSchema: "test", toTable: "singer", toColumns: ["id"] },
    ]);
    expect(concert?.indexes).toContainEqual({ name: "Fee", columns: ["fee", "select"], unique: false });
    expect(await client.findValues("is bób lee 🦙 good? M", { limit: 9, signal: forever })).toEqual([
      { schema: "test", table: "singer", column: "name", value: "Bób Lee 🦙" },
      { schema: "test", table: "singer", column: "mood", value: "good" },
      { schema: "test", table: "singer", column: "sex", value: "M" },
    ]);
  });

  it("tells each value for what it is", async () => {
    const result = await client.query(
      `SELECT 9007199254740993, 1.50, 1.5e0, 'x', x'00ff', NULL, true, DATE '2024-02-29',
       TIMESTAMP '2024-02-29 12:30:00', -3, REPEAT('y', 20000), '🦙'`,
      limits,
      forever,
    );
    expect(result.rows).toEqual([
      [
        ...[{ kind: "digits", digits: "9007199254740993" }, { kind: "digits", digits: "1.50" }, 1.5, "x"],
        ...[{ kind: "bytes", bytes: 2, hex: "00ff" }, null, 1, "2024-02-29", "2024-02-29 12:30:00", -3],
        ...[{ kind: "cut", text: "y".repeat(16_384), characters: 20_000 }, "🦙"],
      ],
    ]);
    await expect(client.prepare("SELECT nope FROM singer", forever)).rejects.toMatchObject({
      code: "sql/invalid",
      message: expect.stringContaining("Unknown column 'nope'") as string,
    });
    expect((await client.prepare("SELECT fee, singer_id FROM `Con cert`", forever)).columns).toEqual([
      { name: "fee", type: "decimal", kind: "number" },
      { name: "singer_id", type: "int", kind: "integer" },
    ]);
    const steps = await client.explain("SELECT count(*) FROM singer WHERE id > 1", forever);
    expect(JSON.stringify(steps)).toContain("table singer");
  });

  it("stops at the caps and can be asked again", async () => {
    const rows = await client.query("SELECT a.n FROM seq a, seq b, seq c", { ...limits, maxRows: 2500 }, forever);
    expect([rows.rows.length, rows.cut]).toEqual([2500, "rows"]);
    expect(await rowsOf(client, "SELECT 1")).toEqual([[1]]);
  });

  it.each([
    "INSERT INTO singer (name) VALUES ('x')",
    "INSERT INTO singer (name) VALUES ('x') RETURNING id",
    "UPDATE singer SET name = 'x'",
    "DROP TABLE singer",
    "SELECT 1; DELETE FROM singer",
    "SELECT 1 INTO OUTFILE '/tmp/paddock-out'",
    "SELECT name INTO @x FROM singer LIMIT 1",
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE seq",
    "COMMIT",
    "SET SESSION TRANSACTION READ WRITE",
    "START TRANSACTION READ WRITE",
    "",
  ])("refuses, behind the gate: %s", async (sql) => {
    const driver = await MysqlDriver.open(server.target(), server.password);
    const sink = new RowSink(limits, () => undefined);
    await expect(driver.query(sql, limits, sink, forever)).rejects.toMatchObject({
      code: expect.stringMatching(/^sql\/(refused|invalid)$/) as string,
    });
    await driver.close();
  });

  it("writes what was agreed to, and nothing else", async () => {
    const change = "UPDATE singer SET sex = 'X' WHERE sex = 'M'";
    expect(await client.preview(change, forever)).toEqual({ rows: 2 });
    expect(await rowsOf(client, "SELECT count(*) FROM singer WHERE sex = 'M'")).toEqual([[2]]);
    await expect(client.execute(change, { expectedRows: 1, signal: forever })).rejects.toMatchObject({
      code: "sql/changed",
    });
    expect(await client.execute(change, { expectedRows: 2, signal: forever })).toEqual({ rows: 2 });
    expect(await rowsOf(client, "SELECT count(*) FROM singer WHERE sex = 'X'")).toEqual([[2]]);
    await expect(client.preview("INSERT INTO lasting VALUES (1)", forever)).rejects.toMatchObject({
      code: "sql/refused",
      message: "What is written to lasting could not be taken back.",
    });
  });

  it.each([
    ["recursion", runaway],
    ["join", joined],
  ])("ends a runaway %s within a second, and nothing keeps running", async (_, sql) => {
    const database = await open();
    const { pid } = database;
    const { ms, code } = await cancelLater((signal) => database.query(sql, limits, signal));
    console.log(`MariaDB stopped after ${Math.round(ms)} ms`);
    expect([code, ms < 1000, database.pid]).toEqual(["cancelled", true, pid]);
    expect(await running()).toBe(0);
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
  });

  it("stops by itself when time is up", async () => {
    const database = await open();
    await expect(database.query(joined, { ...limits, timeoutMs: 300 }, forever)).rejects.toMatchObject({
      code: "sql/timeout",
    });
    expect(await running()).toBe(0);
  });

  it("goes away and comes back", async () => {
    const database = await open();
    await server.crash();
    await expect(database.query("SELECT 1", limits, forever)).rejects.toMatchObject({ code: "sql/connection" });
    await server.restart();
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
    await server.crash();
    await server.restart();
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
  });

  it("tells a wrong password, a wrong name and a closed door apart", async () => {
    await expect(open("wrong")).rejects.toMatchObject({ code: "sql/authentication" });
    await expect(open(undefined, { ...server.target(), database: "none" })).rejects.toMatchObject({
      code: expect.stringMatching(/^sql\/(connection|authentication)$/) as string,
    });
    await expect(open(undefined, { ...server.target(), port: 1 })).rejects.toMatchObject({ code: "sql/connection" });
    expect(bench.lines.join("\n")).not.toContain(server.password);
  });

  it("uses TLS as it is told to", async () => {
    const encrypted = async (tls: Parameters<SqlServer["target"]>[0], host = "127.0.0.1"): Promise<boolean> => {
      const { port, user, database } = server.target();
      const driver = await MysqlDriver.open(
        { engine: "mariadb", host, port, user, database, tls: tls ?? { mode: "off" } },
        server.password,
      );
      const rows: unknown[] = [];
      const sink = new RowSink(limits, (batch) => void rows.push(...batch.flat()));
      const sql = "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'";
      await driver.query(sql, limits, sink, forever);
      sink.flush();
      await driver.close();
      return rows[0] !== "";
    };
    expect(await encrypted({ mode: "off" })).toBe(false);
    expect(await encrypted({ mode: "prefer" })).toBe(true);
    expect(await encrypted({ mode: "require" })).toBe(true);
    expect(await encrypted({ mode: "verify", caFile: server.caFile }, "localhost")).toBe(true);
    await expect(encrypted({ mode: "verify" }, "localhost")).rejects.toMatchObject({
      code: "sql/connection",
      message: "The certificate of localhost is not trusted.",
    });
    await expect(encrypted({ mode: "verify", caFile: server.caFile })).rejects.toMatchObject({
      code: "sql/connection",
    });
  });

  /** Statements of others that the server runs now. */
  async function running(): Promise<unknown> {
    const sql = "SELECT count(*) FROM information_schema.processlist WHERE command = 'Query' AND id <> CONNECTION_ID()";
    const driver = await MysqlDriver.open(server.target(), server.password);
    const rows: unknown[] = [];
    const sink = new RowSink(limits, (batch) => void rows.push(...batch.flat()));
    await driver.query(sql, limits, sink, forever);
    sink.flush();
    await driver.close();
    return rows[0];
  }
});
