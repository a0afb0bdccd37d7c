import * as v from "valibot";
import type { Contract } from "../../platform/core/rpc";
import type { Cell } from "./database";
import { resultFormats } from "./grid/resultWriter";
import { databaseEngines, valueKinds } from "./schema";

/**
 * What the panel's page may ask of the host, and what the host tells it. The host owns the data: a page that is destroyed
 * and made again has lost nothing but where its keyboard was. Rows go to the page in pieces that it asks for.
 */
const idSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
export const questionSchema = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4000));
export const sqlSchema = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const place = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000_000));

const failureSchema = v.object({ message: v.string(), remedy: v.nullable(v.string()) });
export type FailureView = v.InferOutput<typeof failureSchema>;

const placeSchema = v.object({
  schema: v.nullable(v.string()),
  table: v.string(),
  column: v.nullable(v.string()),
});
export type PlaceView = v.InferOutput<typeof placeSchema>;

const columnSchema = v.object({ name: v.string(), type: v.string(), kind: v.picklist(valueKinds) });

/** Each piece has thousands of cells: a schema for each would hold the page up for seconds in all. */
function isCell(cell: unknown): cell is Cell {
  if (cell === null || typeof cell === "string" || typeof cell === "boolean" || typeof cell === "number") return true;
  if (typeof cell !== "object" || !("kind" in cell)) return false;
  const { kind, digits, bytes, hex, text, characters } = cell as Record<string, unknown>;
  switch (kind) {
    case "digits":
      return typeof digits === "string";
    case "bytes":
      return typeof bytes === "number" && typeof hex === "string";
    case "cut":
      return typeof text === "string" && typeof characters === "number";
    default:
      return false;
  }
}
const rowsSchema = v.custom<readonly (readonly Cell[])[]>(
  (rows) => Array.isArray(rows) && rows.every((row: unknown) => Array.isArray(row) && row.every(isCell)),
  "rows of cells",
);
/** Rows by their places in the result, in the order of the page. */
const orderSchema = v.custom<readonly number[]>(
  (order) =>
    Array.isArray(order) &&
    order.length <= 10_000_000 &&
    order.every((row: unknown) => typeof row === "number" && Number.isInteger(row) && row >= 0),
  "rows by their places",
);

const resultSchema = v.object({
  id: idSchema,
  columns: v.array(columnSchema),
  rows: count,
  cut: v.nullable(v.picklist(["rows", "bytes"])),
  elapsedMs: v.number(),
});
export type ResultView = v.InferOutput<typeof resultSchema>;

/** One line of a plan's tree, in the order in which it is read. */
const planLineSchema = v.object({
  /** From 1. */
  level: v.pipe(v.number(), v.integer(), v.minValue(1)),
  text: v.string(),
  detail: v.string(),
});
export type PlanLine = v.InferOutput<typeof planLineSchema>;

export const askSteps = ["schema", "values", "generate", "check", "repair", "vote"] as const;
export const runStates = [
  "none",
  "running",
  /** The rows that a statement would change are being counted; then the person is asked; then it is run. */
  "counting",
  "confirm",
  "writing",
  "done",
  "wrote",
  "failed",
  "cancelled",
] as const;

const turnSchema = v.object({
  id: idSchema,
  /** Empty: a statement that was written by hand. */
  question: v.string(),
  /** ms since 1970. */
  at: v.number(),
  state: v.picklist(["asking", "answered", "failed", "cancelled"]),
  step: v.nullable(v.picklist(askSteps)),
  /** The answer, or the best try where none was found; null: nothing yet. */
  sql: v.nullable(v.string()),
  explanation: v.string(),
  effect: v.picklist(["read", "write"]),
  confidence: v.nullable(v.picklist(["confirmed", "majority", "unconfirmed"])),
  /** The person wrote or changed the statement. */
  isCorrected: v.boolean(),
  tables: v.array(placeSchema),
  columns: v.array(placeSchema),
  assumptions: v.array(v.string()),
  attempts: v.array(v.object({ sql: v.string(), error: v.string() })),
  timing: v.nullable(v.object({ elapsedMs: v.number(), cachedShare: v.number() })),
  /** Why there is no answer. */
  failure: v.nullable(failureSchema),
  run: v.object({
    state: v.picklist(runStates),
    /** Counted or changed by a statement that writes. */
    rows: v.nullable(count),
    failure: v.nullable(failureSchema),
    /** The engine found fault with the statement, and the model can be asked to put it right. */
    canFix: v.boolean(),
    /** It was refused for nothing but that the connection is read-only. */
    canAllow: v.boolean(),
  }),
  result: v.nullable(resultSchema),
  plan: v.nullable(
    v.object({ isRunning: v.boolean(), lines: v.array(planLineSchema), failure: v.nullable(failureSchema) }),
  ),
  isFavourite: v.boolean(),
  /** The person said that it is right; it is an example for the next questions. */
  isConfirmed: v.boolean(),
});
export type TurnView = v.InferOutput<typeof turnSchema>;

