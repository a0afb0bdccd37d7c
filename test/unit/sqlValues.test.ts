import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { databaseContract } from "../../src/sql/core/protocol";
import { bestHits, standsIn } from "../../src/sql/core/questionValues";
import { kindOfSqliteType, kindOfType } from "../../src/sql/core/valueKinds";
import { isSshDestination, tunnelArguments } from "../../src/sql/node/sshTunnel";
import { decimalCell, textCell } from "../../src/sql/process/cells";
import { fileViews } from "../../src/sql/process/duckdbInstance";
import { RowSink } from "../../src/sql/process/rowSink";

describe("a value in a question", () => {
  it.each([
    ["How many in New York?", "new york", true],
    ["How many in New Yorkshire?", "New York", false],
    ["unhappy people", "happy", false],
    ["the 2014 season", "2014", true],
    ["in 20145", "2014", false],
    ["Is it C++ or C?", "C++", true],
    ["people in Indiana", "IN", false],
    ["people in IN", "IN", true],
    ["Straße", "straße", true],
    ["über 🦙s", "🦙", false],
    ["über 🦙.", "🦙", false],
    ["what of ?", "?", false],
    ["x", "", false],
    ["a b", "  b ", true],
  ])("%s: %s %s", (question, value, stands) => {
    expect(standsIn(question, value)).toBe(stands);
  });

  it("is given once a column, the longest first", () => {
    const hit = (value: string, column = "c") => ({ table: "t", column, value });
    expect(
      bestHits([hit("a"), hit("abc"), hit("a"), hit("ab", "d"), hit("a", "d")], 3).map(({ value }) => value),
    ).toEqual(["abc", "ab", "a"]);
  });
});

describe("the kind of a type", () => {
  it.each([
    ["INTEGER", "integer"],
    ["bigint(20) unsigned", "integer"],
    ["tinyint(1)", "boolean"],
    ["int4range", "other"],
    ["interval", "other"],
    ["UHUGEINT", "integer"],
    ["double precision", "number"],
    ["DECIMAL(8,2)", "number"],
    ["timestamp with time zone", "timestamp"],
    ["daterange", "other"],
    ["datetime", "timestamp"],
    ["time without time zone", "time"],
    ["character varying(40)", "text"],
    ["ENUM('a', 'b')", "text"],
    ["set('a','b')", "text"],
    ["VARCHAR[]", "other"],
    ["INTEGER[3]", "other"],
    ["STRUCT(a VARCHAR)", "other"],
    ["jsonb", "json"],
    ["longblob", "blob"],
    ["varbinary(16)", "blob"],
    ["geometry", "other"],
    ["", "other"],
  ])("%s is %s", (type, kind) => {
    expect(kindOfType(type)).toBe(kind);
  });

  it("follows SQLite's own rules for types of nobody's", () => {
    expect(kindOfSqliteType("UNSIGNED BIG INT")).toBe("integer");
    expect(kindOfSqliteType("FLOATING POINT")).toBe("integer");
    expect(kindOfSqliteType("")).toBe("other");
  });
});

describe("rows on their way", () => {
  it("come in batches, and stop at a cap", () => {
    const batches: number[] = [];
    const sink = new RowSink(
      { maxRows: 1200, maxBytes: 1_000_000, timeoutMs: 1 },
      (rows) => void batches.push(rows.length),
    );
    let taken = 0;
    while (sink.take([taken, "x"])) taken++;
    sink.flush();
    expect([taken, batches, sink.cut]).toEqual([1200, [500, 500, 200], "rows"]);
  });

  it("are checked on arrival", () => {
    const { progress } = databaseContract.requests.query;
    const fits = (rows: unknown): boolean => v.safeParse(progress, { rows }).success;
    expect(fits([[1, "a", null, true, { kind: "digits", digits: "1" }, { kind: "bytes", bytes: 1, hex: "00" }]])).toBe(
      true,
    );
    for (const rows of [1, [1], [[undefined]], [[{}]], [[[1]]], [[{ kind: "cut", text: "x" }]]])
      expect(fits(rows)).toBe(false);
  });

  it("keep digits that a number would lose, and no half of a character", () => {
    expect(decimalCell("1.5")).toBe(1.5);
    expect(decimalCell("0.10")).toEqual({ kind: "digits", digits: "0.10" });
    expect(decimalCell("12345678901234567890.1")).toEqual({ kind: "digits", digits: "12345678901234567890.1" });
    const cut = textCell(`${"x".repeat(16_383)}🦙 and more`);
    expect(cut).toEqual({ kind: "cut", text: "x".repeat(16_383), characters: 16_394 });
  });
});

describe("a tunnel", () => {
  it.each([
    "host",
    "me@host",
    "me@host.example.org",
    "10.0.0.1",
    "ssh://me@host:2222",
    "me@[::1]",
    "my_alias",
    "größe",
  ])("leads to %s", (destination) => {
    expect(isSshDestination(destination)).toBe(true);
  });
  it.each([
    "",
    "-oProxyCommand=touch x",
    "me@-oProxyCommand=x",
    "host -N",
    "host;ls",
    "$(ls)",
    "a@b@c",
    "host\n",
    "`ls`",
    "a/b",
  ])("is not led astray by %j", (destination) => {
    expect(isSshDestination(destination)).toBe(false);
    expect(() => tunnelArguments({ destination }, 1, "db", 5432)).toThrow(/is no SSH host/);
  });
  it("ends ssh's options before the destination, and forwards to hosts alone", () => {
    const given = tunnelArguments({ destination: "me@host", port: 2222 }, 5000, "db.internal", 5432);
    expect(given.slice(-4)).toEqual(["-p", "2222", "--", "me@host"]);
    expect(given).toContain("127.0.0.1:5000:db.internal:5432");
    expect(tunnelArguments({ destination: "h" }, 5000, "::1", 5432)).toContain("127.0.0.1:5000:[::1]:5432");
    expect(() => tunnelArguments({ destination: "h" }, 5000, "a b", 5432)).toThrow(/no host/);
  });
});

it("names a view after its file", () => {
  expect(
    fileViews(["/a/x.csv", "/b/X.parquet", "/c/y.json.gz", "/d/.csv", "/e/a [b]*.csv"]).map(({ name }) => name),
  ).toEqual([...["x", "X_2", "y", "data", "a_b"]]);
});
