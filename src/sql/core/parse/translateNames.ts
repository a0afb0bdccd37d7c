import type { DatabaseSchema } from "../schema";
import type { Body, Joined, Name, Query, Relation, Statement } from "./tree";
import { rewriteStatement } from "./rewrite";

/**
 * A statement with the names of tables and columns in the catalogue's own case, quoted where PostgreSQL would fold
 * them. Names that the statement makes itself stay as they are.
 */
export function withCatalogueNames(statement: Statement, schema: DatabaseSchema): Statement {
  const known = catalogueNames(schema);
  for (const made of madeNames(statement)) known.delete(made);
  const exact = (name: Name): Name => {
    const found = known.get(name.text.toLowerCase());
    if (found === undefined) return name;
    const quoted = schema.engine === "postgres" ? !/^[a-z_][a-z0-9_]*$/.test(found) || name.quoted : name.quoted;
    return { ...name, text: found, quoted };
  };
  const exactAll = (names: readonly Name[]): readonly Name[] => names.map(exact);
  const joined = (tables: Joined): Joined => ({
    first: relation(tables.first),
    joins: tables.joins.map((join) => ({
      ...join,
      relation: relation(join.relation),
      ...(join.using === undefined ? {} : { using: exactAll(join.using) }),
    })),
  });
  const relation = (one: Relation): Relation => {
    if (one.kind === "table") return { ...one, name: exactAll(one.name) };
    return one.kind === "joined" ? { ...one, tables: joined(one.tables) } : one;
  };
  const rewritten = rewriteStatement(statement, {
    expression: (expression) =>
      expression.kind === "column" ? { ...expression, parts: exactAll(expression.parts) } : expression,
    select: (select) => ({
      ...select,
      from: select.from.map(joined),
      items: select.items.map((item) =>
        item.kind === "star" && item.of !== undefined ? { ...item, of: exactAll(item.of) } : item,
      ),
    }),
    query: (query) => query,
  });
  switch (rewritten.kind) {
    case "insert":
      return { ...rewritten, table: exactAll(rewritten.table), columns: exactAll(rewritten.columns) };
    case "update":
      return {
        ...rewritten,
        table: exactAll(rewritten.table),
        assignments: rewritten.assignments.map((one) => ({ ...one, column: exactAll(one.column) })),
      };
    case "delete":
      return { ...rewritten, table: exactAll(rewritten.table) };
    default:
      return rewritten;
  }
}

/** By the name in lower case; where two differ in case alone, which one is meant cannot be known. */
function catalogueNames(schema: DatabaseSchema): Map<string, string> {
  const known = new Map<string, string>();
  const twice = new Set<string>();
  for (const name of schema.tables.flatMap((table) => [table.name, ...table.columns.map((column) => column.name)])) {
    const other = known.get(name.toLowerCase());
    if (other !== undefined && other !== name) twice.add(name.toLowerCase());
    known.set(name.toLowerCase(), name);
  }
  for (const name of twice) known.delete(name);
  return known;
}

/** Aliases and names of common tables, in lower case. */
function madeNames(statement: Statement): ReadonlySet<string> {
  const made = new Set<string>();
  const add = (name: Name | undefined): void => {
    if (name !== undefined) made.add(name.text.toLowerCase());
  };
  const inRelation = (relation: Relation): void => {
    if (relation.alias !== undefined) [relation.alias.name, ...relation.alias.columns].forEach(add);
    if (relation.kind === "joined") inJoined(relation.tables);
  };
  const inJoined = (tables: Joined): void =>
    [tables.first, ...tables.joins.map((join) => join.relation)].forEach(inRelation);
  const inBody = (body: Body): void => {
    if (body.kind !== "select") return;
    body.from.forEach(inJoined);
    for (const item of body.items) if (item.kind === "value") add(item.alias);
  };
  const inQuery = (query: Query): Query => {
    for (const table of query.with) [table.name, ...table.columns].forEach(add);
    inBody(query.body);
    return query;
  };
  if (statement.kind === "update" || statement.kind === "delete") add(statement.alias);
  rewriteStatement(statement, {
    expression: (expression) => expression,
    select: (select) => {
      inBody(select);
      return select;
    },
    query: inQuery,
  });
  return made;
}
