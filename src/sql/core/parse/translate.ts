import type { DatabaseEngine, DatabaseSchema } from "../schema";
import { call, cast, digitsOf, number, parens, string, stringOf, valuesOf } from "./build";
import { isAggregate } from "./describe";
import { rewriteStatement } from "./rewrite";
import { translateDate } from "./translateDates";
import { withCatalogueNames } from "./translateNames";
import type { Call, Expression, OrderItem, Query, Select, SelectItem, Statement } from "./tree";
import { contains } from "./walk";

type Target = Exclude<DatabaseEngine, "sqlite">;

/**
 * A statement written for SQLite, in another engine's dialect: what SQLite alone says, or means otherwise, is said so
 * that the other engine means the same, as far as that can be known without the types of the columns.
 * @param schema where it is given, names are written in the catalogue's own case.
 */
export function translateStatement(statement: Statement, to: Target, schema?: DatabaseSchema): Statement {
  const translated = rewriteStatement(statement, {
    expression: (expression) => translateExpression(expression, to),
    select: (select) => translateSelect(select, to),
    query: (query) => translateQuery(query, to),
  });
  return schema === undefined ? translated : withCatalogueNames(translated, schema);
}

const isMysql = (to: Target): boolean => to === "mysql" || to === "mariadb";

function translateExpression(expression: Expression, to: Target): Expression {
  switch (expression.kind) {
    case "binary":
      return translateBinary(expression, to);
    case "like":
      // SQLite's LIKE does not tell cases apart.
      return expression.operator === "LIKE" && (to === "postgres" || to === "duckdb")
        ? { ...expression, operator: "ILIKE" }
        : expression;
    case "cast":
      return { ...expression, type: translateType(expression.type, to) };
    case "collate":
      return expression.collation.text.toUpperCase() === "NOCASE" && to !== "duckdb" ? expression.operand : expression;
    case "call":
      return translateCall(expression, to) ?? expression;
    default:
      return expression;
  }
}

function translateBinary(expression: Extract<Expression, { readonly kind: "binary" }>, to: Target): Expression {
  const { operator, left, right } = expression;
  if (operator === "||" && isMysql(to)) {
    const first = left.kind === "call" && left.name[0]?.text === "concat" ? (valuesOf(left) ?? [left]) : [left];
    return call("concat", ...first, right);
  }
  if (operator === "/" && isWhole(left) && isWhole(right)) {
    if (to === "duckdb") return { ...expression, operator: "//" };
    if (isMysql(to)) return { ...expression, operator: "DIV" };
  }
  if (operator === "GLOB") {
    const pattern = stringOf(right);
    if (pattern === undefined || /[[\]\\]/.test(pattern)) return expression;
    const like = pattern.replaceAll(/[%_]/g, "\\$&").replaceAll("*", "%").replaceAll("?", "_");
    const escape = like.includes("\\") ? { escape: "\\" } : {};
    return { kind: "like", operator: "LIKE", negated: false, left, right: string(like), ...escape };
  }
  return expression;
}

/** What is a whole number without doubt. */
function isWhole(expression: Expression): boolean {
  switch (expression.kind) {
    case "literal":
      return /^\d+$/.test(digitsOf(expression) ?? "");
    case "parens":
      return isWhole(expression.inner);
    case "call":
      return /^(?:count|length|instr)$/i.test(expression.name[0]?.text ?? "");
    case "binary":
      return /^[+*%-]$/.test(expression.operator) && isWhole(expression.left) && isWhole(expression.right);
    default:
      return false;
  }
}

