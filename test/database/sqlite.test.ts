import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RowSink } from "../../src/sql/process/rowSink";
import { SqliteDriver } from "../../src/sql/process/sqliteDriver";
import type { DatabaseClient } from "../../src/sql/node/databaseClient";
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

/** A new file with what the statements make. */
function file(...statements: string[]): string {
  const name = path.join(bench.folder, `made-${made++}.db`);
  const database = new DatabaseSync(name);
  for (const sql of statements) database.exec(sql);
  database.close();
  return name;
}
const open = (name: string, writable = false): Promise<DatabaseClient> =>
  bench.open({ engine: "sqlite", file: name }, { writable });
const runaway = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

describe("a schema", () => {
  it("tells tables, columns, keys, indexes, counts and samples, in the database's order", async () => {
    const database = await open(
      file(
        `CREATE TABLE singer (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, sex TEXT, born DATE, photo BLOB);
         CREATE TABLE concert (singer_id INT REFERENCES singer, year INT, fee DECIMAL(8,2), PRIMARY KEY (singer_id, year));
         CREATE INDEX by_name ON singer (name, lower(sex)); CREATE UNIQUE INDEX one_name ON singer (name);
         CREATE VIEW old AS SELECT name, year FROM singer JOIN concert ON id = singer_id;
         CREATE VIEW broken AS SELECT * FROM gone;
         INSERT INTO singer (name, sex) VALUES ('Ann', 'F'), ('Bob', 'M'), ('Cy', NULL);`,
      ),
    );
    const schema = await database.schema({ samples: true, signal: forever });
    expect(schema.engine).toBe("sqlite");
    expect(schema.version).toMatch(/^3\./);
    expect(schema.tables.map(({ name, kind }) => [name, kind])).toEqual([
      ["singer", "table"],
      ["concert", "table"],
      ["old", "view"],
    ]);
    const [singer, concert, old] = schema.tables;
    expect(singer?.columns).toEqual([
      { name: "id", type: "INTEGER", kind: "integer", nullable: false, keyPlace: 1 },
      { name: "name", type: "VARCHAR(40)", kind: "text", nullable: false, samples: ["Ann", "Bob", "Cy"] },
      { name: "sex", type: "TEXT", kind: "text", nullable: true, samples: ["F", "M"] },
      { name: "born", type: "DATE", kind: "date", nullable: true },
      { name: "photo", type: "BLOB", kind: "blob", nullable: true },
    ]);
    expect(singer?.rows).toEqual({ count: 3, exact: true });
    expect(singer?.indexes).toEqual(
      expect.arrayContaining([
        { name: "by_name", columns: ["name", "(expression)"], unique: false },
        { name: "one_name", columns: ["name"], unique: true },
      ]),
    );
    expect(concert?.foreignKeys).toEqual([{ columns: ["singer_id"], toTable: "singer", toColumns: ["id"] }]);
    expect(concert?.columns.map(({ keyPlace }) => keyPlace)).toEqual([1, 2, undefined]);
    expect(concert?.columns[2]?.kind).toBe("number");
    expect(old?.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["name", "text"],
      ["year", "integer"],
    ]);
    const bare = await database.schema({ samples: false, signal: forever });
    expect(bare.tables.flatMap(({ columns }) => columns.flatMap(({ samples }) => samples ?? []))).toEqual([]);
  });

  it("may be empty, and may have 500 tables", async () => {
    const empty = await open(file());
    expect((await empty.schema({ samples: true, signal: forever })).tables).toEqual([]);
    const many = Array.from(
      { length: 500 },
      (_, at) =>
        `CREATE TABLE t${at} (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c REAL, up INT REFERENCES t${Math.max(0, at - 1)});`,
    );
    const database = await open(file(`BEGIN; ${many.join(" ")} COMMIT`));
    const began = performance.now();
    const schema = await database.schema({ samples: true, signal: forever });
    console.log(`schema of 500 tables: ${Math.round(performance.now() - began)} ms`);
    expect(schema.tables).toHaveLength(500);
    expect(schema.tables.every(({ foreignKeys, columns }) => foreignKeys.length === 1 && columns.length === 5)).toBe(
      true,
    );
  });

  it("keeps reserved words, quotes, blanks, cases and scripts of names", async () => {
    const names = ["select", "Mixed Case", 'quo"te', "semi;colon", "naïve", "表", "[x]", "`y`", "a.b", "--", "名'前"];
    const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    const database = await open(
      file(
        ...names.map(
          (name) =>
            `CREATE TABLE ${quote(name)} (${names.map((column) => `${quote(column)} TEXT`).join(", ")});
             INSERT INTO ${quote(name)} (${quote(name)}) VALUES ('Here'), ('There')`,
        ),
      ),
    );
    const schema = await database.schema({ samples: true, signal: forever });
    expect(schema.tables.map(({ name }) => name)).toEqual(names);
    for (const { name, columns, rows } of schema.tables) {
      expect(columns.map((column) => column.name)).toEqual(names);
      expect(columns.find((column) => column.name === name)?.samples).toEqual(["Here", "There"]);
      expect(rows?.count).toBe(2);
    }
    const hits = await database.findValues("is it there?", { limit: 100, signal: forever });
    expect(hits.map(({ table, column }) => [table, column])).toEqual(names.map((name) => [name, name]));
  });
});

