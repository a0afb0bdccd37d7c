import type { Call, Expression } from "./tree";

/** Small trees, for those who put something else in the place of a part. */

export const number = (value: number): Expression => ({
  kind: "literal",
  value: { type: "number", digits: String(value) },
});
export const string = (text: string): Expression => ({ kind: "literal", value: { type: "string", text } });

export const call = (name: string, ...args: readonly Expression[]): Call => ({
  kind: "call",
  name: [{ text: name, quoted: false }],
  args: args.map((value) => ({ kind: "value", value })),
  distinct: false,
  order: [],
  withinGroup: [],
});

/** A function that is written without parentheses. */
export const bareCall = (name: string): Call => ({
  kind: "call",
  name: [{ text: name, quoted: false }],
  distinct: false,
  order: [],
  withinGroup: [],
});

export const cast = (operand: Expression, type: string): Expression => ({ kind: "cast", operand, type, tried: false });
export const parens = (inner: Expression): Expression => ({ kind: "parens", inner });
export const binary = (operator: string, left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
});

export const stringOf = (expression: Expression | undefined): string | undefined =>
  expression?.kind === "literal" && expression.value.type === "string" ? expression.value.text : undefined;
export const digitsOf = (expression: Expression | undefined): string | undefined =>
  expression?.kind === "literal" && expression.value.type === "number" ? expression.value.digits : undefined;

/** The values given to a call, where it is given nothing but values. */
export function valuesOf(call: Call): readonly Expression[] | undefined {
  const values = (call.args ?? []).flatMap((one) =>
    one.kind === "value" && one.name === undefined ? [one.value] : [],
  );
  return values.length === (call.args ?? []).length ? values : undefined;
}
