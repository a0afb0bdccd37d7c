import type { Page } from "@playwright/test";
import { askHtml } from "../../src/sql/core/askHtml";
import { askTexts } from "../../src/sql/core/askTexts";
import type { AskView, PlanLine, ResultView, TurnView } from "../../src/sql/core/askContract";
import type { Cell, ResultColumn } from "../../src/sql/core/database";
import { openWebview, type WebviewPage } from "../support/webviewPage";

export interface Fake {
  readonly view: AskView;
  /** Rows of results, by their ids. */
  readonly rows?: Readonly<Record<string, readonly (readonly Cell[])[]>>;
  readonly answers?: Readonly<Record<string, unknown>>;
}

const pieceRows = 5000;

export async function openAsk(
  page: Page,
  { view, rows = {}, answers = {} }: Fake,
  theme = "dark",
): Promise<WebviewPage> {
  const opened = await openWebview(page, {
    name: "ask",
    html: (parts) => askHtml({ ...parts, title: "Ask", texts: askTexts({ t: (text) => text }) }),
    theme,
    answer: (method, params) => {
      if (method in answers) return answers[method];
      switch (method) {
        case "ready":
          return view;
        case "rows": {
          const from = Number(params.from);
          return { rows: (rows[String(params.result)] ?? []).slice(from, from + pieceRows) };
        }
        case "copy":
        case "export":
          return { done: true, rows: 2, guarded: 0, cut: 0 };
        case "history":
          return { entries: [], more: 0 };
        default:
          return {};
      }
    },
  });
  await opened.frame.getByRole("heading", { level: 1 }).waitFor();
  return opened;
}

export function turn(over: Partial<TurnView> = {}): TurnView {
  return {
    ...{ id: "t1", question: "Which customers spent the most in 2023?", at: Date.UTC(2026, 5, 1), state: "answered" },
    step: null,
    sql: `SELECT c.name, SUM(o.total) AS spent\nFROM customers AS c\nJOIN orders AS o ON o.customer_id = c.id\nWHERE o.placed_at >= '2023-01-01' -- this year alone\nGROUP BY c.name\nORDER BY spent DESC\nLIMIT 10`,
    explanation: "The 10 names of customers with the highest sum of total in orders placed on or after 2023-01-01.",
    ...{ effect: "read", confidence: "majority", isCorrected: false },
    tables: [
      { schema: null, table: "customers", column: null },
      { schema: null, table: "orders", column: null },
    ],
    columns: [
      { schema: null, table: "customers", column: "name" },
      { schema: null, table: "customers", column: "id" },
      { schema: null, table: "orders", column: "total" },
      { schema: null, table: "orders", column: "placed_at" },
    ],
    assumptions: ["“spent” is the sum of orders.total."],
    attempts: [{ sql: "SELECT name, SUM(totl) FROM orders", error: "no such column: totl" }],
    timing: { elapsedMs: 1430, cachedShare: 0.94 },
    failure: null,
    run: { state: "none", rows: null, failure: null, canFix: false, canAllow: false },
    ...{ result: null, plan: null, isFavourite: false, isConfirmed: false },
    ...over,
  };
}

export const spentColumns: ResultColumn[] = [
  { name: "name", type: "TEXT", kind: "text" },
  { name: "spent", type: "REAL", kind: "number" },
  { name: "since", type: "DATE", kind: "date" },
  { name: "vip", type: "BOOLEAN", kind: "boolean" },
];
export const spentRows: readonly (readonly Cell[])[] = [
  ["Ada Lovelace", 912.5, "2021-03-01", true],
  ["Grace Hopper", 1204, "2019-11-20", true],
  ["Zoë", null, "2022-01-05", false],
  ['=HYPERLINK("x")', -3, null, null],
  ["Émile", { kind: "digits", digits: "12345678901234567890" }, "2020-06-30", false],
];

export function result(over: Partial<ResultView> = {}): ResultView {
  return { id: "r1", columns: spentColumns, rows: spentRows.length, cut: null, elapsedMs: 12, ...over };
}

export function ran(over: Partial<TurnView> = {}, of: Partial<ResultView> = {}): TurnView {
  return turn({
    run: { state: "done", rows: null, failure: null, canFix: false, canAllow: false },
    result: result(of),
    ...over,
  });
}

export const planOf: PlanLine[] = [
  { level: 1, text: "CO-ROUTINE spent", detail: "" },
  { level: 2, text: "SCAN o", detail: "cost 120" },
  { level: 2, text: "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)", detail: "" },
  { level: 1, text: "USE TEMP B-TREE FOR ORDER BY", detail: "" },
];

export function askView(turns: TurnView[], over: Partial<AskView["connection"]> = {}): AskView {
  return {
    connection: {
      ...{
        id: "shop",
        name: "Shop",
        engine: "sqlite",
        version: "3.51.0",
        isWritable: false,
        state: "ready",
        failure: null,
      },
      ...over,
    },
    turns,
    recent: ["how many orders were there?", "which products are cheap?"],
  };
}
