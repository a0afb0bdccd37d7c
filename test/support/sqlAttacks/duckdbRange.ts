import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import type { ConnectionTarget } from "../../../src/sql/core/connection";
import { type Attack, digestOf, type Harm, harmsInRows, patienceFor, type Range, SECRET, YARDSTICK } from "./attack";

/** What of a session an attack may change. */
const sessionQueries = [
  "SELECT name, value FROM duckdb_settings() ORDER BY name",
  "SELECT database_name, path FROM duckdb_databases() WHERE NOT internal ORDER BY 1",
  "SELECT name, value FROM duckdb_variables() ORDER BY name",
  "SELECT name FROM duckdb_secrets() ORDER BY name",
  "SELECT name FROM duckdb_prepared_statements() ORDER BY name",
  "SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY 1",
  "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal ORDER BY 1",
  "SELECT sequence_name FROM duckdb_sequences() WHERE temporary ORDER BY 1",
  "SELECT current_schema(), current_database()",
];
/** The same; but DuckDB makes a list of thousands first, and only statements that say so make functions. */
const functionsQuery =
  "SELECT function_name FROM duckdb_functions() WHERE NOT internal AND database_name = 'temp' ORDER BY 1";
const makesFunctions = /\b(?:MACRO|FUNCTION)\b/i;
/** What of a database an attack may change. */
const dataQueries = [
  "SELECT sql, comment FROM duckdb_tables() WHERE database_name = 'target' ORDER BY 1",
  "SELECT table_name, column_name, data_type, column_default, is_nullable, comment FROM duckdb_columns() WHERE database_name = 'target' ORDER BY 1, 2",
  "SELECT sql FROM duckdb_views() WHERE database_name = 'target' AND NOT internal ORDER BY 1",
  "SELECT sql FROM duckdb_indexes() WHERE database_name = 'target' ORDER BY 1",
  "SELECT sequence_name, last_value FROM duckdb_sequences() WHERE database_name = 'target' ORDER BY 1",
  "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'target' ORDER BY 1",
  "SELECT type_name FROM duckdb_types() WHERE database_name = 'target' AND NOT internal ORDER BY 1",
  "SELECT function_name FROM duckdb_functions() WHERE database_name = 'target' AND NOT internal ORDER BY 1",
  "SELECT * FROM target.main.t ORDER BY ALL",
  "SELECT * FROM target.main.u ORDER BY ALL",
];

/** A folder with a database and files that are none of its business, and nothing that keeps a statement from them. */
export class DuckdbRange implements Range {
  /** All other files of the folder, and the database's own, while unharmed. */
  private readonly others: string;
  private readonly own: string;
  /** What the database holds, and what a session that was just begun says. */
  private data = "";
  private session = "";
  private attacker: { readonly instance: DuckDBInstance; readonly connection: DuckDBConnection } | undefined;
  private harmed = true;

  private constructor(
    private readonly template: string,
    private readonly folder: string,
  ) {
    this.others = digestOf(template, ownFile);
    this.own = digestOf(template, otherFile);
  }

  static async make(root: string): Promise<DuckdbRange> {
    const template = path.join(root, "template");
    const folder = path.join(root, "range");
    mkdirSync(template, { recursive: true });
    mkdirSync(folder, { recursive: true });
    await makeFiles(template, folder);
    const range = new DuckdbRange(template, folder);
    await range.renew();
    range.data = await range.readData();
    range.session = await sessionOf((await range.attack()).connection);
    await range.leave();
    // What differs between two sessions that did nothing would be taken for harm in all of them.
    if ((await sessionOf((await range.attack()).connection)) !== range.session)
      throw new Error("Two new sessions of DuckDB tell different things of themselves.");
    return range;
  }

  private get file(): string {
    return path.join(this.folder, "target.db");
  }
  get target(): ConnectionTarget {
    return { engine: "duckdb", file: this.file, files: [] };
  }

  sql(attack: Attack): string {
    return attack.sql.replaceAll("{dir}", this.folder);
  }

  private async attack(): Promise<{ readonly connection: DuckDBConnection }> {
    if (this.attacker === undefined) {
      const instance = await DuckDBInstance.create(this.file);
      this.attacker = { instance, connection: await instance.connect() };
    }
    return this.attacker;
  }

