import { fields, list, optional, text, variant, words } from "./node";
import { checkFunction } from "./functions";
import { type Reading, readName, readObjectName } from "./reading";
import { readText } from "./readLiteral";
import { forbidden } from "./refused";
import type { Argument, Call, FrameBound, Name, OrderItem, WindowSpec } from "./tree";

/** A call. Throws Refused where the function is none of those that are known to do nothing but compute. */
export function readCall(reading: Reading, payload: unknown): Call {
  const node = fields(payload, "A call", [
    "name",
    "parameters",
    "args",
    "filter",
    "null_treatment",
    "over",
    "within_group",
  ]);
  const name = readObjectName(reading, node.name);
  const { name: form, payload: inner } = variant(node.args);
  if (form !== "None" && form !== "List") throw forbidden("Paddock does not know that form of a call.");
  const filter = optional(node.filter, reading.expression);
  const over = optional(node.over, (value) => readOver(reading, value));
  const nulls = optional(node.null_treatment, readNulls);
  const call: Call = {
    kind: "call",
    name,
    distinct: false,
    order: [],
    ...(form === "List" ? readList(reading, inner) : {}),
    withinGroup: reading.order(node.within_group),
    ...(filter === undefined ? {} : { filter }),
    ...(over === undefined ? {} : { over }),
    ...(nulls === undefined ? {} : { nulls }),
  };
  checkFunction(reading.engine, call);
  return call;
}

function readList(
  reading: Reading,
  value: unknown,
): Pick<Call, "distinct" | "order"> & {
  args: readonly Argument[];
  separator?: string;
  nulls?: NonNullable<Call["nulls"]>;
} {
  const node = fields(value, "A call", ["duplicate_treatment", "args", "clauses"]);
  let order: readonly OrderItem[] = [];
  let separator: string | undefined;
  let nulls: Call["nulls"];
  for (const clause of list(node.clauses)) {
    const { name, payload } = variant(clause);
    if (name === "OrderBy") order = reading.order(payload);
    else if (name === "Separator") separator = readText(reading, payload);
    else if (name === "IgnoreOrRespectNulls") nulls = readNulls(payload);
    else throw forbidden(`Paddock does not run calls with ${words(name)}.`);
  }
  return {
    distinct: optional(node.duplicate_treatment, text) === "Distinct",
    args: reading.arguments(node.args),
    order,
    ...(separator === undefined ? {} : { separator }),
    ...(nulls === undefined ? {} : { nulls }),
  };
}

function readNulls(value: unknown): NonNullable<Call["nulls"]> {
  return variant(value).name === "IgnoreNulls" ? "IGNORE NULLS" : "RESPECT NULLS";
}

export function readArguments(reading: Reading, value: unknown): readonly Argument[] {
  return list(value).map((node): Argument => {
    const { name: form, payload } = variant(node);
    if (form === "Unnamed") return readArgument(reading, payload);
    const named = fields(payload, "An argument", ["name", "arg", "operator"]);
    const argument = readArgument(reading, named.arg);
    const operator = variant(named.operator).name;
    const known = operator === "RightArrow" || operator === "Assignment" || operator === "Equals";
    if (form !== "Named" || !known || argument.kind === "star" || !["duckdb", "postgres"].includes(reading.engine))
      throw forbidden("Paddock does not know that form of an argument.");
    return { ...argument, name: readName(reading, named.name) };
  });
}

function readArgument(reading: Reading, node: unknown): Argument {
  const { name, payload } = variant(node);
  switch (name) {
    case "Expr":
      return { kind: "value", value: reading.expression(payload) };
    case "Wildcard":
      return { kind: "star" };
    case "QualifiedWildcard":
      return { kind: "star", of: readObjectName(reading, payload) };
    default:
      throw forbidden("Paddock does not know that form of an argument.");
  }
}

function readOver(reading: Reading, value: unknown): Name | WindowSpec {
  const { name, payload } = variant(value);
  return name === "NamedWindow" ? readName(reading, payload) : reading.window(payload);
}

export function readWindow(reading: Reading, value: unknown): WindowSpec {
  const node = fields(value, "A window", ["window_name", "partition_by", "order_by", "window_frame"]);
  const base = optional(node.window_name, (name) => readName(reading, name));
  const frame = optional(node.window_frame, (frameNode) => readFrame(reading, frameNode));
  return {
    partition: list(node.partition_by).map(reading.expression),
    order: reading.order(node.order_by),
    ...(base === undefined ? {} : { base }),
    ...(frame === undefined ? {} : { frame }),
  };
}

const frameUnits = new Map([
  ["Rows", "ROWS"],
  ["Range", "RANGE"],
  ["Groups", "GROUPS"],
] as const);

function readFrame(reading: Reading, value: unknown): NonNullable<WindowSpec["frame"]> {
  const node = fields(value, "A window", ["units", "start_bound", "end_bound"]);
  const units = [...frameUnits].find(([name]) => name === node.units)?.[1];
  if (units === undefined) throw forbidden("Paddock does not know that form of a window.");
  const end = optional(node.end_bound, (bound) => readBound(reading, bound));
  return { units, start: readBound(reading, node.start_bound), ...(end === undefined ? {} : { end }) };
}

function readBound(reading: Reading, value: unknown): FrameBound {
  const { name, payload } = variant(value);
  if (name === "CurrentRow") return { edge: "current" };
  const by = optional(payload, reading.expression);
  if (name !== "Preceding" && name !== "Following") throw forbidden("Paddock does not know that form of a window.");
  return { edge: name === "Preceding" ? "preceding" : "following", ...(by === undefined ? {} : { by }) };
}

export function readOrder(reading: Reading, value: unknown): readonly OrderItem[] {
  return list(value).map((item) => {
    const node = fields(item, "ORDER BY", ["expr", "options"]);
    const options = fields(node.options, "ORDER BY", ["asc", "nulls_first"]);
    const ascending = options.asc;
    const nullsFirst = options.nulls_first;
    return {
      by: reading.expression(node.expr),
      ...(typeof ascending === "boolean" ? { descending: !ascending } : {}),
      ...(typeof nullsFirst === "boolean" ? { nullsFirst } : {}),
    };
  });
}
