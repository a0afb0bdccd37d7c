import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseClient } from "../../src/sql/node/databaseClient";
import { DuckdbDriver } from "../../src/sql/process/duckdbDriver";
import { RowSink } from "../../src/sql/process/rowSink";
import {
  cancelLater,
  databaseBench,
  type DatabaseBench,
  forever,
  limits,
  lives,
  rowsOf,
} from "../support/openDatabases";

let bench: DatabaseBench;
let made = 0;
beforeAll(async () => (bench = await databaseBench()));
afterAll(() => bench.close());

const inFolder = (name: string): string => path.join(bench.folder, name);
/** A new file with what the statements make. */
async function file(...statements: string[]): Promise<string> {
  const name = inFolder(`made-${made++}.duckdb`);
  const instance = await DuckDBInstance.create(name);
  const connection = await instance.connect();
  for (const sql of statements) await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
  return name;
}
const open = (name: string | undefined, writable = false, files: string[] = []): Promise<DatabaseClient> =>
  bench.open({ engine: "duckdb", ...(name === undefined ? {} : { file: name }), files }, { writable });
const runaway = "SELECT count(*) FROM range(10000000000) a, range(100000) b WHERE (a.range * b.range) % 7 = 3";

describe("a DuckDB file", () => {
  it("tells its schema", async () => {
    const database = await open(
      await file(
        `CREATE TABLE singer (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, sex VARCHAR, mood ENUM('good', 'bad'))`,
        `CREATE TABLE "Con cert" ("select" INTEGER REFERENCES singer (id), fee DECIMAL(8, 2), held TIMESTAMP, tags VARCHAR[], extra JSON)`,
        `INSERT INTO singer VALUES (1, 'Ann', 'F', 'good'), (2, 'Bob', 'M', 'bad'), (3, 'Cy', 'M', NULL)`,
        "COMMENT ON TABLE singer IS 'who sings'",
        "COMMENT ON COLUMN singer.sex IS 'as told'",
        `CREATE INDEX by_fee ON "Con cert" (fee)`,
        "CREATE VIEW men AS SELECT name FROM singer WHERE sex = 'M'",
        "CREATE SCHEMA other",
        "CREATE TABLE other.t (a BIGINT)",
      ),
    );
    const schema = await database.schema({ samples: true, signal: forever });
    expect([schema.engine, schema.defaultSchema]).toEqual(["duckdb", "main"]);
    expect(schema.version).toMatch(/^1\./);
    expect(schema.tables.map(({ schema: space, name, kind }) => `${space ?? ""}.${name} ${kind}`).sort()).toEqual([
      ...["main.Con cert table", "main.men view", "main.singer table", "other.t table"],
    ]);
    const singer = schema.tables.find(({ name }) => name === "singer");
    expect(singer).toMatchObject({ comment: "who sings", rows: { count: 3, exact: true } });
    expect(singer?.columns).toEqual([
      { name: "id", type: "INTEGER", kind: "integer", nullable: false, keyPlace: 1 },
      { name: "name", type: "VARCHAR", kind: "text", nullable: false, samples: ["Ann", "Bob", "Cy"] },
      { name: "sex", type: "VARCHAR", kind: "text", nullable: true, comment: "as told", samples: ["F", "M"] },
      { name: "mood", type: "ENUM('good', 'bad')", kind: "text", nullable: true, samples: ["bad", "good"] },
    ]);
    const concert = schema.tables.find(({ name }) => name === "Con cert");
    expect(concert?.columns.map(({ kind }) => kind)).toEqual(["integer", "number", "timestamp", "other", "json"]);
    expect(concert?.foreignKeys).toEqual([
      { columns: ["select"], toSchema: "main", toTable: "singer", toColumns: ["id"] },
    ]);
    expect(concert?.indexes).toEqual([{ name: "by_fee", columns: ["fee"], unique: false }]);
    expect(await database.findValues("Is ann a good M?", { limit: 9, signal: forever })).toEqual([
      { schema: "main", table: "singer", column: "mood", value: "good" },
      { schema: "main", table: "singer", column: "name", value: "Ann" },
      { schema: "main", table: "singer", column: "sex", value: "M" },
    ]);
  });

  it("tells each value for what it is", async () => {
    const database = await open(await file());
    const result = await database.query(
      `SELECT 9007199254740993, 1.50, 1.5::DOUBLE, 'nan'::DOUBLE, 'x', '\\x00\\xff'::BLOB, NULL, true, [1, 2],
       {'a': 1}, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:30:00', 170141183460469231731687303715884105727`,
      limits,
      forever,
    );
    expect(result.rows).toEqual([
      [
        { kind: "digits", digits: "9007199254740993" },
        { kind: "digits", digits: "1.50" },
        ...[1.5, "NaN", "x", { kind: "bytes", bytes: 2, hex: "00ff" }, null, true, "[1, 2]", "{'a': 1}"],
        ...["2024-02-29", "2024-02-29 12:30:00"],
        { kind: "digits", digits: "170141183460469231731687303715884105727" },
      ],
    ]);
    expect(result.columns.map(({ kind }) => kind)).toEqual([
      ...["integer", "number", "number", "number", "text", "blob", "integer", "boolean", "other", "other", "date"],
      ...["timestamp", "integer"],
    ]);
    await expect(database.prepare("SELECT nope FROM range(1)", forever)).rejects.toMatchObject({
      code: "sql/invalid",
      message: expect.stringContaining('Binder Error: Referenced column "nope" not found') as string,
    });
    const steps = await database.explain("SELECT count(*) FROM range(10) GROUP BY range % 2", forever);
    expect(JSON.stringify(steps)).toMatch(/HASH_GROUP_BY|PERFECT_HASH/);
  });

  it("stops at the caps and can be asked again", async () => {
    const database = await open(await file());
    const endless = "SELECT range, 'some text' FROM range(10000000000)";
    const rows = await database.query(endless, { ...limits, maxRows: 5000 }, forever);
    expect([rows.rows.length, rows.cut, rows.rows[4999]?.[0]]).toEqual([5000, "rows", 4999]);
    expect((await database.query(endless, { ...limits, maxBytes: 10_000 }, forever)).cut).toBe("bytes");
    expect(await rowsOf(database, "SELECT 1")).toEqual([[1]]);
  });

  it("may be empty, and may have 500 tables", async () => {
    expect((await (await open(await file())).schema({ samples: true, signal: forever })).tables).toEqual([]);
    const many = Array.from({ length: 500 }, (_, at) => `CREATE TABLE t${at} (id INTEGER, a VARCHAR, b VARCHAR)`);
    const database = await open(await file(many.join("; ")));
    const began = performance.now();
    expect((await database.schema({ samples: true, signal: forever })).tables).toHaveLength(500);
    console.log(`schema of 500 tables: ${Math.round(performance.now() - began)} ms`);
  });
});

