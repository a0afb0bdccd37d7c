import type { ValueKind } from "./schema";

/** By the beginning of a type's name, in lower case; the first that fits counts. */
const kinds: readonly (readonly [RegExp, ValueKind])[] = [
  [/\[\d*\]$/, "other"],
  [/^(struct|map|list|array|union|interval|bit|bit varying|varbit)\b/, "other"],
  [/^(bool(ean)?\b|tinyint\(1\))/, "boolean"],
  [/^(u?(tiny|small|medium|big|huge)?int(eger)?\d*|(small|big)?serial\d*|year|oid)\b/, "integer"],
  [/^(numeric|decimal|dec|number|real|float\d*|double|money)\b/, "number"],
  [/^(timestamp|datetime)/, "timestamp"],
  [/^date\b/, "date"],
  [/^time(tz)?\b/, "time"],
  [/^jsonb?\b/, "json"],
  [/^((tiny|medium|long)?blob|bytea|(var)?binary|image)\b/, "blob"],
  [/char|text|clob|string/, "text"],
  [/^(enum|set|uuid|name|inet|cidr|macaddr\d*|xml)\b/, "text"],
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
