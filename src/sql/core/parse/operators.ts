import type { DatabaseEngine } from "../schema";

const everywhere: Readonly<Record<string, string>> = {
  Plus: "+",
  Minus: "-",
  Multiply: "*",
  Divide: "/",
  Modulo: "%",
  StringConcat: "||",
  Gt: ">",
  Lt: "<",
  GtEq: ">=",
  LtEq: "<=",
  Eq: "=",
  NotEq: "<>",
  And: "AND",
  Or: "OR",
  BitwiseOr: "|",
  BitwiseAnd: "&",
  PGBitwiseShiftLeft: "<<",
  PGBitwiseShiftRight: ">>",
};

const mysql: Readonly<Record<string, string>> = {
  Xor: "XOR",
  Spaceship: "<=>",
  BitwiseXor: "^",
  MyIntegerDivide: "DIV",
  Regexp: "REGEXP",
  Arrow: "->",
  LongArrow: "->>",
};

const byEngine: Readonly<Record<DatabaseEngine, Readonly<Record<string, string>>>> = {
  // The parser knows no GLOB; prescan.ts hands it over as `~`, which SQLite has no other use for between two operands.
  sqlite: { Arrow: "->", LongArrow: "->>", Match: "MATCH", PGRegexMatch: "GLOB" },
  duckdb: {
    DuckIntegerDivide: "//",
    PGExp: "^",
    BitwiseXor: "^",
    PGRegexMatch: "~",
    PGRegexNotMatch: "!~",
    PGLikeMatch: "~~",
    PGNotLikeMatch: "!~~",
    PGILikeMatch: "~~*",
    PGNotILikeMatch: "!~~*",
    PGStartsWith: "^@",
    PGOverlap: "&&",
    Arrow: "->",
    LongArrow: "->>",
    AtArrow: "@>",
    ArrowAt: "<@",
  },
  postgres: {
    PGBitwiseXor: "#",
    PGExp: "^",
    PGOverlap: "&&",
    PGRegexMatch: "~",
    PGRegexIMatch: "~*",
    PGRegexNotMatch: "!~",
    PGRegexNotIMatch: "!~*",
    PGLikeMatch: "~~",
    PGILikeMatch: "~~*",
    PGNotLikeMatch: "!~~",
    PGNotILikeMatch: "!~~*",
    PGStartsWith: "^@",
    Arrow: "->",
    LongArrow: "->>",
    HashArrow: "#>",
    HashLongArrow: "#>>",
    HashMinus: "#-",
    AtAt: "@@",
    AtArrow: "@>",
    ArrowAt: "<@",
    AtQuestion: "@?",
    Question: "?",
    QuestionAnd: "?&",
    QuestionPipe: "?|",
    Overlaps: "OVERLAPS",
    LtDashGt: "<->",
  },
  mysql,
  mariadb: mysql,
};

/** How an operator between two operands is printed; undefined: the engine has none of that meaning that is known here. */
export function binaryOperator(engine: DatabaseEngine, name: string): string | undefined {
  return own(everywhere, name) ?? own(byEngine[engine], name);
}

const unary: Readonly<Record<string, string>> = { Plus: "+", Minus: "-", Not: "NOT", BitwiseNot: "~" };

export const unaryOperator = (name: string): string | undefined => own(unary, name);

const own = (record: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
