import type { Call, Expression, OrderItem, Query, WindowSpec } from "./tree";

const present = <T>(...values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

const ofOrder = (order: readonly OrderItem[]): Expression[] => order.map((item) => item.by);

export function ofWindow(window: WindowSpec): readonly Expression[] {
  const bounds = present(window.frame?.start, window.frame?.end);
  return [
    ...window.partition,
    ...ofOrder(window.order),
    ...bounds.flatMap((bound) => (bound.edge === "current" ? [] : present(bound.by))),
  ];
}

function ofCall(call: Call): readonly Expression[] {
  return [
    ...(call.args ?? []).flatMap((argument) => (argument.kind === "value" ? [argument.value] : [])),
    ...ofOrder(call.order),
    ...ofOrder(call.withinGroup),
    ...present(call.filter),
    ...(call.over === undefined || "text" in call.over ? [] : ofWindow(call.over)),
  ];
}

/** The expressions directly inside of one, in their order; those of its subqueries are not among them. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "column":
    case "literal":
    case "typed":
    case "exists":
    case "subquery":
      return [];
    case "interval":
      return [expression.value];
    case "unary":
    case "is":
    case "cast":
    case "collate":
    case "extract":
    case "inQuery":
      return [expression.operand];
    case "binary":
    case "like":
    case "quantified":
      return [expression.left, expression.right];
    case "between":
      return [expression.operand, expression.low, expression.high];
    case "in":
      return [expression.operand, ...expression.list];
    case "parens":
      return [expression.inner];
    case "tuple":
    case "array":
      return expression.items;
    case "case":
      return [
        ...present(expression.operand),
        ...expression.branches.flatMap((branch) => [branch.when, branch.then]),
        ...present(expression.otherwise),
      ];
    case "trim":
      return [...present(expression.what), expression.operand];
    case "position":
      return [expression.what, expression.operand];
    case "zone":
      return [expression.operand, expression.zone];
    case "struct":
      return expression.fields.map((field) => field.value);
    case "lambda":
      return [expression.body];
    case "subscript":
      return [
        expression.operand,
        ...expression.steps.flatMap((step) =>
          step.kind === "index" ? [step.index] : step.kind === "slice" ? present(step.from, step.to) : [],
        ),
      ];
    case "grouping":
      return expression.sets.flat();
    case "call":
      return ofCall(expression);
  }
}

/** The subquery that an expression itself is or has. */
export function queryOf(expression: Expression): Query | undefined {
  return expression.kind === "subquery" || expression.kind === "exists" || expression.kind === "inQuery"
    ? expression.query
    : undefined;
}

/** Whether an expression or one inside of it, subqueries left out, is as asked. */
export function contains(expression: Expression, is: (expression: Expression) => boolean): boolean {
  return is(expression) || childrenOf(expression).some((child) => contains(child, is));
}
