import { asNode, fields, isTrue, list, optional, text, variant, words } from "./node";
import { binaryOperator, unaryOperator } from "./operators";
import { readCall } from "./readCall";
import { type Reading, readName, readObjectName } from "./reading";
import { readLiteral, readText } from "./readLiteral";
import { readDatePart, readType } from "./readType";
import { forbidden } from "./refused";
import type { CaseBranch, Expression, SubscriptStep } from "./tree";

type Reader = (reading: Reading, payload: unknown) => Expression;

const is =
  (what: "NULL" | "TRUE" | "FALSE" | "UNKNOWN", negated: boolean): Reader =>
  (reading, payload) => ({ kind: "is", what, negated, operand: reading.expression(payload) });

const distinctFrom =
  (operator: string): Reader =>
  (reading, payload) => {
    const [left, right] = list(payload);
    return { kind: "binary", operator, left: reading.expression(left), right: reading.expression(right) };
  };

const like =
  (operator: string): Reader =>
  (reading, payload) => {
    const node = fields(payload, words(operator), ["negated", "expr", "pattern", "escape_char"]);
    const escape = optional(node.escape_char, (value) => readText(reading, value));
    return {
      kind: "like",
      operator,
      negated: isTrue(node.negated),
      left: reading.expression(node.expr),
      right: reading.expression(node.pattern),
      ...(escape === undefined ? {} : { escape }),
    };
  };

const quantified =
  (quantifier: "ANY" | "ALL"): Reader =>
  (reading, payload) => {
    const node = fields(payload, quantifier, ["left", "compare_op", "right"]);
    return {
      kind: "quantified",
      quantifier,
      operator: operator(reading, node.compare_op),
      left: reading.expression(node.left),
      right: reading.expression(node.right),
    };
  };

const grouping =
  (how: "ROLLUP" | "CUBE" | "GROUPING SETS"): Reader =>
  (reading, payload) => ({
    kind: "grouping",
    how,
    sets: list(payload).map((set) => list(set).map(reading.expression)),
  });

/** Every form of an expression that a statement may have. What has no reader here is refused. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["Identifier", (reading, payload) => ({ kind: "column", parts: [readName(reading, payload)] })],
  [
    "CompoundIdentifier",
    (reading, payload) => ({ kind: "column", parts: list(payload).map((part) => readName(reading, part)) }),
  ],
  ["Value", (reading, payload) => ({ kind: "literal", value: readLiteral(reading, payload) })],
  ["Nested", (reading, payload) => ({ kind: "parens", inner: reading.expression(payload) })],
  ["Tuple", (reading, payload) => ({ kind: "tuple", items: list(payload).map(reading.expression) })],
  ["Subquery", (reading, payload) => ({ kind: "subquery", query: reading.query(payload) })],
  ["Function", (reading, payload) => readCall(reading, payload)],
  ["IsNull", is("NULL", false)],
  ["IsNotNull", is("NULL", true)],
  ["IsTrue", is("TRUE", false)],
  ["IsNotTrue", is("TRUE", true)],
  ["IsFalse", is("FALSE", false)],
  ["IsNotFalse", is("FALSE", true)],
  ["IsUnknown", is("UNKNOWN", false)],
  ["IsNotUnknown", is("UNKNOWN", true)],
  ["IsDistinctFrom", distinctFrom("IS DISTINCT FROM")],
  ["IsNotDistinctFrom", distinctFrom("IS NOT DISTINCT FROM")],
  ["Like", like("LIKE")],
  ["ILike", like("ILIKE")],
  ["SimilarTo", like("SIMILAR TO")],
  ["RLike", like("REGEXP")],
  ["AnyOp", quantified("ANY")],
  ["AllOp", quantified("ALL")],
  ["Rollup", grouping("ROLLUP")],
  ["Cube", grouping("CUBE")],
  ["GroupingSets", grouping("GROUPING SETS")],
  ["BinaryOp", binary],
  ["UnaryOp", unary],
  ["Between", between],
  ["InList", inList],
  ["InSubquery", inQuery],
  ["Exists", exists],
  ["Case", cases],
  ["Cast", cast],
  ["Collate", collate],
  ["Extract", extract],
  ["Ceil", rounded("ceil")],
  ["Floor", rounded("floor")],
  ["Substring", substring],
  ["Trim", trim],
  ["Position", position],
  ["AtTimeZone", zone],
  ["TypedString", typed],
  ["Interval", interval],
  ["Array", array],
  ["Dictionary", struct],
  ["Lambda", lambda],
  ["CompoundFieldAccess", subscript],
]);

/** Reads an expression. Throws Refused on any form that is not in the table above. */
export function readExpression(reading: Reading, value: unknown): Expression {
  return reading.depth.within(() => {
    const { name, payload } = variant(value);
    const read = readers.get(name);
    if (read === undefined) throw forbidden(`Paddock does not run statements with ${words(name)} in them.`);
    return read(reading, payload);
  });
}