describe("reading", () => {
  it("tells each value for what it is, and rounds and drops nothing", async () => {
    const database = await open(file("CREATE TABLE t (a INTEGER, b REAL, c TEXT, d BLOB)"));
    const result = await database.query(
      `SELECT 9007199254740993, -1, 1.5, 9e999, 'x', x'00ff', NULL, x'${"00".repeat(1000)}', '${"y".repeat(20_000)}', 1 = 1`,
      limits,
      forever,
    );
    expect(result.rows[0]).toEqual([
      { kind: "digits", digits: "9007199254740993" },
      -1,
      1.5,
      "Infinity",
      "x",
      { kind: "bytes", bytes: 2, hex: "00ff" },
      null,
      { kind: "bytes", bytes: 1000, hex: "00".repeat(64) },
      { kind: "cut", text: "y".repeat(16_384), characters: 20_000 },
      1,
    ]);
    expect(result.columns.map(({ kind }) => kind).slice(0, 6)).toEqual([
      ...["number", "integer", "number", "text", "text", "blob"],
    ]);
    expect(result.cut).toBeUndefined();
    const { columns } = await database.prepare("SELECT a, b, c, d FROM t", forever);
    expect(columns).toEqual([
      { name: "a", type: "INTEGER", kind: "integer" },
      { name: "b", type: "REAL", kind: "number" },
      { name: "c", type: "TEXT", kind: "text" },
      { name: "d", type: "BLOB", kind: "blob" },
    ]);
  });

  it("stops at the caps while rows stream, and says which", async () => {
    const database = await open(file());
    const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, 'some text' FROM c";
    const rows = await database.query(endless, { ...limits, maxRows: 12_345 }, forever);
    expect([rows.rows.length, rows.cut]).toEqual([12_345, "rows"]);
    expect(rows.rows.map(([x]) => x)).toEqual(Array.from({ length: 12_345 }, (_, at) => at + 1));
    const bytes = await database.query(endless, { ...limits, maxRows: 1_000_000, maxBytes: 100_000 }, forever);
    expect(bytes.cut).toBe("bytes");
    expect(JSON.stringify(bytes.rows).length).toBeGreaterThan(50_000);
    expect(JSON.stringify(bytes.rows).length).toBeLessThan(110_000);
    const whole = await database.query("SELECT 1 LIMIT 0", limits, forever);
    expect([whole.rows.length, whole.cut, whole.columns.length]).toEqual([0, undefined, 1]);
  });

  it("gives the engine's exact words, and tells errors from empty results", async () => {
    const database = await open(file("CREATE TABLE t (a)"));
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([]);
    await expect(database.query("SELECT nope FROM t", limits, forever)).rejects.toMatchObject({
      code: "sql/invalid",
      message: "no such column: nope",
    });
    await expect(database.prepare('SELECT "nope" FROM t', forever)).rejects.toMatchObject({
      code: "sql/invalid",
      message: 'no such column: "nope" - should this be a string literal in single-quotes?',
    });
  });

  it("gives the plan as a tree", async () => {
    const database = await open(file("CREATE TABLE t (a INTEGER PRIMARY KEY, b)"));
    const steps = await database.explain("SELECT * FROM t WHERE a IN (SELECT b FROM t)", forever);
    expect(steps.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^SEARCH t/),
      expect.stringMatching(/LIST SUB/),
    ]);
    expect(steps[1]?.steps[0]?.text).toMatch(/^SCAN t/);
  });

  it("reads full text and R*Tree tables", async () => {
    const database = await open(
      file(
        `CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('hello world');
         CREATE VIRTUAL TABLE r USING rtree(id, a, b); INSERT INTO r VALUES (1, 2, 3)`,
      ),
    );
    expect(await rowsOf(database, "SELECT highlight(f, 0, '<', '>') FROM f WHERE f MATCH 'hello'")).toEqual([
      ["<hello> world"],
    ]);
    expect(await rowsOf(database, "SELECT id FROM r WHERE a > 1")).toEqual([[1]]);
    const { tables } = await database.schema({ samples: true, signal: forever });
    expect(tables.map(({ name }) => name)).toEqual(["f", "r"]);
  });
});

