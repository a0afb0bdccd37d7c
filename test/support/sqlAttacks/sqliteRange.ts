import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ConnectionTarget } from "../../../src/sql/core/connection";
import { type Attack, digestOf, type Harm, harmsInRows, type Range, SECRET, slowAfter, YARDSTICK } from "./attack";

/** What of a session an attack may change, asked of the session itself. */
const settings = (
  "foreign_keys recursive_triggers writable_schema trusted_schema ignore_check_constraints reverse_unordered_selects " +
  "read_uncommitted legacy_alter_table defer_foreign_keys query_only cache_size synchronous temp_store busy_timeout " +
  "journal_size_limit max_page_count mmap_size analysis_limit wal_autocheckpoint threads journal_mode locking_mode " +
  "secure_delete cache_spill automatic_index cell_size_check checkpoint_fullfsync fullfsync full_column_names " +
  "short_column_names count_changes hard_heap_limit soft_heap_limit database_list"
).split(" ");

/** A folder with a database, another one that holds a secret, and nothing that keeps a statement from either. */
export class SqliteRange implements Range {
  private readonly template: string;
  private readonly folder: string;
  private before = "";

  constructor(root: string) {
    this.template = path.join(root, "template");
    this.folder = path.join(root, "range");
    mkdirSync(this.template, { recursive: true });
    make(this.template);
    this.fresh();
  }

  private get file(): string {
    return path.join(this.folder, "target.db");
  }
  get target(): ConnectionTarget {
    return { engine: "sqlite", file: this.file };
  }

  sql(attack: Attack): string {
    return attack.sql.replaceAll("{dir}", this.folder);
  }

  private fresh(): void {
    rmSync(this.folder, { recursive: true, force: true });
    cpSync(this.template, this.folder, { recursive: true });
    this.before = digestOf(this.folder);
  }

  async strike(attack: Attack): Promise<ReadonlySet<Harm>> {
    const sql = this.sql(attack);
    return attack.harm === "slow" ? await this.strikeFromAfar(sql) : this.strikeHere(sql);
  }

  private strikeHere(sql: string): ReadonlySet<Harm> {
    const database = new DatabaseSync(this.file);
    const session = (): string =>
      JSON.stringify([
        database.isTransaction,
        database.prepare("SELECT * FROM temp.sqlite_schema").all(),
        ...settings.map((name) => database.prepare(`PRAGMA ${name}`).all()),
      ]);
    try {
      const before = session();
      const found = harmsInRows(runAll(database, sql));
      if (session() !== before) found.add("session");
      database.close();
      for (const harm of this.seen()) found.add(harm);
      return found;
    } finally {
      if (database.isOpen) database.close();
    }
  }

  /** In a process that can be ended, since nothing else stops SQLite. It says first how long the yardstick takes. */
  private strikeFromAfar(sql: string): Promise<ReadonlySet<Harm>> {
    const program = `
      const [, file, yardstick, sql] = process.argv;
      const database = new (require("node:sqlite").DatabaseSync)(file);
      const began = performance.now();
      database.prepare(yardstick).all();
      require("node:fs").writeSync(1, String(performance.now() - began));
      database.prepare(sql).all();`;
    const child = spawn(process.execPath, ["-e", program, this.file, YARDSTICK, sql], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    return new Promise((resolve) => {
      let slow = false;
      let timer: NodeJS.Timeout | undefined;
      child.stdout.once("data", (told: Buffer) => {
        timer = setTimeout(
          () => {
            slow = true;
            child.kill("SIGKILL");
          },
          slowAfter(Number(told)),
        );
      });
      child.on("exit", () => {
        clearTimeout(timer);
        resolve(new Set<Harm>(slow ? ["slow"] : []));
      });
    });
  }

  private seen(): Set<Harm> {
    const found = new Set<Harm>();
    if (digestOf(this.folder) === this.before) return found;
    const others = (name: string): boolean => name.startsWith("target.db");
    if (digestOf(this.folder, others) !== digestOf(this.template, others)) found.add("file");
    const own = (name: string): boolean => !name.startsWith("target.db");
    if (digestOf(this.folder, own) !== digestOf(this.template, own)) found.add("data");
    return found;
  }

  damage(): Promise<ReadonlySet<Harm>> {
    return Promise.resolve(this.seen());
  }

  renew(): Promise<void> {
    if (this.seen().size > 0) this.fresh();
    return Promise.resolve();
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Runs what is one statement for its rows, and what is several with the last of them for its rows. */
function runAll(database: DatabaseSync, sql: string): readonly unknown[] {
  const last = /^([^]*;)\s*((?:SELECT|WITH)\b[^;]*)$/i.exec(sql);
  if (last?.[1] !== undefined && last[2] !== undefined) {
    database.exec(last[1]);
    return database.prepare(last[2]).all();
  }
  if (/^\s*(?:SELECT|WITH)\b[^;]*$/i.test(sql) && !/\b(?:INSERT|UPDATE|DELETE)\b/.test(sql))
    return database.prepare(sql).all();
  database.exec(sql);
  return [];
}

function make(folder: string): void {
  const target = new DatabaseSync(path.join(folder, "target.db"));
  target.exec(`
    CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, n INT);
    CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INT, v TEXT);
    CREATE TABLE big (n INT, s TEXT);
    INSERT INTO t (name, n) VALUES ('Ann', 1), ('Bob', 2), ('Cy', 3);
    INSERT INTO u VALUES (11, 1, 'x'), (12, 2, 'y');
    CREATE INDEX t_name ON t (name);
    CREATE VIEW tv AS SELECT name FROM t;
    CREATE TRIGGER tv_insert INSTEAD OF INSERT ON tv BEGIN INSERT INTO t (name) VALUES (new.name); END;
    WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000)
      INSERT INTO big SELECT x, 'abcabcabc' || x FROM c;
  `);
  target.close();
  const other = new DatabaseSync(path.join(folder, "other.db"));
  other.exec(`CREATE TABLE secrets (value TEXT); INSERT INTO secrets VALUES ('${SECRET}')`);
  other.close();
  writeFileSync(path.join(folder, "secret.txt"), `${SECRET}\n`);
}