function operator(reading: Reading, node: unknown): string {
  const { name, payload } = variant(node);
  const printed = payload === undefined ? binaryOperator(reading.engine, name) : undefined;
  if (printed === undefined) throw forbidden(`The operator ${words(name)} is not one that Paddock runs.`);
  return printed;
}

function binary(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "An operator", ["left", "op", "right"]);
  return {
    kind: "binary",
    operator: operator(reading, node.op),
    left: reading.expression(node.left),
    right: reading.expression(node.right),
  };
}

function unary(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "An operator", ["op", "expr"]);
  const { name } = variant(node.op);
  const printed = unaryOperator(name);
  if (printed === undefined) throw forbidden(`The operator ${words(name)} is not one that Paddock runs.`);
  return { kind: "unary", operator: printed, operand: reading.expression(node.expr) };
}

function between(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "BETWEEN", ["expr", "negated", "low", "high"]);
  return {
    kind: "between",
    negated: isTrue(node.negated),
    operand: reading.expression(node.expr),
    low: reading.expression(node.low),
    high: reading.expression(node.high),
  };
}

function inList(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "IN", ["expr", "list", "negated"]);
  return {
    kind: "in",
    negated: isTrue(node.negated),
    operand: reading.expression(node.expr),
    list: list(node.list).map(reading.expression),
  };
}

function inQuery(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "IN", ["expr", "subquery", "negated"]);
  return {
    kind: "inQuery",
    negated: isTrue(node.negated),
    operand: reading.expression(node.expr),
    query: reading.query(node.subquery),
  };
}

function exists(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "EXISTS", ["subquery", "negated"]);
  return { kind: "exists", negated: isTrue(node.negated), query: reading.query(node.subquery) };
}

function cases(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "CASE", ["operand", "conditions", "else_result"]);
  const operand = optional(node.operand, reading.expression);
  const otherwise = optional(node.else_result, reading.expression);
  const branches = list(node.conditions).map((branch): CaseBranch => {
    const { condition, result } = fields(branch, "WHEN", ["condition", "result"]);
    return { when: reading.expression(condition), then: reading.expression(result) };
  });
  return {
    kind: "case",
    branches,
    ...(operand === undefined ? {} : { operand }),
    ...(otherwise === undefined ? {} : { otherwise }),
  };
}

function cast(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "CAST", ["kind", "expr", "data_type"]);
  const { name } = variant(node.kind);
  if (name !== "Cast" && name !== "DoubleColon" && !(name === "TryCast" && reading.engine === "duckdb"))
    throw forbidden("Paddock does not know that form of CAST.");
  const operand = reading.expression(node.expr);
  return {
    kind: "cast",
    // `a + b::int` casts b alone, and CAST ( … AS … ), which is what is printed, holds what it is given.
    operand,
    type: readType(reading, node.data_type),
    tried: name === "TryCast",
  };
}

function collate(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "COLLATE", ["expr", "collation"]);
  const [collation, ...more] = readObjectName(reading, node.collation);
  if (collation === undefined || more.length > 0)
    throw forbidden("Paddock does not know the collation of the statement.");
  return { kind: "collate", operand: reading.expression(node.expr), collation };
}

function extract(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "EXTRACT", ["field", "expr"]);
  return { kind: "extract", field: readDatePart(node.field), operand: reading.expression(node.expr) };
}

/** The parser has forms of its own for these two functions, with a part of a date or a scale that no engine here has. */
function rounded(name: "ceil" | "floor"): Reader {
  return (reading, payload) => {
    const node = fields(payload, name, ["expr", "field"]);
    const { name: field, payload: inner } = variant(node.field);
    if (field !== "DateTimeField" || inner !== "NoDateTime")
      throw forbidden(`Paddock does not know that form of ${name}.`);
    return call(name, [reading.expression(node.expr)]);
  };
}

