import { describe, expect, it } from "vitest";
import type { Cell, ResultColumn } from "../../src/sql/core/database";
import { compareDigits, shownText, timeOf } from "../../src/sql/core/grid/cells";
import { chartData, extremes, suggestChart } from "../../src/sql/core/grid/chart";
import { columnWidths } from "../../src/sql/core/grid/columnWidths";
import { type ColumnFilter, isUsable } from "../../src/sql/core/grid/filters";
import { GridData, type GridView, plainView } from "../../src/sql/core/grid/gridData";
import { at, everything, moved, rangeOf, within } from "../../src/sql/core/grid/selection";
import type { ValueKind } from "../../src/sql/core/schema";

const column = (name: string, kind: ValueKind = "text"): ResultColumn => ({ name, type: kind, kind });
const digits = (text: string): Cell => ({ kind: "digits", digits: text });

function grid(columns: readonly ResultColumn[], rows: readonly (readonly Cell[])[]): GridData {
  const data = new GridData(columns);
  data.add(rows);
  return data;
}
/** The first column as it is shown. */
function shown(data: GridData, view: Partial<GridView>): string[] {
  return [...data.arrange({ ...plainView, ...view })].map((row) => shownText(data.cell(row, 0)));
}
const up = (place = 0) => ({ column: place, direction: "ascending", nulls: "last" }) as const;
const down = (place = 0) => ({ column: place, direction: "descending", nulls: "last" }) as const;

describe("cells", () => {
  it("are shown in one line, cut where they are long, and say what is missing", () => {
    expect(shownText(null)).toBe("NULL");
    expect(shownText("a\r\nb\tc")).toBe("a↵b⇥c");
    expect(shownText("x".repeat(400))).toBe(`${"x".repeat(300)}…`);
    expect(shownText(`${"x".repeat(299)}😀`)).toBe(`${"x".repeat(299)}…`);
    expect(shownText(digits("123456789012345678901234567890"))).toBe("123456789012345678901234567890");
    expect(shownText({ kind: "bytes", bytes: 3, hex: "00ff10" })).toBe("0x00ff10 (3 B)");
    expect(shownText({ kind: "bytes", bytes: 2000, hex: "ab".repeat(64) })).toBe(`0x${"ab".repeat(16)}… (2,000 B)`);
    expect(shownText({ kind: "cut", text: "begin", characters: 1_000_000 })).toBe("begin…");
    expect(shownText(false)).toBe("false");
  });

  it("compare digits of any length exactly", () => {
    const inOrder = ["-100000000000000000000.5", "-1e3", "-0.10", "0", "0.1", "00.100000000000000000001", "9", "10"];
    for (const [place, one] of inOrder.entries())
      for (const [other, two] of inOrder.entries())
        expect(Math.sign(compareDigits(one, two)), `${one} and ${two}`).toBe(Math.sign(place - other));
    expect(compareDigits("1.0", "1")).toBe(0);
    expect(compareDigits("-0", "0.00")).toBe(0);
    expect(compareDigits("9007199254740993", "9007199254740992")).toBe(1);
  });

  it("read times as databases write them, and nothing else", () => {
    expect(timeOf("2024-02-29")).toBe(Date.UTC(2024, 1, 29));
    expect(timeOf("2024-02-29 12:30:01.5+02")).toBe(Date.UTC(2024, 1, 29, 10, 30, 1, 500));
    expect(timeOf("2024-02-29T12:30Z")).toBe(Date.UTC(2024, 1, 29, 12, 30));
    expect(timeOf("12:30:01")).toBe(45_001_000);
    expect(timeOf("2024-13-01")).toBeUndefined();
    expect(timeOf("last Tuesday")).toBeUndefined();
  });
});

