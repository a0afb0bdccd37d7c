import type { DatabaseEngine } from "../schema";
import { bareCall, binary, call, cast, number, parens, string, stringOf } from "./build";
import type { Expression } from "./tree";

type Target = Exclude<DatabaseEngine, "sqlite">;

const isMysql = (to: Target): boolean => to === "mysql" || to === "mariadb";

/** strftime's directives as to_char writes them. */
const toChar: Readonly<Record<string, string>> = {
  Y: "YYYY",
  m: "MM",
  d: "DD",
  H: "HH24",
  M: "MI",
  S: "SS",
  j: "DDD",
  W: "IW",
  w: "D",
};
/** Those that date_format writes otherwise. */
const dateFormat: Readonly<Record<string, string>> = { M: "%i", S: "%S" };

/**
 * SQLite's function of dates as another engine has it; undefined: this one is left as it is.
 * SQLite keeps dates in texts and numbers, so what they are of is cast where an engine insists on its own types.
 */
export function translateDate(name: string, args: readonly Expression[], to: Target): Expression | undefined {
  switch (name) {
    case "date":
      return moment(args, to, "DATE");
    case "datetime":
      return moment(args, to, "TIMESTAMP");
    case "strftime": {
      const format = stringOf(args[0]);
      const at = moment(args.slice(1), to, "TIMESTAMP");
      return format === undefined || at === undefined ? undefined : formatted(format, at, to);
    }
    case "julianday": {
      const at = moment(args, to, "TIMESTAMP");
      return at === undefined ? undefined : julianDay(at, to);
    }
    case "unixepoch": {
      const at = moment(args, to, "TIMESTAMP");
      if (at === undefined) return undefined;
      if (isMysql(to)) return call("unix_timestamp", at);
      return cast({ kind: "extract", field: "EPOCH", operand: at }, "BIGINT");
    }
    default:
      return undefined;
  }
}

/** A value of time with SQLite's modifiers, such as '-7 days', added to it. */
function moment(args: readonly Expression[], to: Target, type: "DATE" | "TIMESTAMP"): Expression | undefined {
  const [of, ...modifiers] = args;
  const now = of === undefined || stringOf(of)?.toLowerCase() === "now";
  const start = now ? bareCall(type === "DATE" ? "CURRENT_DATE" : "CURRENT_TIMESTAMP") : typed(of, to, type);
  let moved: Expression = start;
  for (const modifier of modifiers) {
    const found = /^([+-]?\d+(?:\.\d+)?) (second|minute|hour|day|month|year)s?$/i.exec(stringOf(modifier) ?? "");
    const [, amount, unit] = found ?? [];
    if (amount === undefined || unit === undefined) return undefined;
    moved = isMysql(to)
      ? call("date_add", moved, { kind: "interval", value: signed(amount), unit: unit.toUpperCase() })
      : parens(binary("+", moved, { kind: "interval", value: string(`${amount} ${unit.toLowerCase()}`) }));
  }
  return modifiers.length > 0 && type === "DATE" && !isMysql(to) ? cast(moved, "DATE") : moved;
}

const typed = (of: Expression, to: Target, type: "DATE" | "TIMESTAMP"): Expression =>
  isMysql(to) ? (type === "DATE" ? call("date", of) : of) : cast(of, type);

function signed(amount: string): Expression {
  const digits = number(Math.abs(Number(amount)));
  return amount.startsWith("-") ? { kind: "unary", operator: "-", operand: digits } : digits;
}

function formatted(format: string, at: Expression, to: Target): Expression | undefined {
  const directives = [...format.matchAll(/%(.)/g)].map((found) => found[1] ?? "");
  if (directives.some((directive) => toChar[directive] === undefined)) return undefined;
  if (to === "duckdb") return call("strftime", at, string(format));
  if (to === "postgres") {
    if (/[a-z"\\]/i.test(format.replaceAll(/%./g, ""))) return undefined;
    return call("to_char", at, string(format.replaceAll(/%(.)/g, (_, directive: string) => toChar[directive] ?? "")));
  }
  const own = format.replaceAll(/%(.)/g, (whole, directive: string) => dateFormat[directive] ?? whole);
  return call("date_format", at, string(own));
}

/** Days since noon in Greenwich on November 24, 4714 B.C.; the Unix epoch is day 2440587.5. */
function julianDay(at: Expression, to: Target): Expression {
  if (to === "duckdb") return call("julian", at);
  const seconds: Expression = isMysql(to)
    ? call("unix_timestamp", at)
    : { kind: "extract", field: "EPOCH", operand: at };
  return parens(binary("+", binary("/", seconds, number(86_400)), number(2_440_587.5)));
}
