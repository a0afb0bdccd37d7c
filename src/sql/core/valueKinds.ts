import type { ValueKind } from "./schema";

/** By the beginning of a type's name, in lower case; the first that fits counts. */
const kinds: readonly (readonly [RegExp, ValueKind])[] = [
  [/(\[\]|\[\d+\])$/, "other"],
  [/^(struct|map|list|array|union|set\(|enum\b.*\[)/, "other"],
  [/^(interval|tsvector|tsquery|bit\b|varbit|bit varying)/, "other"],
  [/^(bool|tinyint\(1\))/, "boolean"],
  [/^(u?(tiny|small|medium|big|huge)?int|integer|int\d|(small|big)?serial|year\b|oid\b)/, "integer"],
  [/^(numeric|decimal|dec\b|number|real|float|double|money)/, "number"],
  [/^(timestamp|datetime)/, "timestamp"],
  [/^date/, "date"],
  [/^time/, "time"],
  [/^json/, "json"],
  [/^(blob|bytea|binary|varbinary|(tiny|medium|long)blob|image)/, "blob"],
  [/(char|text|clob|string)/, "text"],
  [/^(enum|uuid|name$|citext|inet|cidr|macaddr|xml)/, "text"],
];

/** What a column's values are, by the name that its engine gives the type. */
export function kindOfType(type: string): ValueKind {
  const lower = type.trim().toLowerCase();
  return kinds.find(([pattern]) => pattern.test(lower))?.[1] ?? "other";
}

/** As `kindOfType`, and where SQLite's declared type is none of these, by the affinity that its rules give it. */
export function kindOfSqliteType(type: string): ValueKind {
  const kind = kindOfType(type);
  if (kind !== "other" || type === "") return kind;
  const lower = type.toLowerCase();
  if (lower.includes("int")) return "integer";
  if (/real|floa|doub/.test(lower)) return "number";
  return "other";
}