describe("values of a question", () => {
  it("are found word for word, case aside, the longest first", async () => {
    const database = await open(
      file(
        `CREATE TABLE place (city TEXT, state TEXT, n INT);
         INSERT INTO place VALUES ('New York', 'NY', 1), ('York', 'IN', 2), ('Yor', 'or', 3), ('Münster', 'DE', 4),
           ('ST. JOHN''S', 'NF', 5), ('ork', 'XX', 6), ('', ' ', 7), ('?', '-', 8);`,
      ),
    );
    const find = async (question: string): Promise<string[]> =>
      (await database.findValues(question, { limit: 10, signal: forever })).map(
        ({ column, value }) => `${column}=${value}`,
      );
    expect(await find("How many people in new york, or in Münster?")).toEqual([
      ...["city=New York", "city=Münster", "city=York", "state=or"],
    ]);
    expect(await find("Who lives in St. John's IN?")).toEqual(["city=ST. JOHN'S", "state=IN"]);
    expect(await find("nothing")).toEqual([]);
    expect(await database.findValues("york new york", { limit: 1, signal: forever })).toHaveLength(1);
  });

  it("are found beside text that is not valid UTF-8, and in UTF-16 files", async () => {
    const insert = "INSERT INTO t VALUES (CAST(x'4ac3' AS TEXT)), (CAST(x'ff' AS TEXT)), ('Zoë'), (x'5a6f'), (7)";
    const broken = await open(file("CREATE TABLE t (a TEXT)", insert));
    expect(await broken.findValues("Where is zoë?", { limit: 5, signal: forever })).toEqual([
      { table: "t", column: "a", value: "Zoë" },
    ]);
    expect((await rowsOf(broken, "SELECT a FROM t")).map(([a]) => a)).toEqual([
      ...["J\uFFFD", "\uFFFD", "Zoë"],
      { kind: "bytes", bytes: 2, hex: "5a6f" },
      "7",
    ]);
    for (const encoding of ["UTF-16le", "UTF-16be"]) {
      const wide = await open(
        file(`PRAGMA encoding = '${encoding}'; CREATE TABLE "é" (a TEXT); INSERT INTO "é" VALUES ('Zoë 🦙')`),
      );
      expect(await wide.findValues("zoë 🦙", { limit: 5, signal: forever })).toEqual([
        { table: "é", column: "a", value: "Zoë 🦙" },
      ]);
    }
  });

  it("are looked for in bounded time", async () => {
    const database = await open(
      file(
        `CREATE TABLE big (a TEXT, b TEXT, c TEXT, d TEXT);
         WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 400000)
         INSERT INTO big SELECT 'value ' || x, 'other ' || x, 'third ' || x, 'fourth ' || x FROM c`,
      ),
    );
    const began = performance.now();
    expect(await database.findValues("is there value 77?", { limit: 4, signal: forever })).toEqual([
      { table: "big", column: "a", value: "value 77" },
    ]);
    const ms = performance.now() - began;
    console.log(`values in 400,000 rows of 4 text columns: ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(4000);
  });
});

describe("the guard behind the gate", () => {
  const read = (name: string, sql: string): Promise<unknown> => {
    const driver = SqliteDriver.open(name);
    return driver.query(sql, limits, new RowSink(limits, () => undefined), forever).finally(() => driver.close());
  };

  it.each([
    "SELECT load_extension('x')",
    "SELECT * FROM pragma_journal_mode",
    "SELECT * FROM pragma_database_list",
    "SELECT fts3_tokenizer('x', x'00')",
    "WITH x AS (SELECT 1) INSERT INTO t SELECT 1 FROM x",
    "DELETE FROM t RETURNING a",
    "INSERT INTO t VALUES (1)",
    "CREATE TABLE u (a)",
    "PRAGMA user_version = 3",
    "PRAGMA user_version",
    "ATTACH ':memory:' AS other",
    "VACUUM INTO 'other.db'",
    "BEGIN",
    "EXPLAIN DELETE FROM t",
  ])("refuses %s", async (sql) => {
    const name = file("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    await expect(read(name, sql)).rejects.toMatchObject({ code: "sql/refused" });
  });

  it("does only the first of several statements", async () => {
    const name = file("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    await read(name, "SELECT 1; DELETE FROM t");
    expect(await rowsOf(await open(name), "SELECT count(*) FROM t")).toEqual([[1]]);
  });

  it("ends what asks for too much of it", async () => {
    await expect(read(file(), "SELECT zeroblob(1000000000)")).rejects.toMatchObject({
      code: "sql/invalid",
      message: "string or blob too big",
    });
  });

  it.each([
    "INSERT INTO sqlite_schema SELECT 1, 2, 3, 4, 5",
    "INSERT INTO t SELECT load_extension('x')",
    "DROP TABLE t",
    "ATTACH 'other.db' AS other",
    "COMMIT",
  ])("changes rows of ordinary tables and nothing else: %s", async (sql) => {
    const driver = SqliteDriver.open(file("CREATE TABLE t (a)"));
    await expect(driver.preview(sql)).rejects.toMatchObject({ code: "sql/refused" });
    await driver.close();
  });
});

describe("writing", () => {
  const rows = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t (b) VALUES ('x'), ('y'), ('y')";
  const change = "UPDATE t SET b = 'z' WHERE b = 'y'";

  it("is refused by a connection that is read-only", async () => {
    const database = await open(file(rows));
    await expect(database.preview(change, forever)).rejects.toMatchObject({ code: "sql/refused" });
    await expect(database.execute(change, { expectedRows: 2, signal: forever })).rejects.toMatchObject({
      code: "sql/refused",
    });
  });

  it("is previewed and taken back, and kept when as many rows change as were agreed to", async () => {
    const database = await open(file(rows), true);
    expect(await database.preview(change, forever)).toEqual({ rows: 2 });
    expect(await rowsOf(database, "SELECT count(*) FROM t WHERE b = 'y'")).toEqual([[2]]);
    await expect(database.execute(change, { expectedRows: 1, signal: forever })).rejects.toMatchObject({
      code: "sql/changed",
      message: "The statement now changes 2 rows, and 1 were agreed to. Nothing was written.",
    });
    expect(await rowsOf(database, "SELECT count(*) FROM t WHERE b = 'y'")).toEqual([[2]]);
    expect(await database.execute(change, { expectedRows: 2, signal: forever })).toEqual({ rows: 2 });
    expect(await rowsOf(database, "SELECT count(*) FROM t WHERE b = 'z'")).toEqual([[2]]);
    // Queries are read-only even so.
    await expect(database.query("WITH x AS (SELECT 1) DELETE FROM t", limits, forever)).rejects.toMatchObject({
      code: "sql/refused",
    });
  });
});

describe("cancelling", () => {
  it("ends a runaway statement and its process within a second; the next call works", async () => {
    const database = await open(file("CREATE TABLE t (a); INSERT INTO t VALUES (1)"));
    const { pid } = database;
    const { ms, code } = await cancelLater((signal) => database.query(runaway, limits, signal));
    console.log(`SQLite stopped after ${Math.round(ms)} ms`);
    expect(code).toBe("cancelled");
    expect(ms).toBeLessThan(1000);
    expect(lives(pid)).toBe(false);
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[1]]);
  });

  it("is heard between rows, without ending the process", async () => {
    const driver = SqliteDriver.open(file());
    const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c";
    const wide = { maxRows: 1_000_000_000, maxBytes: 1_000_000_000, timeoutMs: 60_000 };
    const sink = new RowSink(wide, () => undefined);
    const { code, ms } = await cancelLater((signal) => driver.query(endless, wide, sink, signal), 100);
    expect([code, ms < 1000]).toEqual([20, true]);
    expect(await driver.prepare("SELECT 1")).toHaveLength(1);
    await driver.close();
  });

  it("does not wait for the call before it", async () => {
    const database = await open(file());
    const first = new AbortController();
    const long = database.query(runaway, limits, first.signal).catch((error: unknown) => error);
    const { code, ms } = await cancelLater((signal) => database.query("SELECT 1", limits, signal), 100);
    expect([code, ms < 100]).toEqual(["cancelled", true]);
    first.abort();
    await long;
  });

  it("happens by itself when time is up", async () => {
    const database = await open(file());
    const { pid } = database;
    const began = performance.now();
    await expect(database.query(runaway, { ...limits, timeoutMs: 500 }, forever)).rejects.toMatchObject({
      code: "sql/timeout",
    });
    expect(performance.now() - began).toBeLessThan(1500);
    expect(lives(pid)).toBe(false);
  });
});

describe("a file that others use", () => {
  it("in WAL mode is read while it is written, with what is not yet in the file itself", async () => {
    const name = file();
    const writer = new DatabaseSync(name);
    writer.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const database = await open(name);
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[1]]);
    writer.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)");
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[1]]);
    writer.exec("COMMIT; ALTER TABLE t ADD COLUMN b");
    expect(await rowsOf(database, "SELECT * FROM t")).toEqual([
      [1, null],
      [2, null],
    ]);
    writer.close();
  });

  it("in WAL mode is read where nothing can be written beside it", async () => {
    const name = file("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    // No file can be made where a folder is, whoever asks.
    await mkdir(`${name}-shm`);
    expect(await rowsOf(await open(name), "SELECT a FROM t")).toEqual([[1]]);
  });

  it("is locked, in words, and works again", async () => {
    const name = file("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const database = await open(name, true);
    const writer = new DatabaseSync(name);
    writer.exec("BEGIN EXCLUSIVE");
    await expect(database.query("SELECT a FROM t", limits, forever)).rejects.toMatchObject({
      code: "sql/locked",
      message: `${path.basename(name)} is locked by another program.`,
    });
    await expect(database.preview("DELETE FROM t", forever)).rejects.toMatchObject({ code: "sql/locked" });
    writer.exec("ROLLBACK");
    writer.close();
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[1]]);
  });

  it("is deleted, comes back, and is replaced", async () => {
    const name = file("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const other = file("CREATE TABLE t (a); INSERT INTO t VALUES (2)");
    const database = await open(name);
    await rename(name, `${name}.away`);
    await expect(database.query("SELECT a FROM t", limits, forever)).rejects.toMatchObject({
      code: "sql/changed",
      message: `${path.basename(name)} was deleted or moved while it was open.`,
    });
    await expect(database.query("SELECT a FROM t", limits, forever)).rejects.toMatchObject({
      code: "sql/connection",
      message: `There is no file ${path.basename(name)}.`,
    });
    await rename(`${name}.away`, name);
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[1]]);
    await rename(other, name);
    await expect(database.query("SELECT a FROM t", limits, forever)).rejects.toMatchObject({ code: "sql/changed" });
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[2]]);
    await rm(name);
    await expect(database.schema({ samples: false, signal: forever })).rejects.toMatchObject({ code: "sql/changed" });
  });

  it("is none, or no database", async () => {
    await expect(open(path.join(bench.folder, "none.db"))).rejects.toMatchObject({ code: "sql/connection" });
    await expect(open(bench.folder)).rejects.toMatchObject({ code: "sql/connection" });
    const text = path.join(bench.folder, "text.db");
    await writeFile(text, "no database, but long enough to look like one".repeat(100));
    await expect(open(text)).rejects.toMatchObject({
      code: "sql/connection",
      message: "text.db is no SQLite database, or an encrypted one.",
    });
  });
});

describe("the process", () => {
  it.skipIf(process.platform === "win32")("is ended when it hangs, and the next call works", async () => {
    const database = await open(file("CREATE TABLE t (a); INSERT INTO t VALUES (1)"));
    const { pid = 0 } = database;
    process.kill(pid, "SIGSTOP");
    await expect(database.query("SELECT a FROM t", { ...limits, timeoutMs: 200 }, forever)).rejects.toMatchObject({
      code: "sql/timeout",
    });
    expect(lives(pid)).toBe(false);
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([[1]]);
  });

  it("is started again when it was killed, and ends with the connection", async () => {
    const database = await open(file("CREATE TABLE t (a)"));
    const first = database.pid ?? 0;
    process.kill(first, "SIGKILL");
    const died = await database.query("SELECT a FROM t", limits, forever).catch((error: unknown) => error);
    if (died instanceof Error) expect(died).toMatchObject({ code: "sql/connection" });
    expect(await rowsOf(database, "SELECT a FROM t")).toEqual([]);
    const second = database.pid;
    expect(second).not.toBe(first);
    await database.close();
    expect(lives(second)).toBe(false);
    await expect(database.query("SELECT 1", limits, forever)).rejects.toMatchObject({ code: "sql/connection" });
  });
});
