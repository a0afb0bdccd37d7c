import { asNode, fields, isTrue, list, optional, saysNothing, text, variant, words } from "./node";
import { checkTable, checkTableFunction } from "./relations";
import { type Reading, readName, readObjectName } from "./reading";
import { forbidden } from "./refused";
import type {
  Alias,
  Body,
  CommonTable,
  Join,
  Joined,
  JoinKind,
  Name,
  Query,
  Relation,
  Select,
  SelectItem,
  WindowSpec,
} from "./tree";

/** Reads a query. Throws Refused on whatever does more than read: INTO, locks, and statements that write inside of it. */
export function readQuery(reading: Reading, value: unknown): Query {
  return reading.depth.within(() => {
    const node = asNode(value);
    if (!saysNothing(node.locks)) throw forbidden("The statement locks the rows it reads.");
    fields(node, "A query", ["with", "body", "order_by", "limit_clause", "fetch"]);
    const withNode = optional(node.with, (tables) => fields(tables, "WITH", ["recursive", "cte_tables"]));
    return {
      recursive: isTrue(withNode?.recursive),
      with: list(withNode?.cte_tables).map((table) => readCommonTable(reading, table)),
      body: readBody(reading, node.body),
      order: optional(node.order_by, (order) => readOrderBy(reading, order)) ?? [],
      ...readLimit(reading, node.limit_clause, node.fetch),
    };
  });
}

function readCommonTable(reading: Reading, value: unknown): CommonTable {
  const node = fields(value, "WITH", ["alias", "query", "materialized"]);
  const { name, columns } = readAlias(reading, node.alias);
  const materialized = optional(node.materialized, text);
  return {
    name,
    columns,
    query: reading.query(node.query),
    ...(materialized === undefined ? {} : { materialized: materialized === "Materialized" }),
  };
}

function readOrderBy(reading: Reading, value: unknown): Query["order"] {
  const { name, payload } = variant(fields(value, "ORDER BY", ["kind"]).kind);
  if (name !== "Expressions") throw forbidden("Paddock does not run statements with ORDER BY ALL.");
  return reading.order(payload);
}

function readLimit(reading: Reading, limitNode: unknown, fetchNode: unknown): Pick<Query, "limit" | "offset"> {
  const fetch = optional(fetchNode, (node) => fields(node, "FETCH", ["quantity"]));
  const fetched = fetch === undefined ? undefined : optional(fetch.quantity, reading.expression);
  if (fetch !== undefined && fetched === undefined) throw forbidden("FETCH needs a number of rows.");
  if (limitNode === undefined || limitNode === null) return fetched === undefined ? {} : { limit: fetched };
  const { name, payload } = variant(limitNode);
  const node = fields(payload, "LIMIT", ["limit", "offset"]);
  const limit = optional(node.limit, reading.expression) ?? fetched;
  const offset = optional(node.offset, (value) =>
    reading.expression(name === "LimitOffset" ? fields(value, "OFFSET", ["value", "rows"]).value : value),
  );
  return { ...(limit === undefined ? {} : { limit }), ...(offset === undefined ? {} : { offset }) };
}

function readBody(reading: Reading, value: unknown): Body {
  return reading.depth.within(() => {
    const { name, payload } = variant(value);
    switch (name) {
      case "Select":
        return readSelect(reading, payload);
      case "Query":
        return { kind: "query", query: reading.query(payload) };
      case "Values": {
        const node = fields(payload, "VALUES", ["explicit_row", "rows"]);
        const rows = list(node.rows).map((row) => list(fields(row, "VALUES", ["content"]).content));
        return {
          kind: "values",
          explicitRow: isTrue(node.explicit_row),
          rows: rows.map((row) => row.map(reading.expression)),
        };
      }
      case "SetOperation":
        return readSetOperation(reading, payload);
      case "Insert":
      case "Update":
      case "Delete":
      case "Merge":
        throw forbidden(`The statement changes data: it has ${name.toUpperCase()} in it.`);
      default:
        throw forbidden(`Paddock does not run statements with ${words(name)} in them.`);
    }
  });
}

const setOperators = new Map<unknown, "UNION" | "EXCEPT" | "INTERSECT">([
  ["Union", "UNION"],
  ["Except", "EXCEPT"],
  ["Intersect", "INTERSECT"],
]);

function readSetOperation(reading: Reading, payload: unknown): Body {
  const node = fields(payload, "A set operation", ["left", "op", "set_quantifier", "right"]);
  const operator = setOperators.get(node.op);
  const quantifier = node.set_quantifier;
  if (operator === undefined || (quantifier !== "All" && quantifier !== "None" && quantifier !== "Distinct"))
    throw forbidden("Paddock does not know that form of a set operation.");
  const left = readBody(reading, node.left);
  return { kind: "set", operator, all: quantifier === "All", left, right: readBody(reading, node.right) };
}

