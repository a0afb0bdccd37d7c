import type {
  Argument,
  Body,
  Call,
  Expression,
  FrameBound,
  Joined,
  OrderItem,
  Query,
  Relation,
  Select,
  Statement,
  SubscriptStep,
  WindowSpec,
} from "./tree";

/** What is put in the place of parts of a statement, from the inside out. */
export interface Rules {
  readonly expression: (expression: Expression) => Expression;
  readonly select: (select: Select) => Select;
  readonly query: (query: Query) => Query;
}

/** A statement in which each part is what the rules make of it. */
export function rewriteStatement(statement: Statement, rules: Rules): Statement {
  const rewriter = new Rewriter(rules);
  switch (statement.kind) {
    case "query":
    case "explain":
      return { ...statement, query: rewriter.query(statement.query) };
    case "insert":
      return { ...statement, source: rewriter.query(statement.source) };
    case "update":
      return {
        ...statement,
        assignments: statement.assignments.map((one) => ({ ...one, value: rewriter.expression(one.value) })),
        ...rewriter.if("where", statement.where),
      };
    case "delete":
      return { ...statement, ...rewriter.if("where", statement.where) };
  }
}

class Rewriter {
  constructor(private readonly rules: Rules) {}

  /** A field that may be absent. */
  if<K extends string>(key: K, expression: Expression | undefined): Partial<Record<K, Expression>> {
    const field: Partial<Record<string, Expression>> = {};
    if (expression !== undefined) field[key] = this.expression(expression);
    return field;
  }

  query(query: Query): Query {
    return this.rules.query({
      ...query,
      with: query.with.map((table) => ({ ...table, query: this.query(table.query) })),
      body: this.body(query.body),
      order: this.order(query.order),
      ...this.if("limit", query.limit),
      ...this.if("offset", query.offset),
    });
  }

  private body(body: Body): Body {
    switch (body.kind) {
      case "select":
        return this.select(body);
      case "values":
        return { ...body, rows: body.rows.map((row) => this.all(row)) };
      case "set":
        return { ...body, left: this.body(body.left), right: this.body(body.right) };
      case "query":
        return { ...body, query: this.query(body.query) };
    }
  }

  private select(select: Select): Select {
    return this.rules.select({
      ...select,
      distinctOn: this.all(select.distinctOn),
      items: select.items.map((item) =>
        item.kind === "star" ? item : { ...item, value: this.expression(item.value) },
      ),
      from: select.from.map((tables) => this.joined(tables)),
      groupBy: select.groupBy === "all" ? "all" : this.all(select.groupBy),
      windows: select.windows.map(({ name, spec }) => ({ name, spec: this.window(spec) })),
      ...this.if("where", select.where),
      ...this.if("having", select.having),
      ...this.if("qualify", select.qualify),
    });
  }

  private joined(tables: Joined): Joined {
    return {
      first: this.relation(tables.first),
      joins: tables.joins.map((join) => ({
        ...join,
        relation: this.relation(join.relation),
        ...this.if("on", join.on),
      })),
    };
  }

  private relation(relation: Relation): Relation {
    switch (relation.kind) {
      case "table":
        return relation;
      case "derived":
        return { ...relation, query: this.query(relation.query) };
      case "function":
        return { ...relation, args: this.arguments(relation.args) };
      case "joined":
        return { ...relation, tables: this.joined(relation.tables) };
    }
  }

  private all(expressions: readonly Expression[]): readonly Expression[] {
    return expressions.map((expression) => this.expression(expression));
  }

  private order(order: readonly OrderItem[]): readonly OrderItem[] {
    return order.map((item) => ({ ...item, by: this.expression(item.by) }));
  }

  private arguments(args: readonly Argument[]): readonly Argument[] {
    return args.map((one) => (one.kind === "star" ? one : { ...one, value: this.expression(one.value) }));
  }

  private window(window: WindowSpec): WindowSpec {
    const { frame } = window;
    return {
      ...window,
      partition: this.all(window.partition),
      order: this.order(window.order),
      ...(frame === undefined
        ? {}
        : {
            frame: {
              ...frame,
              start: this.bound(frame.start),
              ...(frame.end === undefined ? {} : { end: this.bound(frame.end) }),
            },
          }),
    };
  }

  private bound(bound: FrameBound): FrameBound {
    return bound.edge === "current" || bound.by === undefined ? bound : { ...bound, by: this.expression(bound.by) };
  }

  expression(expression: Expression): Expression {
    return this.rules.expression(this.inside(expression));
  }

  private inside(expression: Expression): Expression {
    switch (expression.kind) {
      case "column":
      case "literal":
      case "typed":
        return expression;
      case "interval":
        return { ...expression, value: this.expression(expression.value) };
      case "unary":
      case "is":
      case "cast":
      case "collate":
      case "extract":
        return { ...expression, operand: this.expression(expression.operand) };
      case "binary":
      case "like":
      case "quantified":
        return { ...expression, left: this.expression(expression.left), right: this.expression(expression.right) };
      case "between":
        return {
          ...expression,
          operand: this.expression(expression.operand),
          low: this.expression(expression.low),
          high: this.expression(expression.high),
        };
      case "in":
        return { ...expression, operand: this.expression(expression.operand), list: this.all(expression.list) };
      case "inQuery":
        return { ...expression, operand: this.expression(expression.operand), query: this.query(expression.query) };
      case "exists":
      case "subquery":
        return { ...expression, query: this.query(expression.query) };
      case "parens":
        return { ...expression, inner: this.expression(expression.inner) };
      case "tuple":
      case "array":
        return { ...expression, items: this.all(expression.items) };
      case "case":
        return {
          ...expression,
          branches: expression.branches.map(({ when, then }) => ({
            when: this.expression(when),
            then: this.expression(then),
          })),
          ...this.if("operand", expression.operand),
          ...this.if("otherwise", expression.otherwise),
        };
      case "trim":
        return { ...expression, operand: this.expression(expression.operand), ...this.if("what", expression.what) };
      case "position":
        return { ...expression, what: this.expression(expression.what), operand: this.expression(expression.operand) };
      case "zone":
        return { ...expression, operand: this.expression(expression.operand), zone: this.expression(expression.zone) };
      case "struct":
        return {
          ...expression,
          fields: expression.fields.map(({ name, value }) => ({ name, value: this.expression(value) })),
        };
      case "lambda":
        return { ...expression, body: this.expression(expression.body) };
      case "subscript":
        return {
          ...expression,
          operand: this.expression(expression.operand),
          steps: expression.steps.map((step) => this.step(step)),
        };
      case "grouping":
        return { ...expression, sets: expression.sets.map((set) => this.all(set)) };
      case "call":
        return this.call(expression);
    }
  }

  private step(step: SubscriptStep): SubscriptStep {
    switch (step.kind) {
      case "index":
        return { ...step, index: this.expression(step.index) };
      case "slice":
        return { ...step, ...this.if("from", step.from), ...this.if("to", step.to) };
      case "field":
        return step;
    }
  }

  private call(call: Call): Call {
    return {
      ...call,
      order: this.order(call.order),
      withinGroup: this.order(call.withinGroup),
      ...(call.args === undefined ? {} : { args: this.arguments(call.args) }),
      ...this.if("filter", call.filter),
      ...(call.over === undefined || "text" in call.over ? {} : { over: this.window(call.over) }),
    };
  }
}
