import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { createHash } from "node:crypto";
import * as v from "valibot";

/** What a statement does that a query never does. */
export const harms = ["data", "file", "session", "secret", "slow", "size", "lock"] as const;
export type Harm = (typeof harms)[number];

const attackSchema = v.strictObject({
  /** What is attacked and how: a family of at most ten. */
  shape: v.string(),
  /** What it does where nothing stops it. */
  harm: v.picklist(harms),
  /** `{dir}`: a folder that is none of the database's own, with files in it. */
  sql: v.string(),
});
export type Attack = v.InferOutput<typeof attackSchema>;

/** Stands in what no statement may get at: other files, other databases, the environment. */
export const SECRET = "SECRET-7f3a91";
/** What stored passwords look like, which are secrets too. */
const storedPassword = /SCRAM-SHA-256\$|\*[0-9A-F]{40}/;
/** A statement that still runs after so long denies service, ms. */
export const SLOW_MS = 400;
/** A value of more characters or bytes fills memory. */
export const SIZE = 16 * 1024 * 1024;

export function readAttacks(engine: string): readonly Attack[] {
  return v.parse(
    v.array(attackSchema),
    JSON.parse(readFileSync(path.join(import.meta.dirname, `${engine}.json`), "utf8")),
  );
}

/** Where attacks are tried out, one after the other. */
export interface Range {
  /** Runs an attack with all layers off. @returns every harm that was seen. */
  strike(attack: Attack): Promise<ReadonlySet<Harm>>;
  /** What is seen from outside of the database since it was made anew. */
  damage(): Promise<ReadonlySet<Harm>>;
  /** A new database where the last one is harmed. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A statement's form: its words and marks, with a name for every name, a value for every value, and no comments. Names
 * of functions count, since another function is another attack.
 */
export function formOf(sql: string): string {
  const keyword = /^[A-Z_]+$/;
  return sql
    .replaceAll(/\/\*[^]*?\*\/|--[^\n]*/g, " ")
    .replaceAll(/'(?:[^']|'')*'|\$(\w*)\$[^]*?\$\1\$/g, "?")
    .replaceAll(/"(?:[^"]|"")*"|`[^`]*`|\[\w+\]/g, "x")
    .replaceAll(/\b\d[\w.]*/g, "?")
    .replaceAll(/[A-Za-z_@][\w$]*(?!\w*\s*\()/g, (word) => (keyword.test(word) ? word : "x"))
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The contents of all files of a folder, as one number. */
export function digestOf(folder: string, skip: (name: string) => boolean = () => false): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (skip(name)) continue;
    const file = path.join(folder, name);
    hash.update(name);
    if (statSync(file).isFile()) hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** The harms in the values of rows: what is secret, and what is too large. */
export function harmsInRows(rows: readonly unknown[]): Set<Harm> {
  const found = new Set<Harm>();
  const look = (value: unknown): void => {
    if (typeof value === "string") {
      if (value.length > SIZE) found.add("size");
      const head = value.slice(0, 100_000);
      if (head.includes(SECRET) || storedPassword.test(head)) found.add("secret");
    } else if (value instanceof Uint8Array) {
      if (value.length > SIZE) found.add("size");
      if (Buffer.from(value.subarray(0, 100_000)).includes(SECRET)) found.add("secret");
    } else if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
  };
  rows.forEach(look);
  return found;
}