describe("sorting", () => {
  it("orders times beyond what a number tells apart, and leaves one moment in two forms as it came", () => {
    const fine = ["2024-01-01 10:00:00.123456789", "2024-01-01 10:00:00.123456788", "2024-01-01 10:00:00.1"];
    const same = ["2024-01-01 12:00:00+02", "2024-01-01 10:00:00"];
    const of = (times: readonly string[]): GridData =>
      grid(
        [column("t", "timestamp")],
        times.map((time) => [time]),
      );
    expect(shown(of(fine), { sorts: [up()] })).toEqual([fine[2], fine[1], fine[0]]);
    expect(shown(of(same), { sorts: [up()] })).toEqual(same);
    expect(shown(of([...same].reverse()), { sorts: [up()] })).toEqual([...same].reverse());
  });

  it("orders numbers by value, beyond doubles too, with NULL last either way unless asked", () => {
    const rows = [[9], [null], [digits("9007199254740993")], [-1.5], [digits("9007199254740992")], [10]];
    const data = grid([column("n", "integer")], rows);
    expect(shown(data, { sorts: [up()] })).toEqual(["-1.5", "9", "10", "9007199254740992", "9007199254740993", "NULL"]);
    expect(shown(data, { sorts: [down()] }).at(-1)).toBe("NULL");
    expect(shown(data, { sorts: [{ ...up(), nulls: "first" }] })[0]).toBe("NULL");
  });

  it("orders words as people do, and values of other kinds as SQLite does", () => {
    const rows = [["zebra"], ["Äpfel"], ["apple"], ["Zoo"], [3], [{ kind: "bytes", bytes: 1, hex: "00" }], [""]];
    const data = grid([column("w")], rows as Cell[][]);
    expect(shown(data, { sorts: [up()] })).toEqual(["3", "", "Äpfel", "apple", "zebra", "Zoo", "0x00 (1 B)"]);
  });

  it("orders moments by time whatever their zone, and NaN above all numbers", () => {
    const times = grid([column("t", "timestamp")], [["2024-01-01 10:00:00+00"], ["2024-01-01 10:30:00+02"], ["odd"]]);
    expect(shown(times, { sorts: [up()] })).toEqual(["2024-01-01 10:30:00+02", "2024-01-01 10:00:00+00", "odd"]);
    const numbers = grid([column("n", "number")], [["NaN"], ["Infinity"], [1], ["-Infinity"]]);
    expect(shown(numbers, { sorts: [up()] })).toEqual(["-Infinity", "1", "Infinity", "NaN"]);
  });

  it("takes further columns where the first are equal, and leaves the rest as it came", () => {
    const data = grid(
      [column("id", "integer"), column("a"), column("b", "integer")],
      [
        [1, "x", 2],
        [2, "y", 1],
        [3, "x", 1],
        [4, "x", 2],
      ],
    );
    expect(shown(data, { sorts: [up(1), down(2)] })).toEqual(["1", "4", "3", "2"]);
  });

  it("sorts rows that were added since", () => {
    const data = grid([column("n", "integer")], [[2]]);
    expect(shown(data, { sorts: [up()] })).toEqual(["2"]);
    data.add([[1]]);
    expect(shown(data, { sorts: [up()] })).toEqual(["1", "2"]);
  });
});

