import { printExpression } from "./print";
import type { Call, Expression, Name, OrderItem, Query } from "./tree";

/** What a description needs of the query it is in. */
export interface Describing {
  /** A column as a person would call it: with its table only where there are several. */
  readonly column: (parts: readonly Name[]) => string;
  /** A subquery as a thing: `the average of age of singer`. */
  readonly query: (query: Query) => string;
}

/** Values of a list that are named; of the others only how many. */
const shownValues = 5;
const shownText = 80;

const comparisons: ReadonlyMap<string, string> = new Map([
  ["=", "is"],
  ["<>", "is not"],
  [">", "is greater than"],
  [">=", "is at least"],
  ["<", "is less than"],
  ["<=", "is at most"],
  ["<=>", "is"],
  ["IS NOT DISTINCT FROM", "is"],
  ["IS DISTINCT FROM", "is not"],
  ["GLOB", "matches"],
  ["MATCH", "matches"],
  ["REGEXP", "matches"],
  ["~", "matches"],
  ["~*", "matches"],
  ["!~", "does not match"],
  ["!~*", "does not match"],
]);

/** A condition: `Country is 'France' and age is greater than 20`. */
export function condition(of: Describing, expression: Expression): string {
  switch (expression.kind) {
    case "binary": {
      const { operator, left, right } = expression;
      if (operator === "AND" || operator === "OR")
        return `${condition(of, left)} ${operator.toLowerCase()} ${condition(of, right)}`;
      const words = comparisons.get(operator);
      if (words === undefined) return thing(of, expression);
      const equal = words === "is" && left.kind === "column" && right.kind === "column";
      return `${thing(of, left)} ${equal ? "equals" : words} ${thing(of, right)}`;
    }
    case "unary":
      return expression.operator === "NOT" ? `not ${condition(of, expression.operand)}` : thing(of, expression);
    case "parens":
      return isCondition(expression.inner) ? `(${condition(of, expression.inner)})` : thing(of, expression);
    case "like":
      return like(of, expression);
    case "is":
      return `${thing(of, expression.operand)} is ${state(expression)}`;
    case "between": {
      const between = expression.negated ? "is not between" : "is between";
      return `${thing(of, expression.operand)} ${between} ${thing(of, expression.low)} and ${thing(of, expression.high)}`;
    }
    case "in":
      return `${thing(of, expression.operand)} is ${expression.negated ? "none" : "one"} of ${some(of, expression.list)}`;
    case "inQuery":
      return `${thing(of, expression.operand)} is ${expression.negated ? "not " : ""}among (${of.query(expression.query)})`;
    case "exists":
      return `there is ${expression.negated ? "nothing" : "something"} among (${of.query(expression.query)})`;
    case "quantified": {
      const words = comparisons.get(expression.operator) ?? expression.operator;
      return `${thing(of, expression.left)} ${words} ${expression.quantifier.toLowerCase()} of ${thing(of, expression.right)}`;
    }
    default:
      return thing(of, expression);
  }
}

const isCondition = (expression: Expression): boolean =>
  ["like", "is", "between", "in", "inQuery", "exists", "quantified"].includes(expression.kind) ||
  (expression.kind === "unary" && expression.operator === "NOT") ||
  (expression.kind === "binary" &&
    (["AND", "OR"].includes(expression.operator) || comparisons.has(expression.operator))) ||
  (expression.kind === "parens" && isCondition(expression.inner));

const state = ({ what, negated }: Extract<Expression, { readonly kind: "is" }>): string => {
  if (what === "NULL") return negated ? "present" : "missing";
  return `${negated ? "not " : ""}${what.toLowerCase()}`;
};

/** LIKE with its wildcards at the ends alone says what a person would say. */
function like(of: Describing, expression: Extract<Expression, { readonly kind: "like" }>): string {
  const { left, right, negated, operator } = expression;
  const text = right.kind === "literal" && right.value.type === "string" ? right.value.text : undefined;
  const plain = text === undefined ? undefined : /^(%?)([^%_\\]+)(%?)$/.exec(text);
  if (operator.endsWith("LIKE") && plain !== null && plain !== undefined && text !== undefined) {
    const [, before, core = "", after] = plain;
    const [yes, no] =
      before === ""
        ? after === ""
          ? ["is", "is not"]
          : ["begins with", "does not begin with"]
        : after === ""
          ? ["ends with", "does not end with"]
          : ["contains", "does not contain"];
    return `${thing(of, left)} ${negated ? no : yes} '${core}'`;
  }
  return `${thing(of, left)} ${negated ? "does not match" : "matches"} ${thing(of, right)}`;
}

function some(of: Describing, list: readonly Expression[]): string {
  const shown = list.slice(0, shownValues).map((value) => thing(of, value));
  const rest = list.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : joined(shown, "or");
}

/** `a, b and c`. */
export function joined(words: readonly string[], last: "and" | "or" = "and"): string {
  const end = words.at(-1) ?? "";
  return words.length < 2 ? end : `${words.slice(0, -1).join(", ")} ${last} ${end}`;
}

const symbols: ReadonlyMap<string, string> = new Map([
  ["||", "followed by"],
  ["DIV", "divided in whole by"],
]);

