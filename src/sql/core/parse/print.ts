import type { DatabaseEngine } from "../schema";
import type {
  Alias,
  Argument,
  Body,
  Call,
  Expression,
  FrameBound,
  Join,
  Joined,
  Literal,
  Name,
  OrderItem,
  Query,
  Relation,
  Select,
  SelectItem,
  Statement,
  SubscriptStep,
  WindowSpec,
} from "./tree";

/**
 * A statement as an engine is given it. Each token is one of a few forms that the engine's lexer cannot read in two
 * ways: bare words, names and texts in quotes with nothing but doubled quotes (and doubled backslashes where the engine
 * has such escapes), numbers, and operators between blanks. No comment, no parameter, no second statement.
 */
export function printStatement(statement: Statement, engine: DatabaseEngine): string {
  const printer = new Printer(engine);
  switch (statement.kind) {
    case "query":
      return printer.query(statement.query);
    case "explain":
      return `EXPLAIN ${statement.how === "" ? "" : `${statement.how} `}${printer.query(statement.query)}`;
    case "insert": {
      const columns = statement.columns.length === 0 ? "" : ` (${printer.names(statement.columns)})`;
      return `INSERT INTO ${printer.name(statement.table)}${columns} ${printer.query(statement.source)}`;
    }
    case "update": {
      const set = statement.assignments.map(
        ({ column, value }) => `${printer.name(column)} = ${printer.expression(value)}`,
      );
      return `UPDATE ${printer.target(statement)} SET ${set.join(", ")}${printer.where(statement.where)}`;
    }
    case "delete":
      return `DELETE FROM ${printer.target(statement)}${printer.where(statement.where)}`;
  }
}

export function printExpression(expression: Expression, engine: DatabaseEngine): string {
  return new Printer(engine).expression(expression);
}

export function printLiteral(literal: Literal, engine: DatabaseEngine): string {
  switch (literal.type) {
    case "number":
      return literal.digits;
    case "string":
      return printText(literal.text, engine);
    case "bytes":
      return engine === "postgres"
        ? `'\\x${literal.hex}'::bytea`
        : engine === "duckdb"
          ? duckBytes(literal.hex)
          : `X'${literal.hex}'`;
    case "boolean":
      return literal.value ? "TRUE" : "FALSE";
    case "null":
      return "NULL";
  }
}

const duckBytes = (hex: string): string => `'${hex.replaceAll(/../g, "\\x$&")}'::BLOB`;

/** PostgreSQL reads backslashes by a setting, unless the text begins with E; MySQL may be set not to, and ends it here all the same. */
function printText(text: string, engine: DatabaseEngine): string {
  const doubled = text.replaceAll("'", "''");
  if (engine === "mysql" || engine === "mariadb") return `'${doubled.replaceAll("\\", "\\\\")}'`;
  if (engine === "postgres" && text.includes("\\")) return `E'${doubled.replaceAll("\\", "\\\\")}'`;
  return `'${doubled}'`;
}

class Printer {
  constructor(private readonly engine: DatabaseEngine) {}

  name(parts: readonly Name[]): string {
    return parts.map((part) => this.part(part)).join(".");
  }

  names(names: readonly Name[]): string {
    return names.map((name) => this.part(name)).join(", ");
  }

  private part(name: Name): string {
    if (!name.quoted) return name.text;
    return this.engine === "mysql" || this.engine === "mariadb"
      ? `\`${name.text.replaceAll("`", "``")}\``
      : `"${name.text.replaceAll('"', '""')}"`;
  }

  target(statement: { readonly table: readonly Name[]; readonly alias?: Name }): string {
    return this.name(statement.table) + (statement.alias === undefined ? "" : ` AS ${this.part(statement.alias)}`);
  }

  where(condition: Expression | undefined): string {
    return condition === undefined ? "" : ` WHERE ${this.expression(condition)}`;
  }

