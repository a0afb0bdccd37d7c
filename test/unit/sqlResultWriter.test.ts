import { describe, expect, it } from "vitest";
import type { Cell, ResultColumn } from "../../src/sql/core/database";
import { ResultWriter, type ResultFormat, uniqueNames, type WriterOptions } from "../../src/sql/core/grid/resultWriter";
import type { ValueKind } from "../../src/sql/core/schema";

const column = (name: string, kind: ValueKind = "text"): ResultColumn => ({ name, type: kind, kind });
const columns = [column("id", "integer"), column('na"me'), column("note")];
const options = { guardsFormulas: true, hasHeading: true, table: "t", engine: "sqlite" } as const;

function write(
  format: ResultFormat,
  rows: readonly (readonly Cell[])[],
  over: Partial<WriterOptions> = {},
  of = columns,
) {
  const writer = new ResultWriter(of, { ...options, ...over, format });
  return { text: writer.head() + rows.map((row) => writer.row(row)).join("") + writer.tail(), writer };
}

describe("CSV", () => {
  it("is RFC 4180's, and tells NULL from an empty text", () => {
    expect(
      write("csv", [
        [1, 'say "hi", all', "two\nlines"],
        [null, "", null],
      ]).text,
    ).toBe('id,"na""me",note\r\n1,"say ""hi"", all","two\nlines"\r\n,"",\r\n');
  });

  it("keeps spreadsheets from running texts, but not from reading numbers, and counts what it changed", () => {
    const { text, writer } = write("csv", [
      [-5, "=1+1", "+x"],
      [{ kind: "digits", digits: "-12345678901234567890" }, "@SUM(A1)", "-cmd|' /C calc'!A0"],
    ]);
    expect(text).toContain("-5,'=1+1,'+x\r\n");
    expect(text).toContain("-12345678901234567890,'@SUM(A1),'-cmd|' /C calc'!A0\r\n");
    expect(writer.guarded).toBe(4);
    expect(write("csv", [[1, "=1+1", "\tx"]], { guardsFormulas: false }).text).toContain('1,=1+1,"\tx"\r\n');
  });

  it("guards the names of columns too, and leaves them out on request", () => {
    expect(write("csv", [], {}, [column("=HYPERLINK(1)")]).text).toBe("'=HYPERLINK(1)\r\n");
    expect(write("tsv", [[1, "a\tb", "c"]], { hasHeading: false }).text).toBe('1\t"a\tb"\tc\n');
  });

  it("says where only a part of a value is known", () => {
    const { text, writer } = write("csv", [
      [{ kind: "cut", text: "begin", characters: 9e6 }, { kind: "bytes", bytes: 2, hex: "ff" }, "x"],
    ]);
    expect(text).toContain("begin…,0xff…,x");
    expect(writer.cut).toBe(2);
  });
});

it("JSON keeps kinds, digits and every column", () => {
  const twice = [column("a", "integer"), column("a"), column("a_2"), column("__proto__", "boolean")];
  expect(uniqueNames(twice)).toEqual(["a", "a_3", "a_2", "__proto__"]);
  const { text } = write("json", [[1, null, { kind: "digits", digits: "90071992547409931" }, true]], {}, twice);
  expect(text).toBe('[\n  {"a": 1, "a_3": null, "a_2": "90071992547409931", "__proto__": true}\n]\n');
  expect(JSON.parse(text)).toHaveLength(1);
  expect(write("json", []).text).toBe("[]\n");
});

it("Markdown is a table whose cells are no markup", () => {
  const { text } = write("markdown", [
    [1, "<img src=x onerror=alert(1)>|`*_[x](y)", "a\r\nb"],
    [null, "", "&amp;"],
  ]);
  expect(text.split("\n")).toEqual([
    '| id | na"me | note |',
    "| ---: | --- | --- |",
    "| 1 | &lt;img src=x onerror=alert(1)&gt;\\|\\`\\*\\_\\[x\\](y) | a<br>b |",
    "| _NULL_ |  | &amp;amp; |",
    "",
  ]);
});

it("INSERT statements are in the engine's dialect", () => {
  const row: Cell[] = [
    { kind: "digits", digits: "12345678901234567890" },
    "O'Brien\\",
    { kind: "bytes", bytes: 2, hex: "00ff" },
  ];
  const insert = (engine: WriterOptions["engine"]): string => write("insert", [row], { engine, table: 'a`b"c' }).text;
  expect(insert("sqlite")).toBe(
    `INSERT INTO "a\`b""c" ("id", "na""me", "note") VALUES (12345678901234567890, 'O''Brien\\', X'00ff');\n`,
  );
  expect(insert("postgres")).toContain("'\\x00ff'::bytea");
  expect(insert("duckdb")).toContain("'\\x00\\xff'::BLOB");
  expect(insert("mysql")).toBe(
    "INSERT INTO `a``b\"c` (`id`, `na\"me`, `note`) VALUES (12345678901234567890, 'O''Brien\\\\', X'00ff');\n",
  );
  expect(write("insert", [[null, true, { kind: "cut", text: "x", characters: 2 }]]).text).toContain(
    "(NULL, 1, NULL /* … */)",
  );
  // Digits that are none are a text like any other.
  expect(write("insert", [[{ kind: "digits", digits: "1); DROP TABLE t; --" }, 1, 2]]).text).toContain(
    "('1); DROP TABLE t; --', 1, 2)",
  );
});
