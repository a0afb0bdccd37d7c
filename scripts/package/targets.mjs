// Which native packages each platform's .vsix carries, and what their files must be.
import { readFile } from "node:fs/promises";
import * as v from "valibot";

const integritySchema = v.pipe(v.string(), v.regex(/^sha512-[A-Za-z0-9+/]{86}==$/, "is not a SHA-512 integrity"));

const targetSchema = v.strictObject({
  /** What every native file of the package must be. */
  format: v.picklist(["elf", "pe", "mach-o"]),
  machine: v.picklist(["x64", "arm64"]),
  native: v.pipe(v.array(v.pipe(v.string(), v.startsWith("@node-llama-cpp/"))), v.minLength(1)),
  /** koffi's native part, of koffi's own version. */
  ffi: v.pipe(v.string(), v.startsWith("@koromix/koffi-")),
  /** DuckDB's native part, of its own version. */
  duckdb: v.pipe(v.string(), v.startsWith("@duckdb/node-bindings-")),
  /** node-llama-cpp's version where it is not the one in package.json: a binding loads natives of its own version only. */
  binding: v.optional(v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/))),
  why: v.string(),
});

const manifestSchema = v.strictObject({
  targets: v.record(v.string(), targetSchema),
  /** Of packages that package-lock.json does not hold. */
  integrity: v.record(v.string(), integritySchema),
});

/** @typedef {v.InferOutput<typeof targetSchema>} Target */

/** @throws {Error} when targets.json is not as described above. */
export async function readTargets() {
  const text = await readFile(new URL("targets.json", import.meta.url), "utf8");
  return v.parse(manifestSchema, JSON.parse(text));
}

/** The target of the machine this runs on, e.g. "linux-x64"; it need not be one that can be packaged. */
export function thisTarget() {
  return `${process.platform}-${process.arch}`;
}