function readSelect(reading: Reading, value: unknown): Select {
  const node = asNode(value);
  if (!saysNothing(node.into)) throw forbidden("The statement writes what it reads somewhere else: it has INTO in it.");
  fields(node, "SELECT", [
    "distinct",
    "projection",
    "from",
    "selection",
    "group_by",
    "having",
    "named_window",
    "qualify",
    "flavor",
  ]);
  const fromFirst = node.flavor === "FromFirstNoSelect";
  if (!fromFirst && node.flavor !== "Standard" && node.flavor !== "FromFirst")
    throw forbidden("Paddock does not know that form of SELECT.");
  const where = optional(node.selection, reading.expression);
  const having = optional(node.having, reading.expression);
  const qualify = optional(node.qualify, reading.expression);
  return {
    kind: "select",
    ...readDistinct(reading, node.distinct),
    items: fromFirst ? [{ kind: "star", except: [] }] : list(node.projection).map((item) => readItem(reading, item)),
    from: list(node.from).map((tables) => readJoined(reading, tables)),
    ...readGroupBy(reading, node.group_by),
    windows: list(node.named_window).map((window) => readNamedWindow(reading, window)),
    ...(where === undefined ? {} : { where }),
    ...(having === undefined ? {} : { having }),
    ...(qualify === undefined ? {} : { qualify }),
  };
}

function readDistinct(reading: Reading, value: unknown): Pick<Select, "distinct" | "distinctOn"> {
  if (value === undefined || value === null) return { distinct: false, distinctOn: [] };
  const { name, payload } = variant(value);
  if (name === "On") return { distinct: false, distinctOn: list(payload).map(reading.expression) };
  return { distinct: name === "Distinct", distinctOn: [] };
}

function readGroupBy(reading: Reading, value: unknown): Pick<Select, "groupBy" | "withRollup"> {
  const { name, payload } = variant(value);
  const parts = list(payload);
  const modifiers = list(name === "All" ? payload : parts[1]);
  const withRollup = modifiers.length === 1 && modifiers[0] === "Rollup";
  if (modifiers.length > 0 && !withRollup) throw forbidden("Paddock does not know that form of GROUP BY.");
  return { withRollup, groupBy: name === "All" ? "all" : list(parts[0]).map(reading.expression) };
}

function readNamedWindow(reading: Reading, value: unknown): { readonly name: Name; readonly spec: WindowSpec } {
  const [name, definition] = list(value);
  const { name: form, payload } = variant(definition);
  if (form !== "WindowSpec") throw forbidden("Paddock does not know that form of a window.");
  return { name: readName(reading, name), spec: reading.window(payload) };
}

export function readItem(reading: Reading, value: unknown): SelectItem {
  const { name, payload } = variant(value);
  switch (name) {
    case "UnnamedExpr":
      return { kind: "value", value: reading.expression(payload) };
    case "ExprWithAlias": {
      const node = fields(payload, "A column", ["expr", "alias"]);
      return { kind: "value", value: reading.expression(node.expr), alias: readName(reading, node.alias) };
    }
    case "Wildcard":
      return { kind: "star", except: readExcept(reading, payload) };
    case "QualifiedWildcard": {
      const [kind, options] = list(payload);
      const { name: form, payload: of } = variant(kind);
      if (form !== "ObjectName") throw forbidden("Paddock does not know that form of `*`.");
      return { kind: "star", of: readObjectName(reading, of), except: readExcept(reading, options) };
    }
    default:
      throw forbidden(`Paddock does not run statements with ${words(name)} in them.`);
  }
}

function readExcept(reading: Reading, value: unknown): readonly Name[] {
  const exclude = optional(fields(value, "`*`", ["opt_exclude"]).opt_exclude, variant);
  if (exclude === undefined) return [];
  const names = exclude.name === "Multiple" ? list(exclude.payload) : [exclude.payload];
  return names.map((nameNode) => {
    const [name, ...more] = readObjectName(reading, nameNode);
    if (name === undefined || more.length > 0) throw forbidden("Paddock does not know that form of `*`.");
    return name;
  });
}

export function readJoined(reading: Reading, value: unknown): Joined {
  const node = fields(value, "FROM", ["relation", "joins"]);
  return {
    first: readRelation(reading, node.relation),
    joins: list(node.joins).map((join) => readJoin(reading, join)),
  };
}

