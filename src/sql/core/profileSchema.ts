import * as v from "valibot";
import type { ConnectionProfile } from "./connection";

const fileName = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(500));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const tlsSchema = v.object({
  mode: v.picklist(["off", "prefer", "require", "verify"]),
  caFile: v.exactOptional(fileName),
  certificateFile: v.exactOptional(fileName),
  keyFile: v.exactOptional(fileName),
});
/** ssh takes what begins with a dash for an option; that is never a destination. */
export const sshDestination = v.pipe(word, v.regex(/^[^\s-][^\s]*$/u));

const targetSchema = v.variant("engine", [
  v.object({ engine: v.literal("sqlite"), file: fileName }),
  v.object({
    engine: v.literal("duckdb"),
    file: v.exactOptional(fileName),
    files: v.pipe(v.array(fileName), v.maxLength(1000)),
  }),
  v.object({
    engine: v.picklist(["postgres", "mysql", "mariadb"]),
    host: word,
    port,
    database: v.pipe(v.string(), v.maxLength(500)),
    user: v.pipe(v.string(), v.maxLength(500)),
    tls: tlsSchema,
    ssh: v.exactOptional(v.object({ destination: sshDestination, port: v.exactOptional(port) })),
  }),
]);
const noteSchema = v.object({
  note: v.exactOptional(v.pipe(v.string(), v.maxLength(2000))),
  synonyms: v.exactOptional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(50))),
});
const profileSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[0-9a-z-]{1,64}$/u)),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  target: targetSchema,
  writable: v.boolean(),
  sampleValues: v.boolean(),
  notes: v.record(v.string(), noteSchema),
});

/** A kept connection as it was written; undefined for anything else, such as one of a later version. */
export function parseProfile(kept: unknown): ConnectionProfile | undefined {
  const parsed = v.safeParse(profileSchema, kept);
  return parsed.success ? parsed.output : undefined;
}
