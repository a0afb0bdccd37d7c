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
/** A question as people ask them, over tables that every range has. */
export const YARDSTICK =
  "SELECT t.name, count(u.id) AS orders FROM t LEFT JOIN u ON u.t_id = t.id GROUP BY t.name ORDER BY orders, t.name";
/** A statement denies service that runs so many times as long as the yardstick did just before. */
const TIMES_SLOWER = 25;
/** Of the machine's own unrest, ms. */
const UNREST_MS = 60;
/** The shortest of the attacks that are slow sleep for three seconds, however quick the machine is, ms. */
const SLEEPS_MS = 1000;
/** What is not said to be slow is given so long, ms: on a busy machine a large value takes its time. */
export const LONGEST_MS = 30_000;
/** A value of more characters or bytes fills memory. */
export const SIZE = 16 * 1024 * 1024;

/** @returns when a statement is slow where the yardstick takes so long, whole ms. */
export function slowAfter(yardstickMs: number): number {
  return Math.ceil(Math.min(Math.max(TIMES_SLOWER * yardstickMs, UNREST_MS), SLEEPS_MS));
}

/**
 * How long an attack is given, ms: one that is said to be slow by what the yardstick takes here and now, so that other
 * programs on the machine change nothing of what is shown.
 */
export async function patienceFor(
  attack: Attack,
  runYardstick: () => Promise<unknown>,
  otherwise = LONGEST_MS,
): Promise<number> {
  if (attack.harm !== "slow") return otherwise;
  // The first of two may have to open what the last statement closed.
  await runYardstick();
  const began = performance.now();
  await runYardstick();
  return slowAfter(performance.now() - began);
}

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
  /** An unharmed database again, where the last strike or look at the damage found it harmed. */
  renew(): Promise<void>;
  /** Lets go of the database, so that others can open it. */
  leave(): Promise<void>;
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
