import * as v from "valibot";
import { machineUseSchema, timingsSchema } from "../../engine/timings";
import { conversationSettingsSchema } from "./conversationSettings";
import { promptReportSchema } from "./promptReport";
import { idSchema, messageErrorSchema, type Part, partSchema } from "./conversation";

/**
 * The lines of a conversation's file. The file is only ever appended to, by any number of windows at once, so every
 * entry says who wrote it (`w`) and carries that writer's own count (`n`): an entry that a failed write left twice is
 * known by them, and each writer's entries stand in its own order. Folding is in journalFold.ts.
 *
 * A record is `\n{json}\n`. The leading newline ends whatever a crash or a full disk left behind, even another
 * window's; the trailing one says that the record is whole. Blank lines mean nothing.
 */
export const JOURNAL_VERSION = 1;

const at = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15));
const writerSchema = v.pipe(v.string(), v.regex(/^[a-z0-9]{4,32}$/));
const stamp = { v: v.literal(JOURNAL_VERSION), w: writerSchema, n: v.pipe(v.number(), v.integer(), v.minValue(0)) };

/** Parts of a type this version does not know are a newer version's: they stay in the file and out of the way. */
const knownParts = v.pipe(
  v.array(v.unknown()),
  v.transform((parts): Part[] =>
    parts.flatMap((part) => {
      const parsed = v.safeParse(partSchema, part);
      return parsed.success ? [parsed.output] : [];
    }),
  ),
);

export const entrySchema = v.variant("t", [
  v.object({ ...stamp, t: v.literal("created"), at }),
  v.object({
    ...stamp,
    t: v.literal("title"),
    at,
    title: v.pipe(v.string(), v.maxLength(1000)),
    /** Absent: the person gave it, and no other source comes before that. */
    by: v.optional(v.picklist(["question", "model"])),
  }),
  v.object({ ...stamp, t: v.literal("pinned"), at, pinned: v.boolean() }),
  /** Adds a message and moves the leaf to it. An assistant's starts a run of its writer: what follows goes into it. */
  v.object({
    ...stamp,
    t: v.literal("message"),
    at,
    id: idSchema,
    parent: v.nullable(idSchema),
    role: v.picklist(["user", "assistant"]),
    parts: knownParts,
    model: v.optional(v.string()),
  }),
  /** Starts another run that goes on after the first `kept` characters of what the answer holds (see partsLength). */
  v.object({
    ...stamp,
    t: v.literal("resume"),
    at,
    id: idSchema,
    kept: v.pipe(v.number(), v.integer(), v.minValue(0)),
    model: v.optional(v.string()),
  }),
  /** What the writer's run has made since its last entry. */
  v.object({ ...stamp, t: v.literal("text"), x: v.string() }),
  v.object({ ...stamp, t: v.literal("reasoning"), x: v.string() }),
  /** The same for what is no text: a call of a tool, or what came of it. */
  v.object({ ...stamp, t: v.literal("part"), part: partSchema }),
  /** Ends the writer's run. `parts`, when given, is all the run made, in place of what was streamed. */
  v.object({
    ...stamp,
    t: v.literal("end"),
    at,
    status: v.picklist(["complete", "stopped", "interrupted", "failed"]),
    error: v.optional(messageErrorSchema),
    timings: v.optional(timingsSchema),
    machine: v.optional(machineUseSchema),
    stopReason: v.optional(v.string()),
    parts: v.optional(knownParts),
  }),
  /** What the prompt of the writer's run was made of besides the conversation. */
  v.object({ ...stamp, t: v.literal("prompt"), at, report: promptReportSchema }),
  /** All of the conversation's settings; what is absent is the default. */
  v.object({ ...stamp, t: v.literal("settings"), at, settings: conversationSettingsSchema }),
  v.object({ ...stamp, t: v.literal("leaf"), at, id: idSchema }),
  v.object({ ...stamp, t: v.literal("removed"), at }),
  v.object({ ...stamp, t: v.literal("restored"), at }),
]);
export type Entry = v.InferOutput<typeof entrySchema>;
/** An entry as it is asked for; the store stamps it. */
export type EntryDraft = Entry extends infer E ? (E extends Entry ? Omit<E, "v" | "w" | "n"> : never) : never;
/** Where an automatic title is from. */
export type TitleSource = NonNullable<Extract<Entry, { t: "title" }>["by"]>;
export type EndStatus = Extract<Entry, { t: "end" }>["status"];

/** Brings a record of version k to k + 1. */
export type Migration = (record: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** By the version they start from. Version 1 is the first that was ever written. */
export const journalMigrations: ReadonlyMap<number, Migration> = new Map();

export type DecodedLine =
  | { readonly kind: "entry"; readonly entry: Entry }
  /** A newer Paddock's: left alone in the file, and reported. */
  | { readonly kind: "newer" }
  /** Torn by a crash, or no entry at all. */
  | { readonly kind: "unreadable" };

const versionedSchema = v.looseObject({ v: v.pipe(v.number(), v.integer(), v.minValue(0)) });
const unreadable: DecodedLine = { kind: "unreadable" };

/** One record; never contains a raw newline inside, since JSON escapes it. */
export function encodeEntry(entry: Entry): string {
  return `\n${JSON.stringify(entry)}\n`;
}

/**
 * Reads one line, without its newline. Never throws.
 * @param migrations and `schema`, `version`: the journal's own unless a test gives others.
 */
export function decodeLine(
  line: string,
  migrations: ReadonlyMap<number, Migration> = journalMigrations,
  version: number = JOURNAL_VERSION,
  schema: v.GenericSchema<unknown, Entry> = entrySchema,
): DecodedLine {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return unreadable;
  }
  const versioned = v.safeParse(versionedSchema, raw);
  if (!versioned.success) return unreadable;
  if (versioned.output.v > version) return { kind: "newer" };
  let record: Record<string, unknown> = versioned.output;
  for (let from = versioned.output.v; from < version; from++) {
    const migrate = migrations.get(from);
    if (migrate === undefined) return unreadable;
    try {
      record = { ...migrate(record), v: from + 1 };
    } catch {
      return unreadable;
    }
  }
  const parsed = v.safeParse(schema, record);
  return parsed.success ? { kind: "entry", entry: parsed.output } : unreadable;
}