/** A value as a thing: `the number of rows`, `age`, `'France'`. */
export function thing(of: Describing, expression: Expression): string {
  switch (expression.kind) {
    case "column":
      return of.column(expression.parts);
    case "call":
      return call(of, expression);
    case "subquery":
      return `(${of.query(expression.query)})`;
    case "parens":
      return `(${thing(of, expression.inner)})`;
    case "cast":
      return `${thing(of, expression.operand)} as ${expression.type.toLowerCase()}`;
    case "collate":
      return thing(of, expression.operand);
    case "unary":
      return expression.operator === "NOT"
        ? `not ${condition(of, expression.operand)}`
        : `${expression.operator}${thing(of, expression.operand)}`;
    case "extract":
      return `the ${expression.field.toLowerCase()} of ${thing(of, expression.operand)}`;
    case "binary":
      return isCondition(expression)
        ? `whether ${condition(of, expression)}`
        : `${thing(of, expression.left)} ${symbols.get(expression.operator) ?? expression.operator} ${thing(of, expression.right)}`;
    case "case": {
      const branches = expression.branches.map(({ when, then }) => {
        const test =
          expression.operand === undefined
            ? condition(of, when)
            : `${thing(of, expression.operand)} is ${thing(of, when)}`;
        return `${thing(of, then)} where ${test}`;
      });
      return [
        ...branches,
        ...(expression.otherwise === undefined ? [] : [`otherwise ${thing(of, expression.otherwise)}`]),
      ].join(", ");
    }
    case "tuple":
      return `(${expression.items.map((item) => thing(of, item)).join(", ")})`;
    case "like":
    case "is":
    case "between":
    case "in":
    case "inQuery":
    case "exists":
    case "quantified":
      return `whether ${condition(of, expression)}`;
    default: {
      const printed = printExpression(expression, "sqlite");
      return printed.length > shownText ? `${printed.slice(0, shownText)}…` : printed;
    }
  }
}

const aggregates: ReadonlyMap<string, string> = new Map([
  ["sum", "the sum of"],
  ["total", "the sum of"],
  ["avg", "the average of"],
  ["mean", "the average of"],
  ["min", "the smallest"],
  ["max", "the largest"],
  ["median", "the median of"],
  ["group_concat", "a list of all"],
  ["string_agg", "a list of all"],
  ["listagg", "a list of all"],
  ["array_agg", "a list of all"],
  ["length", "the length of"],
  ["abs", "the absolute value of"],
  ["lower", "the lower-case"],
  ["upper", "the upper-case"],
]);

/** Whether a call makes one value of many rows. */
export const isAggregate = (expression: Expression): boolean =>
  expression.kind === "call" &&
  expression.over === undefined &&
  /^(?:count|sum|total|avg|mean|median|group_concat|string_agg|listagg|array_agg|json_group_.*|json_agg|jsonb_agg|stddev.*|var.*|mode|bool_.*|every|bit_.*|any_value|min|max)$/i.test(
    expression.name.at(-1)?.text ?? "",
  ) &&
  (expression.args?.length ?? 0) < 3;

export const isCountOfRows = (expression: Expression): boolean =>
  expression.kind === "call" &&
  expression.over === undefined &&
  expression.filter === undefined &&
  expression.name.at(-1)?.text.toLowerCase() === "count" &&
  (expression.args?.length === 0 || expression.args?.[0]?.kind === "star");

function call(of: Describing, expression: Call): string {
  const name = expression.name.at(-1)?.text ?? "";
  const args = (expression.args ?? []).map((argument) =>
    argument.kind === "star"
      ? "*"
      : isCondition(argument.value)
        ? condition(of, argument.value)
        : thing(of, argument.value),
  );
  const [first] = args;
  const words = aggregates.get(name.toLowerCase());
  const filter = expression.filter === undefined ? "" : ` where ${condition(of, expression.filter)}`;
  const text =
    name.toLowerCase() === "count"
      ? counted(expression.distinct, first)
      : words !== undefined && first !== undefined && (args.length === 1 || words.startsWith("a list"))
        ? `${words} ${expression.distinct ? "different " : ""}${first}`
        : expression.args === undefined
          ? name.toLowerCase().replaceAll("_", " ")
          : `${name}(${args.join(", ")})`;
  return text + filter + over(of, expression);
}

function counted(distinct: boolean, of: string | undefined): string {
  if (of === undefined || of === "*") return "the number of rows";
  return `the number of ${distinct ? "different " : "values of "}${of}`;
}

function over(of: Describing, { over: window }: Call): string {
  if (window === undefined) return "";
  if ("text" in window) return ` over the window ${window.text}`;
  const partition =
    window.partition.length === 0 ? "" : ` for each ${joined(window.partition.map((one) => thing(of, one)))}`;
  const by = window.order.length === 0 ? "" : ` in the order of ${order(of, window.order)}`;
  return partition === "" && by === "" ? " over all rows" : partition + by;
}

/** `age, highest first, then name`. */
export function order(of: Describing, items: readonly OrderItem[]): string {
  return items
    .map(({ by, descending }) => `${thing(of, by)}${descending === true ? ", highest first" : ""}`)
    .join(", then ");
}