describe("filters", () => {
  const data = grid(
    [column("name"), column("n", "number"), column("day", "date")],
    [
      ["Zoë", 1, "2024-01-01"],
      ["zoo", 20, "2024-06-01"],
      [null, null, null],
      ["10", digits("20.00"), "2023-01-01"],
    ],
  );
  const filter = (place: number, operator: ColumnFilter["operator"], value = ""): string[] =>
    shown(data, { filters: [{ column: place, operator, value }] });

  it.each([
    [0, "contains", "ZOE", ["Zoë"]],
    [0, "lacks", "zo", ["NULL", "10"]],
    [0, "is", "zoo", ["zoo"]],
    [0, "is", "Zoo", []],
    [0, "isNot", "zoo", ["Zoë", "NULL", "10"]],
    [0, "starts", "zo", ["Zoë", "zoo"]],
    [0, "ends", "o", ["zoo"]],
    [0, "null", "", ["NULL"]],
    [0, "notNull", "", ["Zoë", "zoo", "10"]],
    [1, "is", "20", ["zoo", "10"]],
    [1, "more", "1", ["zoo", "10"]],
    [1, "atMost", "1.0", ["Zoë"]],
    [2, "less", "2024-01-01", ["10"]],
    [2, "atLeast", "2024-01-01 00:00", ["Zoë", "zoo"]],
  ] as const)("column %i %s %s", (place, operator, value, expected) => {
    expect(filter(place, operator, value)).toEqual(expected);
  });

  it("hide nothing where they cannot be applied, and say so", () => {
    expect(filter(1, "more", "many")).toHaveLength(4);
    expect(isUsable({ column: 1, operator: "more", value: "many" }, column("n", "number"))).toBe(false);
    expect(isUsable({ column: 1, operator: "more", value: "1e3" }, column("n", "number"))).toBe(true);
    expect(isUsable({ column: 1, operator: "less", value: "noon" }, column("t", "time"))).toBe(false);
  });

  it("search all columns, case and accents aside, and do not find what stands in two cells", () => {
    expect(shown(data, { search: " zoe " })).toEqual(["Zoë"]);
    expect(shown(data, { search: "2024-06" })).toEqual(["zoo"]);
    expect(shown(data, { search: "zoo20" })).toEqual([]);
  });
});

describe("selection", () => {
  const size = { rows: 100, columns: 5, page: 10 };
  const move = (from = at(5, 2), key = "", keys: Partial<{ extends: boolean; toEdge: boolean }> = {}) =>
    moved(from, key, { extends: false, toEdge: false, ...keys }, size)?.focus;

  it("goes where the ARIA practices say", () => {
    expect(move(at(5, 2), "ArrowDown")).toEqual({ row: 6, column: 2 });
    expect(move(at(0, 2), "ArrowUp")).toEqual({ row: -1, column: 2 });
    expect(move(at(-1, 2), "ArrowUp")).toEqual({ row: -1, column: 2 });
    expect(move(at(5, 4), "ArrowRight")).toEqual({ row: 5, column: 4 });
    expect(move(at(5, 2), "Home")).toEqual({ row: 5, column: 0 });
    expect(move(at(5, 2), "End", { toEdge: true })).toEqual({ row: 99, column: 4 });
    expect(move(at(5, 2), "Home", { toEdge: true })).toEqual({ row: 0, column: 0 });
    expect(move(at(5, 2), "PageDown")).toEqual({ row: 15, column: 2 });
    expect(move(at(95, 2), "PageDown")).toEqual({ row: 99, column: 2 });
    expect(move(at(5, 2), "PageUp")).toEqual({ row: 0, column: 2 });
    expect(move(at(5, 2), "ArrowDown", { toEdge: true })).toEqual({ row: 99, column: 2 });
    expect(move(at(5, 2), "x")).toBeUndefined();
  });

  it("grows from where it began, never into the heading, and stays inside", () => {
    const grown = moved(at(1, 1), "ArrowDown", { extends: true, toEdge: false }, size) ?? at(0, 0);
    expect(rangeOf(grown)).toEqual({ top: 1, left: 1, bottom: 2, right: 1 });
    const up2 = moved(at(0, 0), "ArrowUp", { extends: true, toEdge: false }, size);
    expect(up2?.focus.row).toBe(0);
    expect(rangeOf(everything(size))).toEqual({ top: 0, left: 0, bottom: 99, right: 4 });
    expect(within(everything(size), { ...size, rows: 3 }).focus).toEqual({ row: 2, column: 4 });
    expect(within(at(5, 1), { ...size, rows: 0 }).focus.row).toBe(-1);
  });
});

