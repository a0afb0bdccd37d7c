import { beforeAll, describe, expect, it } from "vitest";
import type { StatementGate } from "../../src/sql/core/gate";
import { type DatabaseEngine, databaseEngines } from "../../src/sql/core/schema";
import { seededRandom } from "../support/random";
import { loadGate } from "../support/sqlGate";

let gate: StatementGate;
beforeAll(async () => {
  gate = await loadGate();
});

/** The statement that the gate would give an engine; undefined: it refuses. */
function printed(sql: string, engine: DatabaseEngine): string | undefined {
  const verdict = gate.check(sql, engine, undefined, "read");
  return verdict.allowed ? verdict.statement.sql : undefined;
}

const everywhere = [
  "DELETE FROM t",
  "UPDATE t SET a = 1 WHERE b = 'x'",
  "INSERT INTO t (a) VALUES (1)",
  "DROP TABLE t",
  "CREATE TABLE u AS SELECT * FROM t",
  "SELECT nextval('s') FROM t",
  "SELECT a FROM t WHERE load_file('/etc/passwd') > ''",
  "SELECT 1; DELETE FROM t",
  "WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d",
];
const refused: Readonly<Record<DatabaseEngine, readonly string[]>> = {
  sqlite: [
    ...everywhere,
    "ATTACH 'x.db' AS x",
    "PRAGMA user_version = 7",
    "VACUUM INTO 'x.db'",
    "SELECT load_extension('x')",
    "SELECT writefile('x', 'y') FROM t",
    "SELECT * FROM pragma_database_list",
    "SELECT randomblob(1000000000)",
    "REPLACE INTO t VALUES (1)",
  ],
  duckdb: [
    ...everywhere,
    "COPY t TO 'x.csv'",
    "SELECT * FROM read_csv('x.csv')",
    "FROM read_text('x')",
    "SELECT * FROM 'x.csv'",
    "INSTALL httpfs",
    "SET threads = 1",
    "SELECT getenv('HOME')",
    "SELECT * FROM duckdb_secrets()",
    "EXPORT DATABASE 'x'",
  ],
  postgres: [
    ...everywhere,
    "SELECT pg_read_file('x')",
    "SELECT * FROM pg_shadow",
    "SELECT * INTO u FROM t",
    "SELECT * FROM t FOR UPDATE",
    "SELECT set_config('a', 'b', false)",
    "SELECT pg_sleep(10)",
    "SELECT (t).f FROM t",
    "COPY t TO PROGRAM 'x'",
    "EXPLAIN ANALYZE DELETE FROM t",
    "SELECT 1 OPERATOR(public.+) 2",
  ],
  mysql: mysql(),
  mariadb: mysql(),
};

function mysql(): readonly string[] {
  return [
    ...everywhere,
    "SELECT * FROM t INTO OUTFILE '/tmp/x'",
    "SELECT 1 INTO @x",
    "SELECT @x := 1",
    "SELECT @@datadir",
    "SELECT sleep(10) FROM t",
    "SELECT * FROM mysql.user",
    "SELECT * FROM t FOR UPDATE",
    "SELECT * FROM t LOCK IN SHARE MODE",
    "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */",
    "SELECT 1 /*M! , sleep(5) */",
  ];
}

/** Puts something between tokens, or something else for them, outside of quotes. */
function betweenTokens(sql: string, change: (token: string) => string): string {
  return sql.replaceAll(/'[^']*'|\/\*[^]*?\*\/|@?[\w]+|:=|[^\s\w']/g, (token) =>
    /^['/]/.test(token) && token.length > 1 ? token : change(token),
  );
}

const rounds = 40;
const lookalikes: Readonly<Record<string, string>> = {
  a: "а",
  e: "е",
  o: "о",
  i: "і",
  s: "ſ",
  k: "K",
  d: "ԁ",
  u: "ｕ",
};

