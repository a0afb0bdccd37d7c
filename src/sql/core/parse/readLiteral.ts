import { fields, isTrue, list, text, variant } from "./node";
import { forbidden } from "./refused";
import type { Reading } from "./reading";
import type { Literal } from "./tree";

/** Texts of a statement beyond this many characters belong into no query. */
const maxText = 100_000;

/** A literal, whatever the way it was quoted: it is printed in one way for each engine. */
export function readLiteral(reading: Reading, node: unknown): Literal {
  const { name, payload } = variant(fields(node, "A value", ["value"]).value);
  switch (name) {
    case "Number": {
      const [digits, long] = list(payload);
      if (typeof digits !== "string" || isTrue(long) || !/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(digits))
        throw forbidden("A number in the statement is not written as Paddock knows numbers.");
      return { type: "number", digits };
    }
    case "SingleQuotedString":
    case "EscapedStringLiteral":
    case "UnicodeStringLiteral":
    case "NationalStringLiteral":
      return string(payload);
    case "DoubleQuotedString":
      if (reading.engine === "mysql" || reading.engine === "mariadb") return string(payload);
      break;
    case "DollarQuotedString":
      return string(fields(payload, "A text", ["value", "tag"]).value);
    case "HexStringLiteral": {
      const hex = text(payload);
      const span = reading.span(node);
      // 0x1F is a number in SQLite and bytes elsewhere, and the parser does not tell it from x'1F'.
      const written = span === undefined ? "" : reading.source.slice(span.start, span.end);
      if (!/^x'/i.test(written) || !/^(?:[\da-f]{2})*$/i.test(hex)) break;
      return { type: "bytes", hex: hex.toUpperCase() };
    }
    case "Boolean":
      return { type: "boolean", value: isTrue(payload) };
    case "Null":
      return { type: "null" };
    case "Placeholder":
      throw forbidden("The statement has a placeholder, for which there is no value.");
  }
  throw forbidden("A value in the statement is written in a way that Paddock does not know.");
}

function string(payload: unknown): Literal {
  const value = text(payload);
  if (value.length > maxText) throw forbidden("A text in the statement is too long.");
  return { type: "string", text: value };
}

/** A text where the grammar allows no other value. */
export function readText(reading: Reading, node: unknown): string {
  const literal = readLiteral(reading, node);
  if (literal.type !== "string") throw forbidden("The statement has another value where a text belongs.");
  return literal.text;
}
