import { beforeAll, describe, expect, it } from "vitest";
import type { StatementGate } from "../../src/sql/core/gate";
import type { DatabaseEngine, DatabaseSchema } from "../../src/sql/core/schema";
import { loadGate } from "../support/sqlGate";

let gate: StatementGate;
beforeAll(async () => {
  gate = await loadGate();
});

describe("translating from SQLite", () => {
  const cases: readonly (readonly [string, Partial<Record<DatabaseEngine, string>>])[] = [
    ["SELECT `a b` FROM t", { postgres: 'SELECT "a b" FROM t', mysql: "SELECT `a b` FROM t" }],
    [
      "SELECT a FROM t LIMIT 5, 10",
      { postgres: "SELECT a FROM t LIMIT 10 OFFSET 5", mysql: "SELECT a FROM t LIMIT 10 OFFSET 5" },
    ],
    [
      "SELECT a || ' ' || b FROM t",
      { postgres: "SELECT a || ' ' || b FROM t", mariadb: "SELECT concat(a, ' ', b) FROM t" },
    ],
    [
      "SELECT 7 / 2, count(*) / 2 FROM t",
      { duckdb: "SELECT 7 // 2, count(*) // 2 FROM t", mysql: "SELECT 7 DIV 2, count(*) DIV 2 FROM t" },
    ],
    [
      "SELECT a FROM t WHERE b LIKE 'x%'",
      {
        postgres: "SELECT a FROM t WHERE b ILIKE 'x%'",
        duckdb: "SELECT a FROM t WHERE b ILIKE 'x%'",
        mysql: "SELECT a FROM t WHERE b LIKE 'x%'",
      },
    ],
    ["SELECT a FROM t WHERE b GLOB 'x*_?'", { postgres: "SELECT a FROM t WHERE b LIKE E'x%\\\\__' ESCAPE E'\\\\'" }],
    [
      "SELECT iif(a > 1, 'x', 'y'), ifnull(a, 0) FROM t",
      { postgres: "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END, coalesce(a, 0) FROM t" },
    ],
    ["SELECT max(a, b), min(a) FROM t", { postgres: "SELECT greatest(a, b), min(a) FROM t" }],
    [
      "SELECT group_concat(a, '; ') FROM t",
      {
        postgres: "SELECT string_agg(CAST(a AS TEXT), '; ') FROM t",
        mysql: "SELECT group_concat(a SEPARATOR '; ') FROM t",
      },
    ],
    [
      "SELECT strftime('%Y-%m', d) FROM t",
      {
        postgres: "SELECT to_char(CAST(d AS TIMESTAMP), 'YYYY-MM') FROM t",
        duckdb: "SELECT strftime(CAST(d AS TIMESTAMP), '%Y-%m') FROM t",
        mysql: "SELECT date_format(d, '%Y-%m') FROM t",
      },
    ],
    [
      "SELECT a FROM t WHERE d > date('now', '-7 days')",
      {
        postgres: "SELECT a FROM t WHERE d > CAST((CURRENT_DATE + INTERVAL '-7 day') AS DATE)",
        mysql: "SELECT a FROM t WHERE d > date_add(CURRENT_DATE, INTERVAL - 7 DAY)",
      },
    ],
    [
      "SELECT CAST(a AS REAL), CAST(b AS TEXT), CAST(c AS INTEGER) FROM t",
      {
        postgres: "SELECT CAST(a AS DOUBLE PRECISION), CAST(b AS TEXT), CAST(c AS BIGINT) FROM t",
        mysql: "SELECT CAST(a AS DOUBLE), CAST(b AS CHAR), CAST(c AS SIGNED) FROM t",
      },
    ],
    [
      "SELECT name, g, count(*) AS n FROM t GROUP BY g HAVING n > 1 ORDER BY n DESC LIMIT 1",
      {
        postgres:
          "SELECT min(name) AS name, g, count(*) AS n FROM t GROUP BY g HAVING (count(*)) > 1 ORDER BY n DESC NULLS LAST LIMIT 1",
        duckdb:
          "SELECT any_value(name) AS name, g, count(*) AS n FROM t GROUP BY g HAVING n > 1 ORDER BY n DESC LIMIT 1",
        mariadb: "SELECT name, g, count(*) AS n FROM t GROUP BY g HAVING n > 1 ORDER BY n DESC LIMIT 1",
      },
    ],
    ["SELECT substr(a, -3), instr(a, 'x') FROM t", { postgres: "SELECT right(a, 3), strpos(a, 'x') FROM t" }],
    ["SELECT a FROM t LIMIT -1 OFFSET 2", { postgres: "SELECT a FROM t OFFSET 2" }],
    ["SELECT name, max(age) FROM t", { duckdb: "SELECT any_value(name) AS name, max(age) FROM t" }],
    ["not SQL at all", { postgres: "not SQL at all" }],
  ];
  it("says in each dialect what SQLite means", () => {
    for (const [sql, expected] of cases)
      for (const [engine, text] of Object.entries(expected))
        expect(gate.translate(sql, engine as DatabaseEngine), engine).toBe(text);
  });

  it("gives what the other engine's gate lets through", () => {
    for (const [sql, expected] of cases.slice(0, -1))
      for (const engine of Object.keys(expected) as DatabaseEngine[]) {
        const translated = gate.translate(sql, engine);
        expect(gate.check(translated, engine, undefined, "read"), translated).toMatchObject({ allowed: true });
      }
  });

  it("writes names as the catalogue has them", () => {
    const schema: DatabaseSchema = {
      engine: "postgres",
      version: "17",
      tables: [
        {
          name: "Singer",
          kind: "table",
          columns: ["Name", "age"].map((name) => ({ name, type: "text", kind: "text", nullable: true })),
          foreignKeys: [],
          indexes: [],
        },
      ],
    };
    expect(gate.translate("SELECT s.name, AGE FROM singer AS s", "postgres", schema)).toBe(
      'SELECT s."Name", age FROM "Singer" AS s',
    );
    expect(gate.translate("SELECT age AS name FROM singer ORDER BY name", "postgres", schema)).toBe(
      'SELECT age AS name FROM "Singer" ORDER BY name',
    );
  });
});
