import type { DatabaseEngine } from "../schema";
import { asNode, Depth, fields, isTrue, list, optional, saysNothing, variant, words } from "./node";
import { readArguments, readOrder, readWindow } from "./readCall";
import { readExpression } from "./readExpression";
import { type Reading, readObjectName, spans } from "./reading";
import { readQuery, readRelation } from "./readQuery";
import { forbidden } from "./refused";
import { checkTable } from "./relations";
import type { Assignment, Name, Statement } from "./tree";

/**
 * Reads the parser's tree of one statement: a query, EXPLAIN of a query, or, in `write`, a change of one table.
 * Throws Refused on anything else, however deep inside it is.
 */
export function readStatement(
  tree: unknown,
  source: string,
  engine: DatabaseEngine,
  allow: "read" | "write",
): Statement {
  const reading: Reading = {
    engine,
    source,
    depth: new Depth(),
    span: spans(source),
    expression: (node) => readExpression(reading, node),
    query: (node) => readQuery(reading, node),
    arguments: (node) => readArguments(reading, node),
    order: (node) => readOrder(reading, node),
    window: (node) => readWindow(reading, node),
  };
  const { name, payload } = variant(tree);
  switch (name) {
    case "Query":
      return readRoot(reading, payload, allow);
    case "Explain":
      return readExplain(reading, payload);
    case "Insert":
    case "Update":
    case "Delete":
      if (allow !== "write")
        throw forbidden(`The statement changes data: it is ${article(name)} ${name.toUpperCase()}.`);
      return readWrite(reading, name, payload);
    default:
      throw forbidden(`Paddock runs queries alone, and this is ${article(name)} ${words(name)} statement.`);
  }
}

const article = (name: string): string => (/^[AEIOU]/.test(name) ? "an" : "a");

function readRoot(reading: Reading, payload: unknown, allow: "read" | "write"): Statement {
  const node = asNode(payload);
  const body = variant(node.body);
  // With WITH before them, statements that write are bodies of a query.
  if (allow === "write" && saysNothing(node.with) && ["Insert", "Update", "Delete"].includes(body.name))
    return readWrite(reading, body.name as "Insert" | "Update" | "Delete", variant(body.payload).payload);
  return { kind: "query", query: reading.query(payload) };
}

function readExplain(reading: Reading, payload: unknown): Statement {
  const node = fields(payload, "EXPLAIN", ["describe_alias", "analyze", "verbose", "query_plan", "statement"]);
  if (node.describe_alias !== "Explain") throw forbidden("Paddock runs queries alone, and EXPLAIN of them.");
  const inner = variant(node.statement);
  if (inner.name !== "Query") throw forbidden("Paddock explains queries alone.");
  const modes = [
    isTrue(node.query_plan) ? ("QUERY PLAN" as const) : undefined,
    isTrue(node.analyze) ? ("ANALYZE" as const) : undefined,
    isTrue(node.verbose) ? ("VERBOSE" as const) : undefined,
  ].filter((mode) => mode !== undefined);
  if (modes.length > 1) throw forbidden("Paddock does not know that form of EXPLAIN.");
  return { kind: "explain", how: modes[0] ?? "", query: reading.query(inner.payload) };
}

function readWrite(reading: Reading, name: "Insert" | "Update" | "Delete", payload: unknown): Statement {
  switch (name) {
    case "Insert":
      return readInsert(reading, payload);
    case "Update":
      return readUpdate(reading, payload);
    case "Delete":
      return readDelete(reading, payload);
  }
}

function readInsert(reading: Reading, payload: unknown): Statement {
  const node = fields(payload, "INSERT", ["table", "columns", "source", "into"]);
  const table = variant(node.table);
  if (table.name !== "TableName") throw forbidden("Paddock inserts into tables alone.");
  const source = optional(node.source, reading.query);
  if (source === undefined) throw forbidden("Paddock does not know that form of INSERT.");
  const columns = list(node.columns).map((column) => {
    const [first, ...more] = readObjectName(reading, column);
    if (first === undefined || more.length > 0) throw forbidden("INSERT takes names of columns alone.");
    return first;
  });
  return { kind: "insert", table: writable(reading, table.payload), columns, source };
}

function readUpdate(reading: Reading, payload: unknown): Statement {
  const node = fields(payload, "UPDATE", ["table", "assignments", "selection"]);
  const where = optional(node.selection, reading.expression);
  const assignments = list(node.assignments).map((assignment): Assignment => {
    const { target, value } = fields(assignment, "UPDATE", ["target", "value"]);
    const { name, payload: column } = variant(target);
    if (name !== "ColumnName") throw forbidden("UPDATE sets one column with each `=`.");
    return { column: readObjectName(reading, column), value: reading.expression(value) };
  });
  return {
    kind: "update",
    ...oneTable(reading, node.table),
    assignments,
    ...(where === undefined ? {} : { where }),
  };
}

function readDelete(reading: Reading, payload: unknown): Statement {
  const node = fields(payload, "DELETE", ["from", "selection"]);
  const { payload: from } = variant(node.from);
  const [tables, ...more] = list(from);
  if (tables === undefined || more.length > 0) throw forbidden("DELETE takes one table.");
  const where = optional(node.selection, reading.expression);
  return { kind: "delete", ...oneTable(reading, tables), ...(where === undefined ? {} : { where }) };
}

function oneTable(reading: Reading, value: unknown): { readonly table: readonly Name[]; readonly alias?: Name } {
  const node = fields(value, "A statement that changes data", ["relation"]);
  const relation = readRelation(reading, node.relation);
  if (relation.kind !== "table" || (relation.alias?.columns.length ?? 0) > 0)
    throw forbidden("A statement that changes data takes one table.");
  checkTable(reading.engine, relation.name, "write");
  return { table: relation.name, ...(relation.alias === undefined ? {} : { alias: relation.alias.name }) };
}

function writable(reading: Reading, value: unknown): readonly Name[] {
  const name = readObjectName(reading, value);
  checkTable(reading.engine, name, "write");
  return name;
}
