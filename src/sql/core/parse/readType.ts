import type { DatabaseEngine } from "../schema";
import { asNode, fields, list, optional, text, variant } from "./node";
import { forbidden } from "./refused";
import { type Reading, readObjectName } from "./reading";

/** Types as they are printed, by the parser's name for them. */
const simple: Readonly<Record<string, string>> = {
  Uuid: "UUID",
  TinyBlob: "TINYBLOB",
  HugeInt: "HUGEINT",
  UHugeInt: "UHUGEINT",
  UTinyInt: "UTINYINT",
  USmallInt: "USMALLINT",
  UBigInt: "UBIGINT",
  Signed: "SIGNED",
  SignedInteger: "SIGNED INTEGER",
  Unsigned: "UNSIGNED",
  UnsignedInteger: "UNSIGNED INTEGER",
  Float4: "FLOAT4",
  Float8: "FLOAT8",
  Real: "REAL",
  DoublePrecision: "DOUBLE PRECISION",
  Bool: "BOOL",
  Boolean: "BOOLEAN",
  Date: "DATE",
  JSON: "JSON",
  JSONB: "JSONB",
  Regclass: "REGCLASS",
  Text: "TEXT",
  Bytea: "BYTEA",
  TsVector: "TSVECTOR",
  TsQuery: "TSQUERY",
};

/** Types with a length or a precision, or none. */
const sized: Readonly<Record<string, string>> = {
  Character: "CHARACTER",
  Char: "CHAR",
  CharacterVarying: "CHARACTER VARYING",
  CharVarying: "CHAR VARYING",
  Varchar: "VARCHAR",
  Nvarchar: "NVARCHAR",
  Binary: "BINARY",
  Varbinary: "VARBINARY",
  Blob: "BLOB",
  Numeric: "NUMERIC",
  Decimal: "DECIMAL",
  Dec: "DEC",
  Float: "FLOAT",
  Double: "DOUBLE",
  TinyInt: "TINYINT",
  Int2: "INT2",
  SmallInt: "SMALLINT",
  MediumInt: "MEDIUMINT",
  Int: "INT",
  Int4: "INT4",
  Int8: "INT8",
  Integer: "INTEGER",
  BigInt: "BIGINT",
  Datetime: "DATETIME",
  String: "STRING",
  Bit: "BIT",
};

/** Further types by their own names. A cast to a type that somebody made would call a function of theirs. */
const named: Readonly<Record<Exclude<DatabaseEngine, "sqlite">, ReadonlySet<string>>> = {
  duckdb: new Set(["int1", "uinteger", "timestamp_s", "timestamp_ms", "timestamp_ns", "varint"]),
  postgres: new Set(["name", "money", "inet", "cidr", "macaddr", "citext", "oid", "char", "bpchar", "jsonpath"]),
  mysql: new Set(["year"]),
  mariadb: new Set(["year"]),
};

/** A type of a cast, as it is printed. */
export function readType(reading: Reading, value: unknown): string {
  const { name, payload } = variant(value);
  const plain = simple[name];
  if (plain !== undefined && payload === undefined) return plain;
  const base = sized[name];
  if (base !== undefined) return `${base}${size(payload)}`;
  switch (name) {
    case "Time":
    case "Timestamp":
      return timed(name.toUpperCase(), list(payload));
    case "Interval":
      fields(payload, "An interval type", []);
      return "INTERVAL";
    case "Array":
      return arrayType(reading, payload);
    case "Custom":
      return customType(reading, list(payload));
    default:
      throw forbidden(`The type ${name} is not one that Paddock lets a statement use.`);
  }
}

function size(payload: unknown): string {
  if (payload === undefined || payload === null || payload === "None") return "";
  if (typeof payload === "number" || typeof payload === "bigint") return `(${whole(payload)})`;
  const { name, payload: inner } = variant(payload);
  switch (name) {
    case "IntegerLength":
      return `(${whole(fields(inner, "A length", ["length"]).length)})`;
    case "Precision":
      return `(${whole(inner)})`;
    case "PrecisionAndScale":
      return `(${list(inner).map(whole).join(", ")})`;
    default:
      throw forbidden("A type in the statement has a size that Paddock does not know.");
  }
}

function whole(value: unknown): string {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number > 65_535)
    throw forbidden("A type in the statement has a size that is no sensible number.");
  return String(number);
}

function timed(base: string, [precision, zone]: readonly unknown[]): string {
  const digits = optional(precision, whole);
  const sizedBase = digits === undefined ? base : `${base}(${digits})`;
  switch (zone) {
    case "None":
      return sizedBase;
    case "WithTimeZone":
      return `${sizedBase} WITH TIME ZONE`;
    case "WithoutTimeZone":
      return `${sizedBase} WITHOUT TIME ZONE`;
    case "Tz":
      return `${base}TZ${digits === undefined ? "" : `(${digits})`}`;
    default:
      throw forbidden("A type in the statement has a time zone that Paddock does not know.");
  }
}

function arrayType(reading: Reading, payload: unknown): string {
  const { name, payload: inner } = variant(payload);
  const [element, length] = list(inner);
  if (name !== "SquareBracket") throw forbidden("Paddock does not know that form of an array type.");
  return `${readType(reading, element)}[${optional(length, whole) ?? ""}]`;
}

function customType(reading: Reading, [nameNode, modifiers]: readonly unknown[]): string {
  const [name, ...more] = readObjectName(reading, nameNode);
  if (name === undefined || more.length > 0 || list(modifiers).length > 0 || !/^\w+$/.test(name.text))
    throw forbidden("Paddock does not know a type in the statement.");
  // SQLite takes any word for a type, and calls nothing for it.
  if (reading.engine !== "sqlite" && !named[reading.engine].has(name.text.toLowerCase()))
    throw forbidden(`The type ${name.text} is not one that Paddock lets a statement use.`);
  return name.text;
}

const dateParts = new Set(
  (
    "year years quarter month months week weeks day days hour hours minute minutes second seconds century decade dow " +
    "doy epoch isodow isoyear julian millennium millisecond milliseconds microsecond microseconds"
  ).split(" "),
);
/** MySQL's composite parts, of which the parser knows none by name, and DuckDB's own. */
const customParts = new Set(
  (
    "second_microsecond minute_microsecond minute_second hour_microsecond hour_second hour_minute day_microsecond " +
    "day_second day_minute day_hour year_month dayofweek weekday dayofyear weekofyear yearweek yearofweek era"
  ).split(" "),
);

/** A part of a date, as it is printed. */
export function readDatePart(value: unknown): string {
  const { name, payload } = variant(value);
  if (name === "Custom") {
    const part = text(asNode(payload).value).toLowerCase();
    if (customParts.has(part) || dateParts.has(part)) return part.toUpperCase();
  } else if ((payload === undefined || payload === null) && dateParts.has(name.toLowerCase()))
    return name.toUpperCase();
  throw forbidden("Paddock does not know a part of a date in the statement.");
}
