import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DatabaseClient } from "../../src/sql/node/databaseClient";
import { PostgresDriver } from "../../src/sql/process/postgresDriver";
import { RowSink } from "../../src/sql/process/rowSink";
import { cancelLater, databaseBench, type DatabaseBench, forever, limits, rowsOf } from "../support/openDatabases";
import { startPglite } from "../support/pgliteServer";
import { noPostgres, type ServerTarget, type SqlServer, startPostgres } from "../support/sqlServers";

const runaway = "WITH RECURSIVE c(x) AS (SELECT 1::numeric UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

const setup = [
  "CREATE TYPE mood AS ENUM ('good', 'bad')",
  "CREATE DOMAIN plate AS varchar(8)",
  `CREATE TABLE singer (id serial PRIMARY KEY, name varchar(40) NOT NULL, sex text, mood mood, plate plate, born date, photo bytea, extra jsonb)`,
  `CREATE TABLE "Con cert" (singer_id int REFERENCES singer, "select" int, fee numeric(8, 2), PRIMARY KEY (singer_id, "select"))`,
  `CREATE UNIQUE INDEX by_name ON singer (name, lower(sex))`,
  `CREATE INDEX "Fee" ON "Con cert" (fee, "select")`,
  "CREATE VIEW men AS SELECT name, id FROM singer WHERE sex = 'M'",
  "COMMENT ON TABLE singer IS 'who sings'",
  "COMMENT ON COLUMN singer.sex IS 'as told'",
  "INSERT INTO singer (name, sex, mood) VALUES ('Ann', 'F', 'good'), ('Bób Lee', 'M', 'bad'), ('Cy', 'M', NULL)",
  "CREATE SCHEMA other",
  "CREATE TABLE other.t (a bigint)",
];

