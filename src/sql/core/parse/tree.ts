import type { SqlSpan } from "../gate";

/**
 * A statement as the gate understands it. The parser's own tree is read into this one (readStatement.ts), what is not in
 * here is refused, and what is sent to an engine is printed from here (print.ts): so an engine gets what was understood,
 * and nothing that a lexer may see otherwise.
 */

export interface Name {
  readonly text: string;
  /** Written between quotes: its case counts where the engine folds others. */
  readonly quoted: boolean;
  readonly span?: SqlSpan;
}

export type Literal =
  | { readonly type: "number"; readonly digits: string }
  | { readonly type: "string"; readonly text: string }
  | { readonly type: "bytes"; readonly hex: string }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "null" };

export interface OrderItem {
  readonly by: Expression;
  readonly descending?: boolean;
  readonly nullsFirst?: boolean;
}

export type FrameBound =
  { readonly edge: "current" } | { readonly edge: "preceding" | "following"; readonly by?: Expression };

export interface WindowSpec {
  readonly base?: Name;
  readonly partition: readonly Expression[];
  readonly order: readonly OrderItem[];
  readonly frame?: {
    readonly units: "ROWS" | "RANGE" | "GROUPS";
    readonly start: FrameBound;
    readonly end?: FrameBound;
  };
}

/** `*` of a call such as count(*), or an argument, named or not. */
export type Argument =
  | { readonly kind: "star"; readonly of?: readonly Name[] }
  | { readonly kind: "value"; readonly value: Expression; readonly name?: Name };

export interface Call {
  readonly kind: "call";
  readonly name: readonly Name[];
  /** Absent: a function written without parentheses, such as CURRENT_DATE. */
  readonly args?: readonly Argument[];
  readonly distinct: boolean;
  readonly order: readonly OrderItem[];
  /** Of MySQL's GROUP_CONCAT. */
  readonly separator?: string;
  readonly filter?: Expression;
  readonly withinGroup: readonly OrderItem[];
  readonly nulls?: "IGNORE NULLS" | "RESPECT NULLS";
  readonly over?: Name | WindowSpec;
}

export interface CaseBranch {
  readonly when: Expression;
  readonly then: Expression;
}