  query(query: Query): string {
    const tables = query.with.map(({ name, columns, materialized, query: inner }) => {
      const how = materialized === undefined ? "" : materialized ? "MATERIALIZED " : "NOT MATERIALIZED ";
      return `${this.part(name)}${this.columns(columns)} AS ${how}(${this.query(inner)})`;
    });
    return [
      ...(tables.length === 0 ? [] : [`WITH ${query.recursive ? "RECURSIVE " : ""}${tables.join(", ")}`]),
      this.body(query.body),
      ...this.orderBy(query.order),
      ...(query.limit === undefined ? [] : [`LIMIT ${this.expression(query.limit)}`]),
      ...(query.offset === undefined ? [] : [`OFFSET ${this.expression(query.offset)}`]),
    ].join(" ");
  }

  private columns(columns: readonly Name[]): string {
    return columns.length === 0 ? "" : `(${this.names(columns)})`;
  }

  private body(body: Body): string {
    switch (body.kind) {
      case "select":
        return this.select(body);
      case "query":
        return `(${this.query(body.query)})`;
      case "values":
        return `VALUES ${body.rows.map((row) => `${body.explicitRow ? "ROW" : ""}(${this.list(row)})`).join(", ")}`;
      case "set":
        return `${this.body(body.left)} ${body.operator}${body.all ? " ALL" : ""} ${this.body(body.right)}`;
    }
  }

  private select(select: Select): string {
    const distinct =
      select.distinctOn.length > 0
        ? `DISTINCT ON (${this.list(select.distinctOn)}) `
        : select.distinct
          ? "DISTINCT "
          : "";
    const group =
      select.groupBy === "all"
        ? " GROUP BY ALL"
        : select.groupBy.length === 0
          ? ""
          : ` GROUP BY ${this.list(select.groupBy)}`;
    const windows = select.windows.map(({ name, spec }) => `${this.part(name)} AS (${this.window(spec)})`);
    return [
      `SELECT ${distinct}${select.items.map((item) => this.item(item)).join(", ")}`,
      select.from.length === 0 ? "" : ` FROM ${select.from.map((tables) => this.joined(tables)).join(", ")}`,
      this.where(select.where),
      group,
      select.withRollup ? " WITH ROLLUP" : "",
      select.having === undefined ? "" : ` HAVING ${this.expression(select.having)}`,
      windows.length === 0 ? "" : ` WINDOW ${windows.join(", ")}`,
      select.qualify === undefined ? "" : ` QUALIFY ${this.expression(select.qualify)}`,
    ].join("");
  }

  private item(item: SelectItem): string {
    if (item.kind === "value")
      return this.expression(item.value) + (item.alias === undefined ? "" : ` AS ${this.part(item.alias)}`);
    const except = item.except.length === 0 ? "" : ` EXCLUDE (${this.names(item.except)})`;
    return `${item.of === undefined ? "" : `${this.name(item.of)}.`}*${except}`;
  }

  private joined(tables: Joined): string {
    return this.relation(tables.first) + tables.joins.map((join) => this.join(join)).join("");
  }

  private join(join: Join): string {
    const keyword = { INNER: "JOIN", STRAIGHT: "STRAIGHT_JOIN" }[join.kind as string] ?? `${join.kind} JOIN`;
    const on = join.on === undefined ? "" : ` ON ${this.expression(join.on)}`;
    const using = join.using === undefined ? "" : ` USING (${this.names(join.using)})`;
    return ` ${join.natural ? "NATURAL " : ""}${keyword} ${this.relation(join.relation)}${on}${using}`;
  }

  private relation(relation: Relation): string {
    return this.relationItself(relation) + this.alias(relation.alias);
  }

  private relationItself(relation: Relation): string {
    switch (relation.kind) {
      case "table":
        return this.name(relation.name);
      case "derived":
        return `${relation.lateral ? "LATERAL " : ""}(${this.query(relation.query)})`;
      case "function": {
        const call = `${this.name(relation.name)}(${this.arguments(relation.args)})`;
        return `${relation.lateral ? "LATERAL " : ""}${call}${relation.ordinality ? " WITH ORDINALITY" : ""}`;
      }
      case "joined":
        return `(${this.joined(relation.tables)})`;
    }
  }