/** What PGlite and PostgreSQL itself must do alike. */
function alike(opened: () => Promise<DatabaseClient>, target: () => ServerTarget, password: () => string): void {
  it("tells its schema", async () => {
    const database = await opened();
    const schema = await database.schema({ samples: true, signal: forever });
    expect([schema.engine, schema.defaultSchema]).toEqual(["postgres", "public"]);
    expect(schema.version).toMatch(/^1\d/);
    expect(schema.tables.map(({ schema: space, name, kind }) => [space, name, kind])).toEqual([
      ["public", "singer", "table"],
      ["public", "Con cert", "table"],
      ["public", "men", "view"],
      ["other", "t", "table"],
    ]);
    const [singer, concert, men] = schema.tables;
    expect(singer).toMatchObject({ comment: "who sings", rows: { count: 3, exact: true } });
    expect(singer?.columns).toEqual([
      { name: "id", type: "integer", kind: "integer", nullable: false, keyPlace: 1 },
      {
        ...{ name: "name", type: "character varying(40)", kind: "text", nullable: false },
        samples: ["Ann", "Bób Lee", "Cy"],
      },
      { name: "sex", type: "text", kind: "text", nullable: true, comment: "as told", samples: ["F", "M"] },
      { name: "mood", type: "mood", kind: "text", nullable: true, samples: ["bad", "good"] },
      { name: "plate", type: "plate", kind: "text", nullable: true },
      { name: "born", type: "date", kind: "date", nullable: true },
      { name: "photo", type: "bytea", kind: "blob", nullable: true },
      { name: "extra", type: "jsonb", kind: "json", nullable: true },
    ]);
    expect(singer?.indexes).toEqual([{ name: "by_name", columns: ["name", "lower(sex)"], unique: true }]);
    expect(concert?.indexes).toEqual([{ name: "Fee", columns: ["fee", "select"], unique: false }]);
    expect(concert?.foreignKeys).toEqual([
      { columns: ["singer_id"], toSchema: "public", toTable: "singer", toColumns: ["id"] },
    ]);
    expect(concert?.columns.map(({ keyPlace }) => keyPlace)).toEqual([1, 2, undefined]);
    expect(men?.columns.map(({ name }) => name)).toEqual(["name", "id"]);
    expect(await database.findValues("is bób lee good? M", { limit: 9, signal: forever })).toEqual([
      { schema: "public", table: "singer", column: "name", value: "Bób Lee" },
      { schema: "public", table: "singer", column: "mood", value: "good" },
      { schema: "public", table: "singer", column: "sex", value: "M" },
    ]);
  });

  it("tells each value for what it is", async () => {
    const database = await opened();
    const result = await database.query(
      `SELECT 9007199254740993, 1.50, 1.5::float8, 'NaN'::float8, 'x', '\\x00ff'::bytea, NULL, true, ARRAY[1, 2],
       '{"a": 1}'::jsonb, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:30:00', (SELECT mood FROM singer WHERE id = 1), -3, repeat('y', 20000)`,
      limits,
      forever,
    );
    expect(result.rows).toEqual([
      [
        ...[{ kind: "digits", digits: "9007199254740993" }, { kind: "digits", digits: "1.50" }, 1.5, "NaN", "x"],
        ...[{ kind: "bytes", bytes: 2, hex: "00ff" }, null, true, "{1,2}", '{"a": 1}', "2024-02-29"],
        ...["2024-02-29 12:30:00", "good", -3, { kind: "cut", text: "y".repeat(16_384), characters: 20_000 }],
      ],
    ]);
    expect(result.columns.map(({ kind }) => kind)).toEqual([
      ...["integer", "number", "number", "number", "text", "blob", "text", "boolean", "other", "json", "date"],
      ...["timestamp", "text", "integer", "text"],
    ]);
    expect((await database.prepare('SELECT fee FROM "Con cert"', forever)).columns).toEqual([
      { name: "fee", type: "numeric(8,2)", kind: "number" },
    ]);
    await expect(database.prepare("SELECT nope FROM singer", forever)).rejects.toMatchObject({
      code: "sql/invalid",
      message: expect.stringContaining('column "nope" does not exist') as string,
    });
    expect(await rowsOf(database, "SELECT name FROM singer WHERE id < 0")).toEqual([]);
    const steps = await database.explain("SELECT count(*) FROM singer", forever);
    expect(steps[0]?.text).toBe("Aggregate");
    expect(steps[0]?.steps[0]?.text).toMatch(/Scan on singer/);
  });

  it("stops at the caps and can be asked again", async () => {
    const database = await opened();
    const rows = await database.query(
      "SELECT x FROM generate_series(1, 100000) x",
      { ...limits, maxRows: 2500 },
      forever,
    );
    expect([rows.rows.length, rows.cut, rows.rows[2499]]).toEqual([2500, "rows", [2500]]);
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
  });

  describe("behind the gate", () => {
    it.each([
      "INSERT INTO singer (name) VALUES ('x') RETURNING id",
      "WITH gone AS (DELETE FROM singer RETURNING id) SELECT * FROM gone",
      "UPDATE singer SET name = 'x'",
      "CREATE TABLE u (a int)",
      "SELECT * INTO u FROM singer",
      "SELECT nextval('singer_id_seq')",
      "SELECT 1; DELETE FROM singer",
      "COMMIT",
      "SET TRANSACTION READ WRITE",
      "SELECT set_config('transaction_read_only', 'off', false)",
      "COPY singer TO STDOUT",
      "SELECT id FROM singer FOR UPDATE",
      "",
    ])("refuses %s", async (sql) => {
      const driver = await PostgresDriver.open(target(), password());
      const sink = new RowSink(limits, () => undefined);
      await expect(driver.query(sql, limits, sink, forever)).rejects.toMatchObject({
        code: expect.stringMatching(/^sql\/(refused|invalid)$/) as string,
      });
      await driver.close();
    });
  });

  it("writes what was agreed to, and nothing else", async () => {
    const database = await opened();
    const change = "UPDATE singer SET sex = 'X' WHERE sex = 'M'";
    expect(await database.preview(change, forever)).toEqual({ rows: 2 });
    expect(await rowsOf(database, "SELECT count(*) FROM singer WHERE sex = 'M'")).toEqual([[2]]);
    await expect(database.execute(change, { expectedRows: 1, signal: forever })).rejects.toMatchObject({
      code: "sql/changed",
    });
    expect(await rowsOf(database, "SELECT count(*) FROM singer WHERE sex = 'M'")).toEqual([[2]]);
    expect(await database.execute(change, { expectedRows: 2, signal: forever })).toEqual({ rows: 2 });
    expect(
      await database.execute(change.replace("'X' WHERE sex = 'M'", "'M' WHERE sex = 'X'"), {
        ...{ expectedRows: 2, signal: forever },
      }),
    ).toEqual({ rows: 2 });
    await expect(database.preview("DELETE FROM singer WHERE nope", forever)).rejects.toMatchObject({
      code: "sql/invalid",
    });
  });
}

let bench: DatabaseBench;
beforeAll(async () => (bench = await databaseBench()));
afterAll(() => bench.close());

describe("PGlite", () => {
  let server: Awaited<ReturnType<typeof startPglite>>;
  let client: DatabaseClient | undefined;
  beforeAll(async () => {
    server = await startPglite();
    for (const sql of setup) await server.database.exec(sql);
  });
  afterAll(async () => {
    await client?.close();
    await server.stop();
  });
  // It has one session, so each test gives its own back.
  const opened = async (): Promise<DatabaseClient> => {
    await client?.close();
    return (client = await bench.open(server.target(), { writable: true }));
  };
  alike(
    opened,
    () => server.target(),
    () => "",
  );
});