describe("files as tables", () => {
  it("are CSV, Parquet and JSON, each named after its file", async () => {
    const csv = inFolder("Sales [2024]*.csv");
    await writeFile(csv, "id,city\n1,Oslo\n2,Bergen\n3,Oslo\n");
    const parquet = inFolder("trips.parquet");
    const json = inFolder("sub.json");
    const again = inFolder("trips.csv");
    await writeFile(json, '[{"a": 1, "b": {"c": "x"}}, {"a": 2}]');
    await writeFile(again, "x\n1\n");
    await file(`COPY (SELECT 1 AS k, 'it''s' AS v) TO '${parquet}'`);
    const database = await open(undefined, false, [csv, parquet, json, again]);
    const schema = await database.schema({ samples: true, signal: forever });
    expect(schema.tables.map(({ name, kind }) => [name, kind])).toEqual([
      ...[
        ["Sales_2024", "view"],
        ["trips", "view"],
        ["sub", "view"],
        ["trips_2", "view"],
      ].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    ]);
    const sales = schema.tables.find(({ name }) => name.startsWith("Sales"));
    expect(sales?.rows).toEqual({ count: 3, exact: true });
    expect(sales?.columns).toEqual([
      { name: "id", type: "BIGINT", kind: "integer", nullable: true },
      { name: "city", type: "VARCHAR", kind: "text", nullable: true, samples: ["Bergen", "Oslo"] },
    ]);
    expect(await rowsOf(database, "SELECT count(*) FROM Sales_2024")).toEqual([[3]]);
    expect(await rowsOf(database, "SELECT k, v FROM trips")).toEqual([[1, "it's"]]);
    expect(await rowsOf(database, "SELECT sum(a) FROM sub")).toEqual([[3]]);
    expect((await database.findValues("in oslo", { limit: 1, signal: forever }))[0]?.value).toBe("Oslo");
  });

  it("stand beside a file's own tables, and are told when they go", async () => {
    const csv = inFolder("beside.csv");
    await writeFile(csv, "id\n7\n");
    const database = await open(await file("CREATE TABLE t AS SELECT 7 AS id"), false, [csv]);
    expect(await rowsOf(database, "SELECT t.id FROM t JOIN beside ON t.id = beside.id")).toEqual([[7]]);
    await rename(csv, `${csv}.away`);
    await expect(rowsOf(database, "SELECT * FROM beside")).rejects.toMatchObject({ code: "sql/changed" });
  });
});

describe("the guard behind the gate", () => {
  const read = async (sql: string): Promise<unknown> => {
    const csv = inFolder("guarded.csv");
    await writeFile(csv, "id\n1\n");
    const name = await file("CREATE TABLE t (a INTEGER)");
    const driver = await DuckdbDriver.open(name, [csv]);
    const sink = new RowSink(limits, () => undefined);
    return driver.query(sql.replace("OWN", csv), limits, sink, forever).finally(() => driver.close());
  };

  it.each([
    "INSERT INTO t VALUES (1)",
    "INSERT INTO t VALUES (1) RETURNING a",
    "CREATE TABLE u (a INTEGER)",
    "CREATE TEMP TABLE u AS SELECT 1",
    "COPY (SELECT 1) TO 'OWN'",
    "COPY (SELECT 1) TO '/tmp/paddock-out.csv'",
    "ATTACH '/tmp/paddock-other.duckdb'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM 'https://example.com/x.csv'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "EXPORT DATABASE '/tmp/paddock-export'",
    "CHECKPOINT",
    "BEGIN",
    "SELECT 1; DELETE FROM t",
  ])("refuses %s", async (sql) => {
    await expect(read(sql)).rejects.toMatchObject({
      code: expect.stringMatching(/^sql\/(refused|invalid)$/) as string,
    });
  });
});

