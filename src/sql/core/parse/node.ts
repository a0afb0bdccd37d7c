import { forbidden } from "./refused";

/**
 * Readers of the parser's tree. Each asks for the fields it understands; a field beside them that says anything at all
 * is refused. So what a newer parser adds is refused until somebody has read what it means.
 */
export type Node = Readonly<Record<string, unknown>>;

/** How much a tree may be nested; JavaScript's own stack holds several times as much. */
const maxDepth = 600;

const isObject = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Fields that only say where something was written, or by which of two equal spellings. */
const sayNothing = /^(?:.+_token|span|shorthand|special|explicit|is_some|regexp|window_before_qualify|syntax)$/;

/** Absent, false, an empty list, or the variant that says so. */
export function saysNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === "None" ||
    value === "Standard" ||
    (Array.isArray(value) && value.length === 0)
  );
}

export function asNode(value: unknown): Node {
  if (!isObject(value)) throw unknownForm("an object");
  return value;
}

/** The node's fields, where none says anything but the known ones. */
export function fields(value: unknown, what: string, known: readonly string[]): Node {
  const node = asNode(value);
  for (const [key, field] of Object.entries(node))
    if (!known.includes(key) && !sayNothing.test(key) && !saysNothing(field))
      throw forbidden(`${what} with ${words(key)} is not something that Paddock runs.`);
  return node;
}

/** A variant of one of the parser's enumerations: its name, and what it holds. */
export function variant(value: unknown): { readonly name: string; readonly payload: unknown } {
  if (typeof value === "string") return { name: value, payload: undefined };
  const [entry, ...more] = Object.entries(asNode(value));
  if (entry === undefined || more.length > 0) throw unknownForm("a variant");
  return { name: entry[0], payload: entry[1] };
}

export function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw unknownForm("a list");
  return value;
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw unknownForm("a text");
  return value;
}

export const isTrue = (value: unknown): boolean => value === true;

export function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/** Counts how deep a reader is, and refuses what is deeper than anybody writes. */
export class Depth {
  private depth = 0;

  within<T>(read: () => T): T {
    if (++this.depth > maxDepth) throw forbidden("The statement is nested too deeply.");
    try {
      return read();
    } finally {
      this.depth--;
    }
  }
}

/** `WithOrdinality` and `with_ordinality`, as words. */
export const words = (name: string): string =>
  name
    .replaceAll("_", " ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();

const unknownForm = (expected: string): Error =>
  forbidden(`Paddock could not read the statement: it expected ${expected}.`);