describe("charts", () => {
  const rows = Array.from({ length: 5 }, (_, index) => [`name ${index}`, index * 2, index, `2024-01-0${index + 1}`]);
  it("are suggested by a result's shape", () => {
    const [name, number, id, day] = [
      column("name"),
      column("n", "number"),
      column("user_id", "integer"),
      column("d", "date"),
    ];
    expect(suggestChart([name, number], rows)).toMatchObject({ kind: "bars", x: 0, ys: [1] });
    expect(suggestChart([name, number, id, day], rows)).toMatchObject({ kind: "line", x: 3, xIsTime: true, ys: [1] });
    const pairs = rows.map(([, one, other]) => [one ?? null, other ?? null]);
    expect(suggestChart([column("w", "number"), column("h", "number")], pairs)).toMatchObject({
      kind: "points",
      x: 0,
      ys: [1],
    });
    const years = rows.map((_, index) => [2000 + index, index]);
    expect(suggestChart([column("year", "integer"), number], years)).toMatchObject({ kind: "line", xIsTime: false });
    expect(
      suggestChart(
        [name],
        rows.map(([one]) => [one ?? null]),
      ),
    ).toBeUndefined();
    expect(suggestChart([name, number], rows.slice(0, 1))).toBeUndefined();
    expect(suggestChart([id, number], pairs)).toBeUndefined();
  });

  it("show rows in the order of the grid, leave out what has no value, and say how many", () => {
    const plan = { kind: "bars", x: 0, xIsTime: false, ys: [1] } as const;
    const data = chartData(plan, [...rows, ["none", null, 0, ""]], Uint32Array.of(5, 4, 0));
    expect(data).toMatchObject({ labels: ["name 4", "name 0"], series: [[8, 0]], omitted: 1 });
    expect(extremes(data, 0)).toMatchObject({ least: { place: 1, value: 0 }, most: { place: 0, value: 8 } });
    const line = { kind: "line", x: 3, xIsTime: true, ys: [1] } as const;
    expect(chartData(line, rows, Uint32Array.of(2, 0, 1)).xs.map((x) => new Date(x * 1000).getUTCDate())).toEqual([
      1, 2, 3,
    ]);
    const many = Array.from({ length: 100_000 }, (_, index) => [index, -index]);
    const points = chartData({ kind: "points", x: 0, xIsTime: false, ys: [1] }, many, Uint32Array.from(many.keys()));
    expect(points.xs.length).toBeLessThanOrEqual(20_000);
    expect(points.xs.length + points.omitted).toBe(100_000);
  });
});

it("columns are as wide as their first values, within bounds", () => {
  const widths = columnWidths(
    [column("id"), column("text")],
    [
      [1, "x".repeat(1000)],
      [2, "y"],
    ],
    8,
  );
  expect(widths[0]).toBeLessThan(120);
  expect(widths[1]).toBe(360);
});

it("100,000 rows are sorted and searched in a few hundred milliseconds", () => {
  const words = ["alpha", "Beta", "gamma", "Délta"];
  const rows = Array.from({ length: 100_000 }, (_, index) => [
    (index * 7919) % 100_003,
    `${words[index % 4] ?? ""} ${(index * 31) % 5000}`,
    `2024-${String((index % 12) + 1).padStart(2, "0")}-15 10:00:00`,
    index % 10 === 0 ? null : index / 7,
  ]);
  const data = grid([column("a", "integer"), column("b"), column("c", "timestamp"), column("d", "number")], rows);
  const time = (view: Partial<GridView>): number => {
    const started = performance.now();
    data.arrange({ ...plainView, ...view });
    return performance.now() - started;
  };
  const times = {
    number: time({ sorts: [up(0)] }),
    text: time({ sorts: [down(1)] }),
    time: time({ sorts: [up(2)] }),
    three: time({ sorts: [up(2), up(1), down(3)] }),
    search: time({ search: "delta 12" }),
    again: time({ search: "delta 123" }),
  };
  console.log(
    "100,000 rows, ms:",
    JSON.stringify(times, (_, value: unknown) => (typeof value === "number" ? Math.round(value) : value)),
  );
  // Loose: other programs run on the same cores. What is measured in the page stands in the webview's test.
  for (const [name, ms] of Object.entries(times)) expect(ms, name).toBeLessThan(1500);
});
