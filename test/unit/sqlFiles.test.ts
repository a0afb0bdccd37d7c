import { describe, expect, it } from "vitest";
import {
  childNodes,
  type DatabaseNode,
  findNode,
  parentNode,
  rootNodes,
  type TreeSources,
} from "../../src/sql/core/databaseTree";
import { quotedName } from "../../src/sql/core/names";
import type { ColumnSchema, DatabaseEngine, DatabaseSchema, TableSchema } from "../../src/sql/core/schema";
import { schemaText } from "../../src/sql/core/schemaText";
import { lexSql } from "../../src/sql/core/text/lexSql";
import { sqlFileParts, statementAt } from "../../src/sql/core/text/statements";
import { suggestNames } from "../../src/sql/core/text/suggest";

const statements = (text: string, engine: DatabaseEngine = "sqlite"): string[] =>
  sqlFileParts(text, engine).statements.map(({ start, end }) => text.slice(start, end));
const questions = (text: string): string[] => sqlFileParts(text, "sqlite").questions.map(({ question }) => question);

describe("the statements of a file", () => {
  it("end at semicolons that are none of a string, a name or a comment", () => {
    expect(statements(`SELECT ';' , "a;b", [c;d], 'it''s;' -- ;\n /* ; */ FROM t; SELECT 2`)).toEqual([
      `SELECT ';' , "a;b", [c;d], 'it''s;' -- ;\n /* ; */ FROM t`,
      "SELECT 2",
    ]);
  });

  it("follow PostgreSQL's dollar quotes, escape strings and nested comments", () => {
    expect(
      statements("SELECT $$a;b$$, $x$;$$;$x$; /* a /* ; */ ; */ SELECT E'a\\';', 'b\\'; SELECT $1;", "postgres"),
    ).toEqual(["SELECT $$a;b$$, $x$;$$;$x$", "SELECT E'a\\';', 'b\\'", "SELECT $1"]);
  });

  it("follow MySQL's strings, comments and minus signs", () => {
    expect(statements("SELECT 5--1, \"a;\\\";\", `b;c` # ;\n; SELECT 'a\\';' -- ;", "mysql")).toEqual([
      'SELECT 5--1, "a;\\";", `b;c`',
      "SELECT 'a\\';'",
    ]);
  });

  it("keep the body of a trigger together", () => {
    const trigger =
      "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM t; END";
    expect(statements(`${trigger}; SELECT 1;`)).toEqual([trigger, "SELECT 1"]);
  });

  it("are found at the cursor, also behind their semicolon", () => {
    const text = "SELECT 1;  \nSELECT 2;";
    const parts = sqlFileParts(text, "sqlite");
    expect(statementAt(parts, text, 3)?.start).toBe(0);
    expect(statementAt(parts, text, 10)?.start).toBe(0);
    expect(statementAt(parts, text, text.length)?.start).toBe(12);
  });

  it("cover any text, each token once", () => {
    const pieces = [
      "'",
      '"',
      "`",
      "[",
      "]",
      "$$",
      "$a$",
      "--",
      "/*",
      "*/",
      "#",
      ";",
      "E'",
      "\\",
      "x",
      "\n",
      " ",
      "1.5",
      "é",
    ];
    let seed = 7;
    const next = (most: number): number => (seed = (seed * 48_271) % 2_147_483_647) % most;
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 30 }, () => pieces[next(pieces.length)] ?? "").join("");
      for (const engine of ["sqlite", "duckdb", "postgres", "mysql", "mariadb"] as const) {
        let at = 0;
        for (const { start, end } of lexSql(text, engine)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          expect(text.slice(at, start).trim()).toBe("");
          at = end;
        }
        expect(text.slice(at).trim()).toBe("");
      }
    }
  });
});

describe("a question in a comment", () => {
  it("is one by its question mark or by what it asks for", () => {
    const text = [
      "-- How many singers",
      "-- are from France?",
      "-- Which one is the oldest?",
      "SELECT 1;",
      "-- show all concerts of 2014",
      "",
      "-- ask: revenue by month",
      "",
      "-- Copyright 2024, all rights reserved",
      "-- SELECT name FROM singer WHERE age > 3;",
      "-- select count(*) from t where a = ?",
      "SELECT 2, -- what is this?",
      "  3;",
    ].join("\n");
    expect(questions(text)).toEqual([
      "How many singers are from France?",
      "Which one is the oldest?",
      "show all concerts of 2014",
      "revenue by month",
    ]);
  });
});

const column = (name: string, more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  name,
  type: "integer",
  kind: "integer",
  nullable: true,
  ...more,
});
const table = (name: string, columns: readonly ColumnSchema[], more: Partial<TableSchema> = {}): TableSchema => ({
  name,
  kind: "table",
  columns,
  foreignKeys: [],
  indexes: [],
  ...more,
});
const singer = table("singer", [
  column("Singer_ID", { keyPlace: 1 }),
  column("Name", { type: "text" }),
  column("order", { comment: "line\nbreak" }),
]);
const concert = table("concert", [column("Singer_ID"), column("Year")], {
  foreignKeys: [{ columns: ["Singer_ID"], toTable: "singer", toColumns: ["Singer_ID"] }],
  indexes: [{ name: "by_year", columns: ["Year"], unique: false }],
});
const music: DatabaseSchema = { engine: "sqlite", version: "3.51.0", tables: [singer, concert] };