function substring(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "SUBSTRING", ["expr", "substring_from", "substring_for"]);
  const from = optional(node.substring_from, reading.expression);
  const length = optional(node.substring_for, reading.expression);
  if (from === undefined) throw forbidden("SUBSTRING needs a place to begin at.");
  return call("substr", [reading.expression(node.expr), from, ...(length === undefined ? [] : [length])]);
}

function trim(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "TRIM", ["trim_where", "trim_what", "expr", "trim_characters"]);
  const operand = reading.expression(node.expr);
  const characters = list(node.trim_characters).map(reading.expression);
  if (characters.length > 0) return call("trim", [operand, ...characters]);
  const where = optional(node.trim_where, text)?.toUpperCase();
  const what = optional(node.trim_what, reading.expression);
  if (where !== undefined && where !== "BOTH" && where !== "LEADING" && where !== "TRAILING")
    throw forbidden("Paddock does not know that form of TRIM.");
  if (where === undefined && what === undefined) return call("trim", [operand]);
  return {
    kind: "trim",
    operand,
    ...(where === undefined ? {} : { where }),
    ...(what === undefined ? {} : { what }),
  };
}

function position(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "POSITION", ["expr", "in"]);
  return { kind: "position", what: reading.expression(node.expr), operand: reading.expression(node.in) };
}

function zone(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "AT TIME ZONE", ["timestamp", "time_zone"]);
  return { kind: "zone", operand: reading.expression(node.timestamp), zone: reading.expression(node.time_zone) };
}

function typed(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "A value", ["data_type", "value"]);
  return { kind: "typed", type: readType(reading, node.data_type), text: readText(reading, node.value) };
}

function interval(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "INTERVAL", ["value", "leading_field"]);
  const unit = optional(node.leading_field, readDatePart);
  return { kind: "interval", value: reading.expression(node.value), ...(unit === undefined ? {} : { unit }) };
}

function array(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "An array", ["elem", "named"]);
  return { kind: "array", named: isTrue(node.named), items: list(node.elem).map(reading.expression) };
}

function struct(reading: Reading, payload: unknown): Expression {
  return {
    kind: "struct",
    fields: list(payload).map((field) => {
      const { key, value } = fields(field, "A struct", ["key", "value"]);
      return { name: readName(reading, { ...asNode(key), quote_style: "'" }).text, value: reading.expression(value) };
    }),
  };
}

function lambda(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "A lambda", ["params", "body"]);
  const { payload: params } = variant(node.params);
  const parameters = (Array.isArray(params) ? list(params) : [params]).map((parameter) =>
    readName(reading, fields(parameter, "A lambda", ["name"]).name),
  );
  return { kind: "lambda", parameters, body: reading.expression(node.body) };
}

function subscript(reading: Reading, payload: unknown): Expression {
  const node = fields(payload, "An element", ["root", "access_chain"]);
  const steps = list(node.access_chain).map((step): SubscriptStep => {
    const { name, payload: inner } = variant(step);
    // In PostgreSQL (x).f may call the function f, which is nobody's column.
    if (name === "Dot" && reading.engine === "duckdb") {
      const field = reading.expression(inner);
      if (field.kind === "column" && field.parts[0] !== undefined && field.parts.length === 1)
        return { kind: "field", name: field.parts[0] };
    }
    if (name !== "Subscript") throw forbidden("Paddock does not run statements that take a field of a value.");
    const { name: form, payload: bounds } = variant(inner);
    if (form === "Index")
      return { kind: "index", index: reading.expression(fields(bounds, "An element", ["index"]).index) };
    const slice = fields(bounds, "A slice", ["lower_bound", "upper_bound"]);
    const from = optional(slice.lower_bound, reading.expression);
    const to = optional(slice.upper_bound, reading.expression);
    return { kind: "slice", ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  });
  return { kind: "subscript", operand: reading.expression(node.root), steps };
}

function call(name: string, args: readonly Expression[]): Expression {
  return {
    kind: "call",
    name: [{ text: name, quoted: false }],
    args: args.map((value) => ({ kind: "value", value })),
    distinct: false,
    order: [],
    withinGroup: [],
  };
}
