import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrapInterval, Execution } from "../eval/execution";

/** How answers are judged: by their rows. */
let folder: string;
let execution: Execution;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-eval-"));
  const file = path.join(folder, "x.sqlite");
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE t (a TEXT, b REAL); INSERT INTO t VALUES ('x', 1), ('y', 2), ('y', 2)");
  // Not UTF-8.
  database.exec("INSERT INTO t VALUES (CAST(x'e9' AS TEXT), 3)");
  database.close();
  execution = new Execution(file);
});
afterAll(async () => {
  execution.close();
  await rm(folder, { recursive: true, force: true });
});

describe("an answer is right", () => {
  it.each([
    ["whatever the order where none was asked for", "SELECT a FROM t ORDER BY b DESC", "SELECT a FROM t", true],
    ["in the order asked for", "SELECT a FROM t ORDER BY b DESC", "SELECT a FROM t ORDER BY b", false],
    ["with each row as often", "SELECT DISTINCT a FROM t", "SELECT a FROM t", false],
    ["with its columns in order", "SELECT b, a FROM t", "SELECT a, b FROM t", false],
    ["whether a number is whole or not", "SELECT CAST(b AS INTEGER) FROM t", "SELECT b FROM t", true],
    ["but not when a number is a text", "SELECT CAST(b AS TEXT) FROM t", "SELECT b FROM t", false],
    [
      "where gold quotes texts with double quotes",
      "SELECT b FROM t WHERE a = 'x'",
      'SELECT b FROM t WHERE a = "x"',
      true,
    ],
    ["with texts that are not UTF-8", "SELECT a FROM t WHERE b > 2", "SELECT a FROM t WHERE b = 3", true],
    ["but not with more rows than wanted", "SELECT t.a FROM t, t AS u", "SELECT a FROM t", false],
  ])("%s", (_, sql, gold, right) => {
    expect(execution.agree(sql, gold)).toBe(right);
  });

  it("only where SQLite understands it, double quotes being for names", () => {
    expect(execution.problemOf("SELECT a FROM t")).toBeUndefined();
    expect(execution.problemOf("SELECT c FROM t")).toMatch(/no such column/);
    expect(execution.problemOf('SELECT a FROM t WHERE a = "x"')).toMatch(/no such column/);
    expect(execution.agree('SELECT b FROM t WHERE a = "x"', "SELECT b FROM t WHERE a = 'x'")).toBe(false);
  });
});

it("the interval holds the share, narrows with more questions, and is the same each time", () => {
  const outcomes = (count: number): boolean[] => Array.from({ length: count }, (_, index) => index % 2 === 0);
  const [low, high] = bootstrapInterval(outcomes(40));
  expect(low).toBeLessThan(0.5);
  expect(high).toBeGreaterThan(0.5);
  const narrow = bootstrapInterval(outcomes(400));
  expect(narrow[1] - narrow[0]).toBeLessThan(high - low);
  expect(bootstrapInterval(outcomes(40))).toEqual([low, high]);
});