const connectionSchema = v.object({
  id: idSchema,
  name: v.string(),
  engine: v.picklist(databaseEngines),
  /** The engine's own; empty: not connected yet. */
  version: v.string(),
  isWritable: v.boolean(),
  /** closed: nobody asked for it yet; gone: the person removed it. */
  state: v.picklist(["closed", "connecting", "ready", "failed", "gone"]),
  failure: v.nullable(failureSchema),
});
export type ConnectionView = v.InferOutput<typeof connectionSchema>;

export const askViewSchema = v.object({
  connection: connectionSchema,
  /** In the order in which they were asked. */
  turns: v.array(turnSchema),
  /** Questions for the arrow keys, the latest first. */
  recent: v.array(v.string()),
});
export type AskView = v.InferOutput<typeof askViewSchema>;

const historyEntrySchema = v.object({
  id: idSchema,
  at: v.number(),
  question: v.string(),
  sql: v.string(),
  isFavourite: v.boolean(),
  isConfirmed: v.boolean(),
});
export type HistoryEntry = v.InferOutput<typeof historyEntrySchema>;

export const historyLists = ["all", "favourites", "confirmed"] as const;
export type HistoryList = (typeof historyLists)[number];

const copySchema = v.object({
  result: idSchema,
  format: v.picklist(resultFormats),
  guardsFormulas: v.boolean(),
  hasHeading: v.boolean(),
  /** null: all rows, as they came. */
  order: v.nullable(orderSchema),
  /** By their places, at least one. */
  columns: v.pipe(v.array(place), v.minLength(1), v.maxLength(20_000)),
});
export type CopyRequest = v.InferOutput<typeof copySchema>;

/** What was written, so that the page can say what was changed on the way. */
const writtenSchema = v.object({
  /** false: the person chose no file. */
  done: v.boolean(),
  rows: count,
  /** Texts that got an apostrophe. */
  guarded: count,
  /** Cells of which only the beginning was there. */
  cut: count,
});
export type Written = v.InferOutput<typeof writtenSchema>;

const nothing = v.object({});
const ofTurn = v.object({ turn: idSchema });

/** The host answers these. */
export const askHostContract = {
  requests: {
    ready: { params: nothing, result: askViewSchema },
    reconnect: { params: nothing, result: nothing },
    ask: { params: v.object({ question: questionSchema }), result: nothing },
    cancel: { params: ofTurn, result: nothing },
    run: { params: ofTurn, result: nothing },
    allowWrite: { params: v.object({ turn: idSchema, rows: count }), result: nothing },
    /** Asks the person whether the connection may be written to, and runs the statement where they say so. */
    allowWriting: { params: ofTurn, result: nothing },
    declineWrite: { params: ofTurn, result: nothing },
    correct: { params: v.object({ turn: idSchema, sql: sqlSchema }), result: nothing },
    plan: { params: ofTurn, result: nothing },
    fix: { params: ofTurn, result: nothing },
    edit: { params: ofTurn, result: nothing },
    copySql: { params: ofTurn, result: nothing },
    reveal: { params: placeSchema, result: nothing },
    confirm: { params: v.object({ turn: idSchema, isRight: v.boolean() }), result: nothing },
    favourite: { params: v.object({ turn: idSchema, isFavourite: v.boolean() }), result: nothing },
    remove: { params: ofTurn, result: nothing },
    clear: { params: nothing, result: nothing },
    /** As many rows from this one on as fit into a message; `total` is known from the view. */
    rows: { params: v.object({ result: idSchema, from: place }), result: v.object({ rows: rowsSchema }) },
    copy: { params: copySchema, result: writtenSchema },
    copyText: { params: v.object({ text: v.pipe(v.string(), v.maxLength(100_000_000)) }), result: nothing },
    export: { params: copySchema, result: writtenSchema },
    history: {
      params: v.object({ search: v.pipe(v.string(), v.maxLength(1000)), list: v.picklist(historyLists) }),
      result: v.object({ entries: v.array(historyEntrySchema), more: count }),
    },
    /** Brings what was asked before back among the turns. */
    recall: { params: v.object({ entry: idSchema }), result: nothing },
    forgetEntry: { params: v.object({ entry: idSchema }), result: nothing },
  },
  notifications: { problem: v.object({ message: v.pipe(v.string(), v.maxLength(2000)) }) },
} as const satisfies Contract;
export type AskHostContract = typeof askHostContract;

/** The page answers these. */
export const askPageContract = {
  requests: {},
  notifications: {
    view: askViewSchema,
    /** For a screen reader, politely. */
    announce: v.object({ text: v.string() }),
    /** Puts the keyboard into the question box. */
    focus: v.object({}),
  },
} as const satisfies Contract;
export type AskPageContract = typeof askPageContract;

/** What the page leaves with the editor, for when it is made again. */
export const pageStateSchema = v.object({
  connection: idSchema,
  draft: v.fallback(v.string(), ""),
});