describe("a statement that is refused", () => {
  const each = (
    sql: (random: () => number, sql: string) => string,
    holds: (changed: string, engine: DatabaseEngine) => boolean,
  ): void => {
    for (const engine of databaseEngines) {
      for (const [place, one] of refused[engine].entries()) {
        expect(printed(one, engine), one).toBeUndefined();
        const random = seededRandom(place + 1);
        for (let round = 0; round < rounds; round++) {
          const changed = sql(random, one);
          expect(holds(changed, engine) ? undefined : changed).toBeUndefined();
        }
      }
    }
  };
  const staysRefused = (sql: string, engine: DatabaseEngine): boolean => printed(sql, engine) === undefined;
  const pick = <T>(random: () => number, values: readonly T[], otherwise: T): T =>
    values[Math.floor(random() * values.length)] ?? otherwise;

  it("stays so with comments anywhere", () => {
    const comments = ["/**/", "/* SELECT */", "-- x\n", "/* ' */", '/* " */', "/* ; */", "/*\n*/", "/* -- */"];
    each(
      (random, sql) =>
        betweenTokens(sql, (token) => (random() < 0.4 ? ` ${pick(random, comments, "")} ${token}` : token)),
      staysRefused,
    );
  });

  it("stays so with any blanks", () => {
    const blanks = [" ", "\t", "\n", "\r\n", "  ", "\u00a0", "\u2003", "\u3000", "\u000b", "\u200b", "\ufeff"];
    each((random, sql) => sql.replaceAll(" ", () => pick(random, blanks, " ")), staysRefused);
  });

  it("stays so in any case", () => {
    each(
      (random, sql) =>
        betweenTokens(sql, (token) =>
          token.replaceAll(/./g, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter.toLowerCase())),
        ),
      staysRefused,
    );
  });

  it("stays so with letters that look alike, or names something else", () => {
    each(
      (random, sql) =>
        betweenTokens(sql, (token) =>
          token.replaceAll(/[aeoiskdu]/g, (letter) => (random() < 0.3 ? (lookalikes[letter] ?? letter) : letter)),
        ),
      (sql, engine) => {
        const text = printed(sql, engine);

        return text === undefined || /[^\u0000-\u007f]/.test(text);
      },
    );
  });

  it("stays so inside of others", () => {
    const wrappers = [
      (sql: string) => `SELECT * FROM (${sql}) AS w`,
      (sql: string) => `WITH w AS (${sql}) SELECT * FROM w`,
      (sql: string) => `SELECT (${sql})`,
      (sql: string) => `SELECT 1 WHERE EXISTS (${sql})`,
      (sql: string) => `SELECT 1 WHERE 1 IN (${sql})`,
      (sql: string) => `(${sql})`,
      (sql: string) => `SELECT 1 UNION ALL ${sql}`,
      (sql: string) => `EXPLAIN ${sql}`,
      (sql: string) => `SELECT CASE WHEN (${sql}) > 0 THEN 1 END`,
      (sql: string) => `SELECT 1 ORDER BY (${sql})`,
      (sql: string) => `SELECT sum(x) OVER (PARTITION BY (${sql})) FROM t`,
      (sql: string) => `SELECT 1;${sql}`,
      (sql: string) => `SELECT ';';${sql}`,
      (sql: string) => `${sql};`,
    ];
    each((random, sql) => {
      let wrapped = sql;
      for (let depth = Math.floor(random() * 4); depth >= 0; depth--)
        wrapped = pick(random, wrappers, (inner) => inner)(wrapped);
      return wrapped;
    }, staysRefused);
  });
});

describe("a statement that is allowed", () => {
  it("is printed the same when it is read again", () => {
    const queries = [
      "SELECT a.b, count(DISTINCT c) AS n FROM t AS a LEFT JOIN u ON a.id = u.id WHERE NOT (a.x IS NULL OR b BETWEEN 1 AND 2) GROUP BY a.b HAVING count(*) > 1 ORDER BY n DESC, 1 LIMIT 5 OFFSET 2",
      "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT CASE n WHEN 1 THEN 'x''y' ELSE '\\\\' END FROM r",
      "SELECT sum(x) OVER (PARTITION BY y ORDER BY z ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t WHERE x IN (SELECT y FROM u) AND EXISTS (SELECT 1 FROM v)",
      "SELECT CAST(a AS INTEGER) + - 1, a % 2, (a, b) = (1, 2), coalesce(a, b) FROM t CROSS JOIN u JOIN v USING (id)",
      "SELECT a FROM t WHERE b LIKE '%x!%%' ESCAPE '!' UNION SELECT c FROM u EXCEPT SELECT d FROM v",
    ];
    for (const engine of databaseEngines)
      for (const sql of queries) {
        const once = printed(sql, engine);
        expect(once, `${engine}: ${sql}`).toBeDefined();
        expect(printed(once ?? "", engine)).toBe(once);
      }
  });
});