describe.skipIf(noPostgres !== undefined)(`PostgreSQL${noPostgres === undefined ? "" : ` (${noPostgres})`}`, () => {
  let server: SqlServer;
  let client: DatabaseClient;
  let admin: pg.Client;
  beforeAll(async () => {
    server = await startPostgres();
    client = await bench.open(server.target(), { password: server.password, writable: true });
    const { host, port, user, database } = server.target();
    admin = new pg.Client({ host, port, user, database, password: server.password });
    // The server is made to crash.
    admin.on("error", () => undefined);
    await admin.connect();
    for (const sql of setup) await admin.query(sql);
  });
  afterAll(async () => {
    await admin.end().catch(() => undefined);
    await server.stop();
  });
  /** Statements of others that the server runs now. */
  const running = async (): Promise<number> => {
    const { rows } = await admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'paddock' AND pid <> pg_backend_pid() AND state = 'active'`,
    );
    return rows[0]?.n ?? -1;
  };

  const open = (password = server.password, target = server.target()): Promise<DatabaseClient> =>
    bench.open(target, { password });

  alike(
    () => Promise.resolve(client),
    () => server.target(),
    () => server.password,
  );

  it("ends a runaway statement within a second, and nothing keeps running", async () => {
    const database = await open();
    const { pid } = database;
    const { ms, code } = await cancelLater((signal) => database.query(runaway, limits, signal));
    console.log(`PostgreSQL stopped after ${Math.round(ms)} ms`);
    expect([code, ms < 1000, database.pid]).toEqual(["cancelled", true, pid]);
    expect(await running()).toBe(0);
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
  });

  it("ends what an asker who died was running", async () => {
    const database = await open();
    const dying = database.query(runaway, limits, forever).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 400));
    process.kill(database.pid ?? 0, "SIGKILL");
    expect(await dying).toMatchObject({ code: "sql/connection" });
    await expect.poll(running, { timeout: 4000 }).toBe(0);
  });

  it("stops by itself when time is up, and streams no more than is wanted", async () => {
    const database = await open();
    await expect(database.query(runaway, { ...limits, timeoutMs: 300 }, forever)).rejects.toMatchObject({
      code: "sql/timeout",
    });
    const began = performance.now();
    const some = await database.query(
      "SELECT a.x FROM generate_series(1, 50000) AS a (x), generate_series(1, 50000) AS b (y)",
      { ...limits, maxRows: 10 },
      forever,
    );
    expect([some.rows.length, some.cut]).toEqual([10, "rows"]);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it("tells a wrong password, a wrong name and a closed door apart", async () => {
    await expect(open("wrong")).rejects.toMatchObject({ code: "sql/authentication" });
    await expect(bench.open(server.target())).rejects.toMatchObject({ code: "sql/authentication" });
    await expect(open(undefined, { ...server.target(), database: "none" })).rejects.toMatchObject({
      code: "sql/connection",
      message: expect.stringContaining('database "none" does not exist') as string,
    });
    await expect(open(undefined, { ...server.target(), port: 1 })).rejects.toMatchObject({ code: "sql/connection" });
    expect(bench.lines.join("\n")).not.toContain(server.password);
  });

  it("uses TLS as it is told to", async () => {
    const encrypted = async (...[tls, host]: [Parameters<SqlServer["target"]>[0], string?]): Promise<unknown> => {
      const target = server.target(tls);
      const driver = await PostgresDriver.open({ ...target, host: host ?? target.host }, server.password);
      const rows: unknown[] = [];
      const sink = new RowSink(limits, (batch) => void rows.push(...batch.flat()));
      await driver.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", limits, sink, forever);
      sink.flush();
      await driver.close();
      return rows[0];
    };
    expect(await encrypted({ mode: "off" })).toBe(false);
    expect(await encrypted({ mode: "prefer" })).toBe(true);
    expect(await encrypted({ mode: "require" })).toBe(true);
    expect(await encrypted({ mode: "verify", caFile: server.caFile })).toBe(true);
    expect(await encrypted({ mode: "verify", caFile: server.caFile }, "localhost")).toBe(true);
    await expect(encrypted({ mode: "verify" })).rejects.toMatchObject({
      code: "sql/connection",
      message: "The certificate of 127.0.0.1 is not trusted.",
    });
    await expect(encrypted({ mode: "verify", caFile: "/none" })).rejects.toMatchObject({
      message: "The certificate file /none cannot be read.",
    });
  });

  it("goes away and comes back", async () => {
    const database = await open();
    await server.crash();
    await expect(database.query("SELECT 1", limits, forever)).rejects.toMatchObject({ code: "sql/connection" });
    await server.restart();
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
    // And once more without anybody noticing in between.
    await server.crash();
    await server.restart();
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
  });
});
