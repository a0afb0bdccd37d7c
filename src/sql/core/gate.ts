import type { DatabaseEngine, DatabaseSchema } from "./schema";

/** Where something stands in a statement: offsets in UTF-16 units, the end not included. */
export interface SqlSpan {
  readonly start: number;
  readonly end: number;
}

export interface UsedColumn {
  readonly schema?: string;
  readonly table: string;
  readonly column: string;
}

/** A name that stands for nothing in the live schema, in the scope where it was used. */
export interface UnknownName {
  readonly name: string;
  readonly kind: "table" | "column" | "function";
  readonly span?: SqlSpan;
  /** Names that are there and look like it, the likeliest first. */
  readonly nearest: readonly string[];
}

/** One statement that was understood. */
export interface UnderstoodStatement {
  /**
   * The statement printed anew from what was understood of it, in forms that the engine's lexer can read in one way
   * only. An engine is given this text and never the one that was checked; spans are of the one that was checked.
   */
  readonly sql: string;
  readonly effect: "read" | "write";
  /** Tables and columns of the schema it uses, once each. */
  readonly tables: readonly { readonly schema?: string; readonly table: string }[];
  readonly columns: readonly UsedColumn[];
  readonly unknown: readonly UnknownName[];
  /** Whether the order of its rows is asked for. */
  readonly ordered: boolean;
  /** What it does, in one sentence made from the parse tree. */
  readonly explanation: string;
}

export type GateVerdict =
  | { readonly allowed: true; readonly statement: UnderstoodStatement }
  | {
      readonly allowed: false;
      /** What refused it: it could not be parsed, is more than one statement, or does what is not allowed. */
      readonly reason: "unparsed" | "many" | "forbidden";
      /** For the person, a sentence. */
      readonly message: string;
    };

/** The one way SQL passes on its way to an engine, whoever wrote it. */
export interface StatementGate {
  /** @param allow read: statements that read alone; write: INSERT, UPDATE, DELETE, too. */
  check(sql: string, engine: DatabaseEngine, schema: DatabaseSchema | undefined, allow: "read" | "write"): GateVerdict;
  /**
   * The statement, written in SQLite's dialect, in another engine's; as it is where it cannot be understood.
   * @param schema the other engine's, whose names are then written in its catalogue's own case.
   */
  translate(sql: string, to: DatabaseEngine, schema?: DatabaseSchema): string;
}
