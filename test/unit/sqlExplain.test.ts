import { beforeAll, describe, expect, it } from "vitest";
import type { StatementGate } from "../../src/sql/core/gate";
import type { DatabaseEngine } from "../../src/sql/core/schema";
import { loadGate } from "../support/sqlGate";

let gate: StatementGate;
beforeAll(async () => {
  gate = await loadGate();
});

function explained(sql: string, engine: DatabaseEngine = "sqlite"): string {
  const verdict = gate.check(sql, engine, undefined, "write");
  if (!verdict.allowed) throw new Error(`${sql}: ${verdict.message}`);
  return verdict.statement.explanation;
}

describe("the sentence of explanation", () => {
  it("says what a query asks for", () => {
    const sentences: Readonly<Record<string, string>> = {
      "SELECT count(*) FROM singer WHERE Country = 'France'": "Counts the rows of singer where Country is 'France'.",
      "SELECT name, age FROM singer ORDER BY age DESC": "Shows name and age of singer, ordered by age, highest first.",
      "SELECT DISTINCT country FROM singer WHERE age BETWEEN 20 AND 30 OR age IS NULL":
        "Shows different country of singer where age is between 20 and 30 or age is missing.",
      "SELECT country, count(*) FROM singer GROUP BY country HAVING count(*) > 2":
        "For each country, counts the rows of singer, of which only those where the number of rows is greater than 2.",
      "SELECT country, avg(age), max(age) FROM singer GROUP BY country":
        "For each country, shows the average of age and the largest age of singer.",
      "SELECT s.name FROM singer AS s JOIN concert AS c ON s.id = c.singer_id WHERE c.year >= 2014 LIMIT 3":
        "Shows singer.name of singer joined with concert (singer.id equals concert.singer_id) where concert.year is at least 2014, at most 3 rows.",
      "SELECT name FROM singer WHERE name LIKE '%ann%' AND age NOT IN (1, 2)":
        "Shows name of singer where name contains 'ann' and age is none of 1 or 2.",
      "SELECT name FROM singer WHERE age > (SELECT avg(age) FROM singer)":
        "Shows name of singer where age is greater than (the average of age of singer).",
      "SELECT name FROM singer WHERE id NOT IN (SELECT singer_id FROM concert)":
        "Shows name of singer where id is not among (singer_id of concert).",
      "SELECT name FROM singer UNION SELECT name FROM band": "Shows name of singer, together with name of band.",
      "SELECT name FROM singer EXCEPT SELECT name FROM band":
        "Shows name of singer, without those that are also name of band.",
      "SELECT country FROM singer GROUP BY country ORDER BY count(*) DESC LIMIT 1":
        "Shows each country of singer, only the first row when ordered by the number of rows, highest first.",
      "UPDATE singer SET age = age + 1 WHERE id = 3": "In singer, sets age to age + 1 where id is 3.",
      "DELETE FROM singer": "Deletes all rows of singer.",
      "INSERT INTO singer (name) VALUES ('a'), ('b')": "Adds 2 rows to singer.",
    };
    for (const [sql, sentence] of Object.entries(sentences)) expect(explained(sql)).toBe(sentence);
  });

  it("comes of anything that the gate lets through, and stays short", () => {
    const statements: readonly (readonly [string, DatabaseEngine])[] = [
      ["VALUES (1, 2), (3, 4)", "sqlite"],
      ["SELECT 1", "sqlite"],
      ["EXPLAIN SELECT 1", "postgres"],
      ["SELECT a[1:2], {'k': b}, list_transform(c, lambda x: x + 1) FROM t", "duckdb"],
      [
        "SELECT rank() OVER w, sum(x) FILTER (WHERE y) OVER (PARTITION BY z) FROM t WINDOW w AS (ORDER BY q)",
        "postgres",
      ],
      ["SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, EXTRACT(YEAR FROM d), CAST(e AS DATE) FROM t", "postgres"],
      [`SELECT ${Array.from({ length: 300 }, (_, n) => `c${n}`).join(", ")} FROM t`, "sqlite"],
      [`SELECT a FROM t WHERE b IN (${Array(2000).fill("1").join(", ")})`, "mysql"],
      [`SELECT * FROM ${"(SELECT * FROM ".repeat(8)}t${") AS x".repeat(8)}`, "mariadb"],
      ["SELECT * FROM generate_series(1, 3) AS s(i)", "postgres"],
      ["SELECT date FROM t GROUP BY ROLLUP (date)", "postgres"],
    ];
    for (const [sql, engine] of statements) {
      const sentence = explained(sql, engine);
      expect(sentence, sql).toMatch(/^\p{Lu}[^\n]*[.…]$/u);
      expect(sentence.length).toBeLessThanOrEqual(601);
    }
  });
});
