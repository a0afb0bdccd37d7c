import * as v from "valibot";
import type { Cell, PlanStep, QueryLimits, ResultColumn, ValueHit } from "./database";
import { databaseEngines, type DatabaseSchema, valueKinds } from "./schema";

/**
 * The contract between the extension host and a database's process, which holds one open database.
 * Raise the version with every change that an older side would misread.
 */
export const DATABASE_PROTOCOL_VERSION = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const filePath = v.pipe(v.string(), v.minLength(1), v.maxLength(32_768));
const name = v.pipe(v.string(), v.maxLength(1024));
const serverName = v.pipe(v.string(), v.minLength(1), v.maxLength(1024));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
/** A statement; no engine here takes one of 4 MB, and no person writes one. */
const statement = v.pipe(v.string(), v.maxLength(1_000_000));

// --- what is opened ---------------------------------------------------------------------------------------------

const tlsSchema = v.object({
  mode: v.picklist(["off", "prefer", "require", "verify"]),
  caFile: v.exactOptional(filePath),
  certificateFile: v.exactOptional(filePath),
  keyFile: v.exactOptional(filePath),
});

/** A database as its process reaches it: an SSH tunnel is the client's affair, and stands here as `reach`. */
const openTargetSchema = v.variant("engine", [
  v.object({ engine: v.literal("sqlite"), file: filePath }),
  v.object({ engine: v.literal("duckdb"), file: v.exactOptional(filePath), files: v.array(filePath) }),
  v.object({
    engine: v.picklist(["postgres", "mysql", "mariadb"]),
    host: serverName,
    port,
    database: name,
    user: name,
    tls: tlsSchema,
    /** Where the server is reached instead of `host` and `port`; certificates are still those of `host`. */
    reach: v.exactOptional(v.object({ host: serverName, port })),
  }),
]);
export type OpenTarget = v.InferOutput<typeof openTargetSchema>;
export type ServerTarget = Exclude<OpenTarget, { readonly engine: "sqlite" | "duckdb" }>;

// --- values -----------------------------------------------------------------------------------------------------

const resultColumnSchema: v.GenericSchema<ResultColumn> = v.object({
  name: v.string(),
  type: v.string(),
  kind: v.picklist(valueKinds),
});

/** Written by hand, because there are up to millions of them and a schema for each would take seconds. */
function isCell(value: unknown): value is Cell {
  if (value === null) return true;
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
      return true;
    case "object": {
      if (!("kind" in value)) return false;
      const cell = value as Readonly<Record<string, unknown>>;
      if (cell.kind === "digits") return typeof cell.digits === "string";
      if (cell.kind === "bytes") return typeof cell.bytes === "number" && typeof cell.hex === "string";
      return cell.kind === "cut" && typeof cell.text === "string" && typeof cell.characters === "number";
    }
    default:
      return false;
  }
}
const rowsSchema = v.custom<readonly (readonly Cell[])[]>(
  (rows) => Array.isArray(rows) && rows.every((row) => Array.isArray(row) && row.every(isCell)),
  "not rows of cells",
);

const limitsSchema: v.GenericSchema<QueryLimits> = v.object({
  maxRows: v.pipe(positive, v.maxValue(1_000_000)),
  maxBytes: v.pipe(positive, v.maxValue(512 * 1024 * 1024)),
  timeoutMs: v.pipe(positive, v.maxValue(24 * 60 * 60 * 1000)),
});

const planStepSchema: v.GenericSchema<PlanStep> = v.object({
  text: v.string(),
  detail: v.exactOptional(v.string()),
  steps: v.array(v.lazy(() => planStepSchema)),
});

const valueHitSchema: v.GenericSchema<ValueHit> = v.object({
  schema: v.exactOptional(v.string()),
  table: v.string(),
  column: v.string(),
  value: v.string(),
});

const columnSchema = v.object({
  name: v.string(),
  type: v.string(),
  kind: v.picklist(valueKinds),
  nullable: v.boolean(),
  keyPlace: v.exactOptional(positive),
  comment: v.exactOptional(v.string()),
  samples: v.exactOptional(v.array(v.string())),
});

export const databaseSchemaSchema: v.GenericSchema<DatabaseSchema> = v.object({
  engine: v.picklist(databaseEngines),
  version: v.string(),
  defaultSchema: v.exactOptional(v.string()),
  tables: v.array(
    v.object({
      schema: v.exactOptional(v.string()),
      name: v.string(),
      kind: v.picklist(["table", "view"]),
      columns: v.array(columnSchema),
      foreignKeys: v.array(
        v.object({
          columns: v.array(v.string()),
          toSchema: v.exactOptional(v.string()),
          toTable: v.string(),
          toColumns: v.array(v.string()),
        }),
      ),
      indexes: v.array(v.object({ name: v.string(), columns: v.array(v.string()), unique: v.boolean() })),
      rows: v.exactOptional(v.object({ count, exact: v.boolean() })),
      comment: v.exactOptional(v.string()),
    }),
  ),
});

const rowCount = v.object({ rows: count });

// --- what the process answers -------------------------------------------------------------------------------------

export const databaseContract = {
  requests: {
    /** First on every connection. Rejects with `protocol-version` when the versions differ. */
    hello: {
      params: v.object({ protocolVersion: positive }),
      result: v.object({ pid: positive }),
    },
    /** Once. The password is told here and nowhere else: it is in no argument and no environment. */
    open: {
      params: v.object({
        target: openTargetSchema,
        password: v.exactOptional(v.pipe(v.string(), v.maxLength(10_000))),
        /** Whether `preview` and `execute` are answered at all. */
        writable: v.boolean(),
      }),
      /** The engine that really answers: a server asked as MySQL may be MariaDB. */
      result: v.object({ engine: v.picklist(databaseEngines), version: v.string() }),
    },
    schema: { params: v.object({ samples: v.boolean() }), result: databaseSchemaSchema },
    prepare: { params: v.object({ sql: statement }), result: v.object({ columns: v.array(resultColumnSchema) }) },
    query: {
      params: v.object({ sql: statement, limits: limitsSchema }),
      /** Rows in their order, as they come. */
      progress: v.object({ rows: rowsSchema }),
      result: v.object({
        columns: v.array(resultColumnSchema),
        cut: v.exactOptional(v.picklist(["rows", "bytes"])),
        elapsedMs: v.number(),
      }),
    },
    explain: { params: v.object({ sql: statement }), result: v.object({ steps: v.array(planStepSchema) }) },
    findValues: {
      params: v.object({
        question: v.pipe(v.string(), v.maxLength(100_000)),
        limit: v.pipe(positive, v.maxValue(1000)),
      }),
      result: v.object({ hits: v.array(valueHitSchema) }),
    },
    preview: { params: v.object({ sql: statement }), result: rowCount },
    execute: { params: v.object({ sql: statement, expectedRows: count }), result: rowCount },
  },
  notifications: {
    /** Close the database and exit. */
    shutdown: v.object({}),
  },
} as const;
export type DatabaseContract = typeof databaseContract;

// --- what the process tells ---------------------------------------------------------------------------------------

export const databaseEventsContract = {
  requests: {},
  notifications: {
    log: v.object({ level: v.picklist(["debug", "info", "warn", "error"]), message: v.string() }),
  },
} as const;
export type DatabaseEventsContract = typeof databaseEventsContract;