describe("names that fit", () => {
  /** @param text with | where the cursor stands. */
  const labels = (text: string, schema = music): string[] => {
    const offset = text.indexOf("|");
    const plain = text.replace("|", "");
    return suggestNames(plain, sqlFileParts(plain, schema.engine), offset, schema).map(({ insert }) => insert);
  };

  it("are tables after FROM and JOIN", () => {
    expect(labels("SELECT * FROM |")).toEqual(["singer", "concert"]);
    expect(labels("SELECT * FROM singer JOIN c|")).toEqual(["singer", "concert"]);
    expect(labels("SELECT * FROM singer, |")).toEqual(["singer", "concert"]);
  });

  it("are the columns of the statement's tables elsewhere, quoted where they need it", () => {
    expect(labels("SELECT | FROM singer; SELECT 1 FROM concert").slice(0, 3)).toEqual(["Singer_ID", "Name", '"order"']);
    expect(labels("SELECT * FROM concert WHERE Y|").slice(0, 2)).toEqual(["Singer_ID", "Year"]);
  });

  it("are those of one table after its name or alias", () => {
    expect(labels("SELECT s.| FROM singer AS s JOIN concert c ON 1")).toEqual(["Singer_ID", "Name", '"order"']);
    expect(labels("SELECT * FROM singer s JOIN concert c ON c.|")).toEqual(["Singer_ID", "Year"]);
    expect(labels("SELECT * FROM singer s JOIN concert c ON s.Na| = 1")).toEqual(["Singer_ID", "Name", '"order"']);
  });

  it("are none in strings, comments and numbers", () => {
    expect(labels("SELECT 'a|' FROM singer")).toEqual([]);
    expect(labels("SELECT 1 -- a|\nFROM singer")).toEqual([]);
    expect(labels("SELECT 'open |")).toEqual([]);
    expect(labels("SELECT 1.| FROM singer")).toEqual([]);
  });

  it("take a namespace where it is not looked in anyway", () => {
    const schema: DatabaseSchema = {
      engine: "postgres",
      version: "17",
      defaultSchema: "public",
      tables: [table("a", [column("x")], { schema: "public" }), table("Log", [column("y")], { schema: "audit" })],
    };
    expect(labels("SELECT * FROM |", schema)).toEqual(["a", 'audit."Log"']);
    expect(labels("SELECT * FROM audit.|", schema)).toEqual(['"Log"']);
    expect(labels('SELECT | FROM audit."Log"', schema)[0]).toBe("y");
  });
});

describe("a schema as text", () => {
  it("keeps names and notes on their own lines, and says what is left out", () => {
    const notes = { "singer.Name": { note: "As on\nthe poster", synonyms: ["artist", "performer"] } };
    const { text, left } = schemaText(music, notes, 10_000);
    expect(text).toContain("  Singer_ID integer PRIMARY KEY,");
    expect(text).toContain("  Name text, -- As on the poster; also called: artist, performer");
    expect(text).toContain('  "order" integer -- line break');
    expect(text).toContain("FOREIGN KEY (Singer_ID) REFERENCES singer (Singer_ID)");
    expect(left).toBe(0);
    expect(schemaText(music, {}, 150).left).toBe(1);
  });

  it("quotes what the engine would not take plain", () => {
    expect(quotedName("Year", "postgres")).toBe('"Year"');
    expect(quotedName("Year", "sqlite")).toBe("Year");
    expect(quotedName("a`b", "mysql")).toBe("`a``b`");
    expect(quotedName("select", "duckdb")).toBe('"select"');
  });
});

describe("the tree", () => {
  const kept = {
    id: "a",
    name: "music",
    target: { engine: "sqlite", file: "/m.db" } as const,
    writable: false,
    sampleValues: false,
    notes: {},
  };
  const sources = (schema: DatabaseSchema | undefined): TreeSources => ({
    connections: () => [kept],
    schema: () => schema,
    hasRemedy: () => false,
    found: () => [],
  });

  it("has every item below its parent, by ids that are its own", () => {
    const spaces: DatabaseSchema = {
      ...music,
      tables: [...music.tables, table("singer", [column("x")], { schema: "b" })],
    };
    for (const schema of [music, spaces]) {
      const all: DatabaseNode[] = [];
      const walk = (node: DatabaseNode): void => {
        all.push(node);
        for (const child of childNodes(node, sources(schema))) {
          expect(parentNode(child, sources(schema))?.id).toBe(node.id);
          walk(child);
        }
      };
      rootNodes(sources(schema)).forEach(walk);
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      expect(all.some(({ kind }) => kind === "index")).toBe(true);
    }
  });

  it("finds a table and a column, in any case", () => {
    expect(findNode("a", { table: "CONCERT" }, sources(music))?.id).toBe(
      findNode("a", { table: "concert" }, sources(music))?.id,
    );
    expect(findNode("a", { table: "singer", column: "name" }, sources(music))?.kind).toBe("column");
    expect(findNode("a", { table: "nothing" }, sources(music))).toBeUndefined();
  });

  it("lists 500 tables of 20 columns within a frame", () => {
    const columns = Array.from({ length: 20 }, (_, at) => column(`c${at}`));
    const tables = Array.from({ length: 500 }, (_, at) => table(`t${at}`, columns));
    const [root] = rootNodes(sources({ ...music, tables }));
    if (root === undefined) throw new Error("no root");
    const started = performance.now();
    expect(childNodes(root, sources({ ...music, tables }))).toHaveLength(500);
    expect(performance.now() - started).toBeLessThan(16);
  });
});