const joinKinds: ReadonlyMap<string, JoinKind> = new Map<string, JoinKind>([
  ["Join", "INNER"],
  ["Inner", "INNER"],
  ["Left", "LEFT"],
  ["LeftOuter", "LEFT"],
  ["Right", "RIGHT"],
  ["RightOuter", "RIGHT"],
  ["FullOuter", "FULL"],
  ["CrossJoin", "CROSS"],
  ["Semi", "SEMI"],
  ["LeftSemi", "SEMI"],
  ["Anti", "ANTI"],
  ["LeftAnti", "ANTI"],
  ["StraightJoin", "STRAIGHT"],
]);

function readJoin(reading: Reading, value: unknown): Join {
  const node = fields(value, "JOIN", ["relation", "join_operator"]);
  const { name, payload } = variant(node.join_operator);
  const kind = joinKinds.get(name);
  if (kind === undefined) throw forbidden(`Paddock does not run statements with ${words(name)} in them.`);
  const { name: form, payload: constraint } = variant(payload);
  const relation = readRelation(reading, node.relation);
  switch (form) {
    case "On":
      return { kind, natural: false, relation, on: reading.expression(constraint) };
    case "Using":
      return { kind, natural: false, relation, using: list(constraint).map((column) => oneName(reading, column)) };
    case "Natural":
      return { kind, natural: true, relation };
    case "None":
      return { kind, natural: false, relation };
    default:
      throw forbidden("Paddock does not know that form of JOIN.");
  }
}

function oneName(reading: Reading, value: unknown): Name {
  const [name, ...more] = readObjectName(reading, value);
  if (name === undefined || more.length > 0) throw forbidden("USING takes names of columns alone.");
  return name;
}

/** Reads what stands in FROM. Throws Refused on tables of the system's and functions that are not known to be harmless. */
export function readRelation(reading: Reading, value: unknown): Relation {
  return reading.depth.within(() => {
    const { name: form, payload } = variant(value);
    switch (form) {
      case "Table": {
        const node = fields(payload, "A table", ["name", "alias", "args", "with_ordinality"]);
        const name = readObjectName(reading, node.name);
        const alias = readOptionalAlias(reading, node.alias);
        const args = optional(node.args, (inner) => fields(inner, "A call", ["args"]).args);
        if (args === undefined && node.args === undefined) {
          checkTable(reading.engine, name);
          return { kind: "table", name, ...alias };
        }
        return tableFunction(reading, name, list(args), false, isTrue(node.with_ordinality), alias);
      }
      case "Function": {
        const node = fields(payload, "A call", ["lateral", "name", "args", "with_ordinality", "alias"]);
        const name = readObjectName(reading, node.name);
        const alias = readOptionalAlias(reading, node.alias);
        const ordinality = isTrue(node.with_ordinality);
        return tableFunction(reading, name, list(node.args), isTrue(node.lateral), ordinality, alias);
      }
      case "UNNEST": {
        const node = fields(payload, "UNNEST", ["alias", "array_exprs", "with_ordinality"]);
        const args = list(node.array_exprs).map((inner) => ({ Unnamed: { Expr: inner } }));
        const name: readonly Name[] = [{ text: "unnest", quoted: false }];
        const ordinality = isTrue(node.with_ordinality);
        return tableFunction(reading, name, args, false, ordinality, readOptionalAlias(reading, node.alias));
      }
      case "Derived": {
        const node = fields(payload, "A subquery", ["lateral", "subquery", "alias"]);
        const query = reading.query(node.subquery);
        return {
          kind: "derived",
          lateral: isTrue(node.lateral),
          query,
          ...readOptionalAlias(reading, node.alias),
        };
      }
      case "NestedJoin": {
        const node = fields(payload, "A join", ["table_with_joins", "alias"]);
        const tables = readJoined(reading, node.table_with_joins);
        return { kind: "joined", tables, ...readOptionalAlias(reading, node.alias) };
      }
      default:
        throw forbidden(`Paddock does not run statements with ${words(form)} in them.`);
    }
  });
}

function tableFunction(
  reading: Reading,
  name: readonly Name[],
  args: readonly unknown[],
  lateral: boolean,
  ordinality: boolean,
  alias: { readonly alias?: Alias },
): Relation {
  checkTableFunction(reading.engine, name);
  return { kind: "function", lateral, name, args: reading.arguments(args), ordinality, ...alias };
}

function readOptionalAlias(reading: Reading, value: unknown): { readonly alias?: Alias } {
  const alias = optional(value, (node) => readAlias(reading, node));
  return alias === undefined ? {} : { alias };
}

function readAlias(reading: Reading, value: unknown): Alias {
  const node = fields(value, "A name", ["name", "columns"]);
  return {
    name: readName(reading, node.name),
    columns: list(node.columns).map((column) => readName(reading, fields(column, "A column", ["name"]).name)),
  };
}