function translateType(type: string, to: Target): string {
  const name = type.toUpperCase().replace(/\(.*$/, "");
  if (to === "postgres" || to === "duckdb") {
    if (name === "REAL" || name === "FLOAT" || name === "DOUBLE")
      return to === "postgres" ? "DOUBLE PRECISION" : "DOUBLE";
    return name === "INTEGER" || name === "INT" ? "BIGINT" : type;
  }
  if (/^(?:TEXT|VARCHAR|CHAR|STRING|NVARCHAR)$/.test(name)) return "CHAR";
  if (/^(?:INTEGER|INT|BIGINT|SMALLINT|TINYINT)$/.test(name)) return "SIGNED";
  return /^(?:REAL|FLOAT|NUMERIC)$/.test(name) ? "DOUBLE" : type;
}

function translateCall(expression: Call, to: Target): Expression | undefined {
  const name = expression.name[0]?.text.toLowerCase() ?? "";
  const args = valuesOf(expression);
  if (args === undefined || expression.args === undefined) return undefined;
  const [first, second, third] = args;
  if (first === undefined) return name === "random" && isMysql(to) ? call("rand") : translateDate(name, args, to);
  const renamed = (into: string): Call => ({ ...expression, name: [{ text: into, quoted: false }] });
  switch (name) {
    case "iif":
    case "if":
      if (second === undefined) return undefined;
      return {
        kind: "case",
        branches: [{ when: first, then: second }],
        ...(third === undefined ? {} : { otherwise: third }),
      };
    case "ifnull":
      return renamed("coalesce");
    case "instr":
      return to === "postgres" ? renamed("strpos") : undefined;
    case "length":
      return isMysql(to) ? renamed("char_length") : undefined;
    case "char":
      return isMysql(to) ? undefined : renamed("chr");
    case "unicode":
      return to === "duckdb" ? undefined : renamed("ascii");
    case "max":
    case "min":
      return second === undefined ? undefined : renamed(name === "max" ? "greatest" : "least");
    case "total":
      return call("coalesce", renamed("sum"), number(0));
    case "round":
      // PostgreSQL rounds to places only what is numeric.
      return to === "postgres" && second !== undefined ? call("round", cast(first, "NUMERIC"), second) : undefined;
    case "substr":
    case "substring":
      return fromTheEnd(first, second, third, to);
    case "group_concat":
    case "string_agg":
      return concatenated(expression, first, second, to);
    default:
      return translateDate(name, args, to);
  }
}

/** substr(x, -n) counts from the end; PostgreSQL does not. */
function fromTheEnd(
  of: Expression,
  from: Expression | undefined,
  length: Expression | undefined,
  to: Target,
): Expression | undefined {
  const negative = from?.kind === "unary" && from.operator === "-" ? from.operand : undefined;
  if (to !== "postgres" || negative === undefined) return undefined;
  const end = call("right", of, negative);
  return length === undefined ? end : call("left", end, length);
}

function concatenated(
  expression: Call,
  value: Expression,
  separator: Expression | undefined,
  to: Target,
): Expression | undefined {
  if (!isMysql(to))
    return {
      ...expression,
      name: [{ text: "string_agg", quoted: false }],
      args: [cast(value, "TEXT"), separator ?? string(",")].map((one) => ({ kind: "value", value: one })),
    };
  const between = separator === undefined ? undefined : stringOf(separator);
  if (separator !== undefined && between === undefined) return undefined;
  return {
    ...expression,
    name: [{ text: "group_concat", quoted: false }],
    args: [{ kind: "value", value }],
    ...(between === undefined ? {} : { separator: between }),
  };
}

/** SQLite lets a group's columns be taken from any of its rows, and lets conditions use the names of results. */
function translateSelect(select: Select, to: Target): Select {
  const named = to === "postgres" ? withoutAliases(select) : select;
  if (named.groupBy === "all" || to === "mariadb") return named;
  const aggregates = named.items.some((item) => item.kind === "value" && contains(item.value, isAggregate));
  if (named.groupBy.length === 0 && !aggregates) return named;
  const groups = named.groupBy;
  const items = named.items.map((item): SelectItem => {
    if (item.kind === "star" || item.value.kind !== "column" || isGrouped(item.value, groups, named)) return item;
    const name = item.value.parts.at(-1);
    return {
      kind: "value",
      value: anyOf(item.value, to),
      ...(item.alias === undefined && name !== undefined
        ? { alias: name }
        : item.alias === undefined
          ? {}
          : { alias: item.alias }),
    };
  });
  return { ...named, items };
}

const anyOf = (value: Expression, to: Target): Expression => call(to === "postgres" ? "min" : "any_value", value);

function isGrouped(
  value: Extract<Expression, { readonly kind: "column" }>,
  groups: readonly Expression[],
  select: Select,
): boolean {
  const last = value.parts.at(-1)?.text.toLowerCase();
  return groups.some((group) => {
    if (group.kind === "column") {
      const same = group.parts.at(-1)?.text.toLowerCase() === last;
      const [a, b] = [group.parts.at(-2)?.text.toLowerCase(), value.parts.at(-2)?.text.toLowerCase()];
      return same && (a === undefined || b === undefined || a === b);
    }
    const place = digitsOf(group);
    const item = place === undefined ? undefined : select.items[Number(place) - 1];
    return group.kind !== "literal" || (item?.kind === "value" && item.value === value);
  });
}

function withoutAliases(select: Select): Select {
  const replaced = (expression: Expression | undefined): Expression | undefined => {
    if (expression === undefined) return undefined;
    const result = rewriteStatement(
      { kind: "delete", table: [], where: expression },
      {
        expression: (inner) => aliased(inner, select) ?? inner,
        select: (inner) => inner,
        query: (inner) => inner,
      },
    );
    return result.kind === "delete" ? result.where : expression;
  };
  const [where, having] = [replaced(select.where), replaced(select.having)];
  return { ...select, ...(where === undefined ? {} : { where }), ...(having === undefined ? {} : { having }) };
}

/** The value that a name of a result stands for; a column's own name, which says the same, stays. */
function aliased(expression: Expression, select: Select): Expression | undefined {
  if (expression.kind !== "column" || expression.parts.length !== 1) return undefined;
  const name = expression.parts[0]?.text.toLowerCase();
  const item = select.items.find((one) => one.kind === "value" && one.alias?.text.toLowerCase() === name);
  return item?.kind === "value" && item.value.kind !== "column" ? parens(item.value) : undefined;
}

function translateQuery(query: Query, to: Target): Query {
  const { body } = query;
  const grouped = body.kind === "select" && body.groupBy !== "all" && body.groupBy.length > 0 ? body : undefined;
  const order = query.order.map((item): OrderItem => {
    const by =
      grouped !== undefined &&
      to !== "mariadb" &&
      item.by.kind === "column" &&
      !isShown(item.by, grouped) &&
      !isGrouped(item.by, grouped.groupBy === "all" ? [] : grouped.groupBy, grouped)
        ? anyOf(item.by, to)
        : item.by;
    // NULL is less than anything in SQLite, and more in PostgreSQL.
    const last = to === "postgres" && item.descending === true && item.nullsFirst === undefined;
    return { ...item, by, ...(last ? { nullsFirst: false } : {}) };
  });
  const { limit, ...rest } = query;
  const unlimited = limit?.kind === "unary" && limit.operator === "-";
  if (limit === undefined || !unlimited) return { ...query, order };
  // LIMIT -1 is none; MySQL has OFFSET after a LIMIT alone.
  return isMysql(to)
    ? { ...query, order, limit: { kind: "literal", value: { type: "number", digits: "18446744073709551615" } } }
    : { ...rest, order };
}

const isShown = (by: Extract<Expression, { readonly kind: "column" }>, select: Select): boolean =>
  by.parts.length === 1 &&
  select.items.some(
    (item) => item.kind === "value" && item.alias?.text.toLowerCase() === by.parts[0]?.text.toLowerCase(),
  );