  private alias(alias: Alias | undefined): string {
    return alias === undefined ? "" : ` AS ${this.part(alias.name)}${this.columns(alias.columns)}`;
  }

  private orderBy(order: readonly OrderItem[]): string[] {
    return order.length === 0 ? [] : [`ORDER BY ${this.order(order)}`];
  }

  private order(order: readonly OrderItem[]): string {
    return order
      .map(({ by, descending, nullsFirst }) => {
        const direction = descending === undefined ? "" : descending ? " DESC" : " ASC";
        const nulls = nullsFirst === undefined ? "" : nullsFirst ? " NULLS FIRST" : " NULLS LAST";
        return this.expression(by) + direction + nulls;
      })
      .join(", ");
  }

  private list(expressions: readonly Expression[]): string {
    return expressions.map((expression) => this.expression(expression)).join(", ");
  }

  expression(expression: Expression): string {
    switch (expression.kind) {
      case "column":
        return this.name(expression.parts);
      case "literal":
        return printLiteral(expression.value, this.engine);
      case "typed":
        return `${expression.type} ${printText(expression.text, this.engine)}`;
      case "interval":
        return `INTERVAL ${this.expression(expression.value)}${expression.unit === undefined ? "" : ` ${expression.unit}`}`;
      case "unary":
        return `${expression.operator} ${this.expression(expression.operand)}`;
      case "binary":
        return `${this.expression(expression.left)} ${expression.operator} ${this.expression(expression.right)}`;
      case "like": {
        const escape = expression.escape === undefined ? "" : ` ESCAPE ${printText(expression.escape, this.engine)}`;
        return `${this.expression(expression.left)} ${not(expression)}${expression.operator} ${this.expression(expression.right)}${escape}`;
      }
      case "is":
        return `${this.expression(expression.operand)} IS ${not(expression)}${expression.what}`;
      case "between":
        return `${this.expression(expression.operand)} ${not(expression)}BETWEEN ${this.expression(expression.low)} AND ${this.expression(expression.high)}`;
      case "in":
        return `${this.expression(expression.operand)} ${not(expression)}IN (${this.list(expression.list)})`;
      case "inQuery":
        return `${this.expression(expression.operand)} ${not(expression)}IN (${this.query(expression.query)})`;
      case "exists":
        return `${not(expression)}EXISTS (${this.query(expression.query)})`;
      case "subquery":
        return `(${this.query(expression.query)})`;
      case "quantified": {
        const of = this.expression(expression.right);
        const inner = expression.right.kind === "subquery" ? of : `(${of})`;
        return `${this.expression(expression.left)} ${expression.operator} ${expression.quantifier} ${inner}`;
      }
      case "parens":
        return `(${this.expression(expression.inner)})`;
      case "tuple":
        return `(${this.list(expression.items)})`;
      case "case": {
        const branches = expression.branches.map(
          (one) => `WHEN ${this.expression(one.when)} THEN ${this.expression(one.then)} `,
        );
        const operand = expression.operand === undefined ? "" : `${this.expression(expression.operand)} `;
        const otherwise = expression.otherwise === undefined ? "" : `ELSE ${this.expression(expression.otherwise)} `;
        return `CASE ${operand}${branches.join("")}${otherwise}END`;
      }
      case "cast":
        return `${expression.tried ? "TRY_CAST" : "CAST"}(${this.expression(expression.operand)} AS ${expression.type})`;
      case "collate":
        return `${this.expression(expression.operand)} COLLATE ${this.part(expression.collation)}`;
      case "extract":
        return `EXTRACT(${expression.field} FROM ${this.expression(expression.operand)})`;
      case "trim": {
        const what = expression.what === undefined ? "" : `${this.expression(expression.what)} `;
        return `TRIM(${expression.where === undefined ? "" : `${expression.where} `}${what}FROM ${this.expression(expression.operand)})`;
      }
      case "position":
        return `POSITION(${this.expression(expression.what)} IN ${this.expression(expression.operand)})`;
      case "zone":
        return `${this.expression(expression.operand)} AT TIME ZONE ${this.expression(expression.zone)}`;
      case "array":
        return `${expression.named ? "ARRAY" : ""}[${this.list(expression.items)}]`;
      case "struct":
        return `{${expression.fields.map(({ name, value }) => `${printText(name, this.engine)}: ${this.expression(value)}`).join(", ")}}`;
      case "lambda":
        return `lambda ${this.names(expression.parameters)}: ${this.expression(expression.body)}`;
      case "subscript":
        return this.expression(expression.operand) + expression.steps.map((step) => this.step(step)).join("");
      case "grouping":
        return `${expression.how}(${expression.sets.map((set) => this.groupingSet(set, expression.how)).join(", ")})`;
      case "call":
        return this.call(expression);
    }
  }