describe("writing", () => {
  const change = "UPDATE t SET b = 'z' WHERE b = 'y'";
  it("is previewed and taken back, and kept when as many rows change as were agreed to", async () => {
    const name = await file("CREATE TABLE t AS SELECT * FROM (VALUES (1, 'x'), (2, 'y'), (3, 'y')) v (a, b)");
    const database = await open(name, true);
    expect(await database.preview(change, forever)).toEqual({ rows: 2 });
    expect(await rowsOf(database, "SELECT count(*) FROM t WHERE b = 'y'")).toEqual([[2]]);
    await expect(database.execute(change, { expectedRows: 1, signal: forever })).rejects.toMatchObject({
      code: "sql/changed",
    });
    expect(await database.execute(change, { expectedRows: 2, signal: forever })).toEqual({ rows: 2 });
    expect(await rowsOf(database, "SELECT count(*) FROM t WHERE b = 'z'")).toEqual([[2]]);
    await expect((await open(undefined, true)).preview(change, forever)).rejects.toMatchObject({ code: "sql/refused" });
  });
});

describe("cancelling", () => {
  it.each([
    ["a join", runaway],
    ["a recursion", "WITH RECURSIVE r(x) AS (SELECT 1::HUGEINT UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r"],
    ["a large sort", "SELECT max(x) FROM (SELECT range AS x FROM range(30000000) ORDER BY hash(range))"],
  ])("stops %s within a second, and the database goes on", async (_, sql) => {
    const database = await open(await file("CREATE TABLE t AS SELECT 1 AS a"));
    const { pid } = database;
    const { ms, code } = await cancelLater((signal) => database.query(sql, limits, signal));
    console.log(`DuckDB stopped after ${Math.round(ms)} ms, its process ${lives(pid) ? "lives" : "was ended"}`);
    expect([code, ms < 1000]).toEqual(["cancelled", true]);
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[1]]);
  });

  it("happens by itself when time is up", async () => {
    const database = await open(undefined);
    const began = performance.now();
    await expect(database.query(runaway, { ...limits, timeoutMs: 300 }, forever)).rejects.toMatchObject({
      code: "sql/timeout",
    });
    expect(performance.now() - began).toBeLessThan(1300);
  });
});

describe("a file that others use", () => {
  it("is locked, in words", async () => {
    const name = await file("CREATE TABLE t AS SELECT 1 AS a");
    const writer = await DuckDBInstance.create(name);
    await expect(open(name)).rejects.toMatchObject({
      code: "sql/locked",
      message: `${path.basename(name)} is open for writing in another program.`,
    });
    writer.closeSync();
    expect(await rowsOf(await open(name), "SELECT a FROM t")).toEqual([[1]]);
  });

  it("is let go of when nobody asks it anything, so that others can write", async () => {
    const name = await file("CREATE TABLE t AS SELECT 1 AS a");
    const database = await bench.open({ engine: "duckdb", file: name, files: [] }, { idleMs: 300 });
    const { pid } = database;
    await expect(DuckDBInstance.create(name)).rejects.toThrow(/lock/);
    await expect.poll(() => lives(pid), { timeout: 5000 }).toBe(false);
    const writer = await DuckDBInstance.create(name);
    const connection = await writer.connect();
    await connection.run("INSERT INTO t VALUES (2)");
    connection.closeSync();
    writer.closeSync();
    expect(await rowsOf(database, "SELECT count(*) FROM t")).toEqual([[2]]);
  });

  it("is deleted, replaced, none, or no database", async () => {
    const name = await file("CREATE TABLE t AS SELECT 1 AS a");
    const database = await open(name);
    await rename(await file("CREATE TABLE t AS SELECT 2 AS a"), name);
    await expect(rowsOf(database, "SELECT a FROM t")).rejects.toMatchObject({ code: "sql/changed" });
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[2]]);
    await rename(name, `${name}.away`);
    await expect(rowsOf(database, "SELECT a FROM t")).rejects.toMatchObject({ code: "sql/changed" });
    await expect(rowsOf(database, "SELECT a FROM t")).rejects.toMatchObject({ code: "sql/connection" });
    const text = inFolder("text.duckdb");
    await writeFile(text, "no database, but long enough to look like one".repeat(1000));
    await expect(open(text)).rejects.toMatchObject({ code: "sql/connection" });
    await expect(open(undefined, false, [text])).rejects.toMatchObject({ code: "unsupported" });
  });
});