  async strike(attack: Attack): Promise<ReadonlySet<Harm>> {
    const { connection } = await this.attack();
    this.harmed = true;
    const patience = await patienceFor(attack, () => connection.runAndReadAll(YARDSTICK));
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      connection.interrupt();
    }, patience);
    const found = new Set<Harm>();
    try {
      const reader = await connection.runAndReadAll(this.sql(attack));
      for (const harm of harmsInRows(reader.getRowsJson())) found.add(harm);
    } catch (error) {
      if (!late.signal.aborted) throw error;
      found.add("slow");
    } finally {
      clearTimeout(timer);
    }
    if ((await sessionOf(connection)) !== this.session) found.add("session");
    if (makesFunctions.test(attack.sql) && JSON.stringify(await rows(connection, functionsQuery)) !== "[]")
      found.add("session");
    const written = this.written;
    // A transaction that is still open has written nothing yet.
    if ((written || found.has("session")) && (await dataOf(connection)) !== this.data) found.add("data");
    if (this.othersHarmed) found.add("file");
    this.harmed = written || found.has("session") || found.has("file");
    return found;
  }

  /** Whether anything was written to the database since it was made; what, only it can tell. */
  private get written(): boolean {
    return digestOf(this.folder, otherFile) !== this.own;
  }
  private get othersHarmed(): boolean {
    return digestOf(this.folder, ownFile) !== this.others;
  }

  private async readData(): Promise<string> {
    const instance = await DuckDBInstance.create(this.file, { access_mode: "READ_ONLY" });
    const connection = await instance.connect();
    try {
      return await dataOf(connection);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }

  async damage(): Promise<ReadonlySet<Harm>> {
    const found = new Set<Harm>();
    const { written } = this;
    if (this.othersHarmed) found.add("file");
    if (written && (await this.readData()) !== this.data) found.add("data");
    this.harmed = written || found.size > 0;
    return found;
  }

  async renew(): Promise<void> {
    if (!this.harmed) return;
    await this.leave();
    rmSync(this.folder, { recursive: true, force: true });
    cpSync(this.template, this.folder, { recursive: true });
    this.harmed = false;
  }

  leave(): Promise<void> {
    // An instance is closed when its connections are, and writes to its file once more then.
    this.attacker?.connection.closeSync();
    this.attacker?.instance.closeSync();
    this.attacker = undefined;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.leave();
  }
}

const otherFile = (name: string): boolean => !ownFile(name);
const ownFile = (name: string): boolean => name.startsWith("target.db");

async function rows(connection: DuckDBConnection, sql: string): Promise<unknown> {
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } catch (error) {
    // A table that is gone is a difference too.
    return String(error);
  }
}

async function dataOf(connection: DuckDBConnection): Promise<string> {
  const answers: unknown[] = [];
  for (const sql of dataQueries) answers.push(await rows(connection, sql));
  return JSON.stringify(answers);
}

async function sessionOf(connection: DuckDBConnection): Promise<string> {
  const answers: unknown[] = [];
  for (const sql of sessionQueries) answers.push(await rows(connection, sql));
  // Two statements of one transaction have its number.
  const numbers = [await rows(connection, "SELECT txid_current()"), await rows(connection, "SELECT txid_current()")];
  answers.push(JSON.stringify(numbers[0]) === JSON.stringify(numbers[1]));
  return JSON.stringify(answers);
}

async function makeFiles(folder: string, used: string): Promise<void> {
  const make = async (file: string, sql: string): Promise<void> => {
    const instance = await DuckDBInstance.create(path.join(folder, file));
    const connection = await instance.connect();
    await connection.run(sql);
    connection.closeSync();
    instance.closeSync();
  };
  await make(
    "target.db",
    `CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR, n INT);
     CREATE TABLE u (id INT, t_id INT, v VARCHAR);
     INSERT INTO t VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Cy', 3);
     INSERT INTO u VALUES (11, 1, 'x'), (12, 2, 'y');
     CREATE VIEW tv AS SELECT name FROM t;
     CREATE SEQUENCE seq;
     CHECKPOINT`,
  );
  await make("other.db", `CREATE TABLE secrets (value VARCHAR); INSERT INTO secrets VALUES ('${SECRET}'); CHECKPOINT`);
  await make(
    "making.db",
    `COPY (SELECT '${SECRET}' AS value) TO '${folder}/secret.parquet' (FORMAT parquet, KV_METADATA {k: '${SECRET}'})`,
  );
  rmSync(path.join(folder, "making.db"));
  writeFileSync(path.join(folder, "secret.txt"), `${SECRET}\n`);
  writeFileSync(path.join(folder, "secret.csv"), `value,k\n${SECRET},1\n`);
  writeFileSync(path.join(folder, "secret.json"), `[{"value": "${SECRET}"}]`);
  writeFileSync(path.join(folder, `${SECRET}.txt`), "the name is the secret");
  writeFileSync(path.join(folder, "rows.csv"), "id,name,n\n50,q,5\n");
  writeFileSync(path.join(folder, "rows2.csv"), "id,name\n51,q\n");
  mkdirSync(path.join(folder, "import"));
  writeFileSync(path.join(folder, "import/schema.sql"), "CREATE TABLE imported (a INT);");
  writeFileSync(path.join(folder, "import/load.sql"), `COPY imported FROM '${used}/import/a.csv';`);
  writeFileSync(path.join(folder, "import/a.csv"), "1\n");
}