  private groupingSet(set: readonly Expression[], how: string): string {
    const [only] = set;
    return set.length === 1 && only !== undefined && how !== "GROUPING SETS"
      ? this.expression(only)
      : `(${this.list(set)})`;
  }

  private step(step: SubscriptStep): string {
    switch (step.kind) {
      case "index":
        return `[${this.expression(step.index)}]`;
      case "slice":
        return `[${step.from === undefined ? "" : this.expression(step.from)}:${step.to === undefined ? "" : this.expression(step.to)}]`;
      case "field":
        return `.${this.part(step.name)}`;
    }
  }

  private arguments(args: readonly Argument[]): string {
    return args
      .map((argument) => {
        if (argument.kind === "star") return argument.of === undefined ? "*" : `${this.name(argument.of)}.*`;
        const arrow = this.engine === "duckdb" ? ":=" : "=>";
        return (
          (argument.name === undefined ? "" : `${this.part(argument.name)} ${arrow} `) + this.expression(argument.value)
        );
      })
      .join(", ");
  }

  private call(call: Call): string {
    if (call.args === undefined) return this.name(call.name);
    const order = call.order.length === 0 ? "" : ` ORDER BY ${this.order(call.order)}`;
    const separator = call.separator === undefined ? "" : ` SEPARATOR ${printText(call.separator, this.engine)}`;
    const inner = `${call.distinct ? "DISTINCT " : ""}${this.arguments(call.args)}${order}${separator}`;
    const nulls = call.nulls === undefined ? "" : ` ${call.nulls}`;
    return [
      `${this.name(call.name)}(${inner}${this.engine === "duckdb" ? nulls : ""})`,
      call.withinGroup.length === 0 ? "" : ` WITHIN GROUP (ORDER BY ${this.order(call.withinGroup)})`,
      call.filter === undefined ? "" : ` FILTER (WHERE ${this.expression(call.filter)})`,
      this.engine === "duckdb" ? "" : nulls,
      call.over === undefined
        ? ""
        : ` OVER ${"text" in call.over ? this.part(call.over) : `(${this.window(call.over)})`}`,
    ].join("");
  }

  private window(window: WindowSpec): string {
    return [
      ...(window.base === undefined ? [] : [this.part(window.base)]),
      ...(window.partition.length === 0 ? [] : [`PARTITION BY ${this.list(window.partition)}`]),
      ...this.orderBy(window.order),
      ...(window.frame === undefined ? [] : [this.frame(window.frame)]),
    ].join(" ");
  }

  private frame({ units, start, end }: NonNullable<WindowSpec["frame"]>): string {
    return end === undefined
      ? `${units} ${this.bound(start)}`
      : `${units} BETWEEN ${this.bound(start)} AND ${this.bound(end)}`;
  }

  private bound(bound: FrameBound): string {
    if (bound.edge === "current") return "CURRENT ROW";
    return `${bound.by === undefined ? "UNBOUNDED" : this.expression(bound.by)} ${bound.edge.toUpperCase()}`;
  }
}

const not = ({ negated }: { readonly negated: boolean }): string => (negated ? "NOT " : "");