export type Expression =
  | { readonly kind: "column"; readonly parts: readonly Name[] }
  | { readonly kind: "literal"; readonly value: Literal }
  /** A literal with its type before it, such as DATE '2026-01-01'. */
  | { readonly kind: "typed"; readonly type: string; readonly text: string }
  | { readonly kind: "interval"; readonly value: Expression; readonly unit?: string }
  | { readonly kind: "unary"; readonly operator: string; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  /** LIKE and its kin; `operator` without NOT. */
  | {
      readonly kind: "like";
      readonly operator: string;
      readonly negated: boolean;
      readonly left: Expression;
      readonly right: Expression;
      readonly escape?: string;
    }
  | {
      readonly kind: "is";
      readonly what: "NULL" | "TRUE" | "FALSE" | "UNKNOWN";
      readonly negated: boolean;
      readonly operand: Expression;
    }
  | {
      readonly kind: "between";
      readonly negated: boolean;
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
    }
  | {
      readonly kind: "in";
      readonly negated: boolean;
      readonly operand: Expression;
      readonly list: readonly Expression[];
    }
  | { readonly kind: "inQuery"; readonly negated: boolean; readonly operand: Expression; readonly query: Query }
  | { readonly kind: "exists"; readonly negated: boolean; readonly query: Query }
  | { readonly kind: "subquery"; readonly query: Query }
  /** Comparison with ANY or ALL of an array or a subquery. */
  | {
      readonly kind: "quantified";
      readonly operator: string;
      readonly quantifier: "ANY" | "ALL";
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "parens"; readonly inner: Expression }
  | { readonly kind: "tuple"; readonly items: readonly Expression[] }
  | {
      readonly kind: "case";
      readonly operand?: Expression;
      readonly branches: readonly CaseBranch[];
      readonly otherwise?: Expression;
    }
  | { readonly kind: "cast"; readonly operand: Expression; readonly type: string; readonly tried: boolean }
  | { readonly kind: "collate"; readonly operand: Expression; readonly collation: Name }
  | { readonly kind: "extract"; readonly field: string; readonly operand: Expression }
  | {
      readonly kind: "trim";
      readonly where?: "BOTH" | "LEADING" | "TRAILING";
      readonly what?: Expression;
      readonly operand: Expression;
    }
  | { readonly kind: "position"; readonly what: Expression; readonly operand: Expression }
  | { readonly kind: "zone"; readonly operand: Expression; readonly zone: Expression }
  | { readonly kind: "array"; readonly named: boolean; readonly items: readonly Expression[] }
  | { readonly kind: "struct"; readonly fields: readonly { readonly name: string; readonly value: Expression }[] }
  | { readonly kind: "lambda"; readonly parameters: readonly Name[]; readonly body: Expression }
  | { readonly kind: "subscript"; readonly operand: Expression; readonly steps: readonly SubscriptStep[] }
  | {
      readonly kind: "grouping";
      readonly how: "ROLLUP" | "CUBE" | "GROUPING SETS";
      readonly sets: readonly (readonly Expression[])[];
    }
  | Call;

export type SubscriptStep =
  | { readonly kind: "index"; readonly index: Expression }
  | { readonly kind: "slice"; readonly from?: Expression; readonly to?: Expression }
  | { readonly kind: "field"; readonly name: Name };

export type SelectItem =
  | { readonly kind: "star"; readonly of?: readonly Name[]; readonly except: readonly Name[] }
  | { readonly kind: "value"; readonly value: Expression; readonly alias?: Name };

export interface Alias {
  readonly name: Name;
  readonly columns: readonly Name[];
}

export type Relation =
  | { readonly kind: "table"; readonly name: readonly Name[]; readonly alias?: Alias }
  | { readonly kind: "derived"; readonly lateral: boolean; readonly query: Query; readonly alias?: Alias }
  | {
      readonly kind: "function";
      readonly lateral: boolean;
      readonly name: readonly Name[];
      readonly args: readonly Argument[];
      readonly ordinality: boolean;
      readonly alias?: Alias;
    }
  | { readonly kind: "joined"; readonly tables: Joined; readonly alias?: Alias };

export type JoinKind = "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS" | "SEMI" | "ANTI" | "STRAIGHT";

export interface Join {
  readonly kind: JoinKind;
  readonly natural: boolean;
  readonly on?: Expression;
  readonly using?: readonly Name[];
  readonly relation: Relation;
}

export interface Joined {
  readonly first: Relation;
  readonly joins: readonly Join[];
}

export interface Select {
  readonly kind: "select";
  readonly distinct: boolean;
  readonly distinctOn: readonly Expression[];
  readonly items: readonly SelectItem[];
  readonly from: readonly Joined[];
  readonly where?: Expression;
  /** "all": DuckDB's GROUP BY ALL. */
  readonly groupBy: readonly Expression[] | "all";
  /** Of MySQL. */
  readonly withRollup: boolean;
  readonly having?: Expression;
  readonly windows: readonly { readonly name: Name; readonly spec: WindowSpec }[];
  readonly qualify?: Expression;
}

export type Body =
  | Select
  | { readonly kind: "values"; readonly rows: readonly (readonly Expression[])[]; readonly explicitRow: boolean }
  | {
      readonly kind: "set";
      readonly operator: "UNION" | "EXCEPT" | "INTERSECT";
      readonly all: boolean;
      readonly left: Body;
      readonly right: Body;
    }
  | { readonly kind: "query"; readonly query: Query };

export interface CommonTable {
  readonly name: Name;
  readonly columns: readonly Name[];
  readonly materialized?: boolean;
  readonly query: Query;
}

export interface Query {
  readonly recursive: boolean;
  readonly with: readonly CommonTable[];
  readonly body: Body;
  readonly order: readonly OrderItem[];
  readonly limit?: Expression;
  readonly offset?: Expression;
}

export interface Assignment {
  readonly column: readonly Name[];
  readonly value: Expression;
}

export type Write =
  | {
      readonly kind: "insert";
      readonly table: readonly Name[];
      readonly columns: readonly Name[];
      readonly source: Query;
    }
  | {
      readonly kind: "update";
      readonly table: readonly Name[];
      readonly alias?: Name;
      readonly assignments: readonly Assignment[];
      readonly where?: Expression;
    }
  | { readonly kind: "delete"; readonly table: readonly Name[]; readonly alias?: Name; readonly where?: Expression };

export type Statement =
  | { readonly kind: "query"; readonly query: Query }
  | { readonly kind: "explain"; readonly how: "" | "QUERY PLAN" | "ANALYZE" | "VERBOSE"; readonly query: Query }
  | Write;
