import type { SqlSpan } from "../gate";
import type { DatabaseEngine } from "../schema";
import { asNode, Depth, fields, list, optional, text, variant } from "./node";
import { forbidden } from "./refused";
import type { Argument, Expression, Name, OrderItem, Query, WindowSpec } from "./tree";

/** What readers of a tree need of each other and of the text it was parsed from. */
export interface Reading {
  readonly engine: DatabaseEngine;
  readonly source: string;
  readonly depth: Depth;
  readonly span: (node: unknown) => SqlSpan | undefined;
  readonly expression: (node: unknown) => Expression;
  readonly query: (node: unknown) => Query;
  readonly arguments: (node: unknown) => readonly Argument[];
  readonly order: (node: unknown) => readonly OrderItem[];
  readonly window: (node: unknown) => WindowSpec;
}

/** A bare word of any engine here: letters, digits, `_` and `$`; no mark that a variable or an operator begins with. */
const bareWord = /^[\p{L}_][\p{L}\p{M}\p{N}_$]*$/u;

/** Control characters have no place in a name, and engines disagree about NUL. */

const control = /[\u0000-\u001f\u007f]/;

export function readName(reading: Reading, node: unknown): Name {
  const ident = fields(node, "A name", ["value", "quote_style"]);
  const value = text(ident.value);
  const quoted = optional(ident.quote_style, text) !== undefined;
  if (value === "" || control.test(value))
    throw forbidden("A name in the statement is empty or has control characters.");
  if (!quoted && !bareWord.test(value)) throw forbidden(`${value} is not a name that Paddock lets a statement use.`);
  const span = reading.span(node);
  return { text: value, quoted, ...(span === undefined ? {} : { span }) };
}

/** A name of several parts, each a plain identifier. */
export function readObjectName(reading: Reading, node: unknown): readonly Name[] {
  const parts = list(node).map((part) => {
    const { name, payload } = variant(part);
    if (name !== "Identifier") throw forbidden("A name in the statement is computed.");
    return readName(reading, payload);
  });
  if (parts.length === 0 || parts.length > 4) throw forbidden("A name in the statement has too many parts.");
  return parts;
}

/** Offsets from the parser's lines and columns, both from 1 and counted in code points. */
export function spans(source: string): (node: unknown) => SqlSpan | undefined {
  const lines = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) lines.push(at + 1);

  const plain = /^[\u0000-\uffff]*$/.test(source) && !/[\ud800-\udfff]/.test(source);
  const offset = (value: unknown): number | undefined => {
    const { line, column } = asNode(value);
    if (typeof line !== "number" || typeof column !== "number" || line < 1 || column < 1) return undefined;
    const start = lines[line - 1];
    if (start === undefined) return undefined;
    if (plain) return start + column - 1;
    let at = start;
    for (let n = 1; n < column && at < source.length; n++) at += (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    return at;
  };
  return (node) => {
    const span = optional(asNode(node).span, asNode);
    if (span === undefined) return undefined;
    const start = offset(span.start);
    const end = offset(span.end);
    return start === undefined || end === undefined || end <= start || end > source.length ? undefined : { start, end };
  };
}
