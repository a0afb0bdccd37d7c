import { alloc, encode, load, type LibraryHandle, struct, type TypeObject } from "koffi";
import type { Field } from "../core/nativeLayouts";

/** Makes a library's own dependencies known first: Windows looks for them by name among what is loaded. */
export function loadLibraries(files: readonly string[]): LibraryHandle[] {
  return files.map((file) => load(file));
}

const kinds = { int32: "int32_t", uint32: "uint32_t", float: "float", bool: "bool", pointer: "void *", size: "size_t" };

/** A structure that koffi can pass by value or by pointer. */
export function structOf(name: string, layout: readonly Field[]): TypeObject {
  return struct(name, Object.fromEntries(layout.map((field) => [field.name, kinds[field.kind]])));
}

export type StructValues = Readonly<Record<string, number | bigint | boolean | null>>;

/** A structure's defaults, with some fields changed. */
export function filled(layout: readonly Field[], changes: StructValues): StructValues {
  const defaults = layout.map(({ name, kind, value }) => [
    name,
    kind === "bool" ? value === 1 : kind === "pointer" ? null : value,
  ]);
  return { ...Object.fromEntries(defaults), ...changes } as StructValues;
}

/**
 * Bytes copied to memory that does not move and is never given back: the process does one job.
 * @returns where they are.
 */
export function keep(bytes: Uint8Array): bigint {
  const at = alloc("uint8_t", Math.max(1, bytes.length));
  encode(at, "uint8_t", bytes, bytes.length);
  return at;
}

/** @throws RangeError for a text with NUL, which C would read as its end. */
export function keepText(text: string): bigint {
  if (text.includes("\0")) throw new RangeError("A text for llama.cpp holds NUL.");
  return keep(Buffer.from(`${text}\0`, "utf8"));
}
