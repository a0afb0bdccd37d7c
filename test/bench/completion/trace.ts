import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { EditorSnapshot } from "../../../src/completion/core/editorSnapshot";
import { linesOfText } from "../../../src/completion/core/editorSnapshot";

/** Typing traces: see test/bench/traces/README.md for the format. Offsets and lengths are UTF-16 units. */
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const words = v.pipe(v.string(), v.nonEmpty());

const headerSchema = v.strictObject({
  format: v.literal(1),
  name: words,
  /** VS Code's name for the language. */
  language: words,
  /** The edited file's path as a model is told of it. */
  file: words,
  licence: words,
  /** How the trace was made. */
  provenance: words,
  indent: v.strictObject({ spaces: v.boolean(), size: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  text: v.union([
    v.string(),
    v.strictObject({ file: v.pipe(v.string(), v.regex(/^[\w-][\w.-]*$/u, "A file beside the trace, by its name.")) }),
  ]),
});
export type TraceHeader = v.InferOutput<typeof headerSchema>;

const insertOptionsSchema = v.strictObject({ cursor: v.optional(count), over: v.optional(count) });
const eventSchema = v.union([
  v.strictTuple([milliseconds, v.literal("insert"), count, words]),
  v.strictTuple([milliseconds, v.literal("insert"), count, words, insertOptionsSchema]),
  v.strictTuple([milliseconds, v.literal("delete"), count, v.pipe(count, v.minValue(1))]),
  v.strictTuple([milliseconds, v.literal("move"), count]),
]);
/** As a line of the file holds it. */
export type EventLine = v.InferOutput<typeof eventSchema>;

export type TraceEvent =
  /** `text` takes the place of `over` units at `offset`; the cursor goes to `cursor`. */
  | {
      readonly at: number;
      readonly kind: "insert";
      readonly offset: number;
      readonly text: string;
      readonly over: number;
      readonly cursor: number;
    }
  | { readonly at: number; readonly kind: "delete"; readonly offset: number; readonly length: number }
  | { readonly at: number; readonly kind: "move"; readonly offset: number };

export interface Trace extends Omit<TraceHeader, "text"> {
  readonly text: string;
  readonly events: readonly TraceEvent[];
}

/** A document and its cursor as an offset. */
export interface TextState {
  readonly text: string;
  readonly cursor: number;
}

/** @throws RangeError for an event outside the document. */
export function applyEvent({ text }: TextState, event: TraceEvent): TextState {
  const within = (offset: number, length: number): void => {
    if (offset > length) throw new RangeError(`Offset ${offset} lies behind the document's end (${length}).`);
  };
  switch (event.kind) {
    case "insert": {
      within(event.offset + event.over, text.length);
      const after = text.slice(0, event.offset) + event.text + text.slice(event.offset + event.over);
      within(event.cursor, after.length);
      return { text: after, cursor: event.cursor };
    }
    case "delete":
      within(event.offset + event.length, text.length);
      return { text: text.slice(0, event.offset) + text.slice(event.offset + event.length), cursor: event.offset };
    case "move":
      within(event.offset, text.length);
      return { text, cursor: event.offset };
  }
}

/**
 * @param readSibling reads a file beside the trace.
 * @throws Error naming the line that is wrong.
 */
export async function parseTrace(
  source: string,
  content: string,
  readSibling: (name: string) => Promise<string>,
): Promise<Trace> {
  const lines = content.split(/\r?\n/u).filter((line) => line.trim() !== "");
  const parsed = lines.map((line, index) => {
    const value = json(line, `${source}, line ${index + 1}`);
    const result = v.safeParse(index === 0 ? headerSchema : eventSchema, value);
    if (!result.success) throw new Error(`${source}, line ${index + 1}: ${result.issues[0].message}`);
    return result.output;
  });
  const [header, ...rest] = parsed;
  if (header === undefined || Array.isArray(header)) throw new Error(`${source} is empty.`);
  const text = typeof header.text === "string" ? header.text : await readSibling(header.text.file);
  const events = rest.filter((one): one is EventLine => Array.isArray(one)).map(eventOf);
  if (events.length === 0) throw new Error(`${source} has no events.`);
  let state: TextState = { text, cursor: 0 };
  let time = 0;
  for (const [index, event] of events.entries()) {
    try {
      if (event.at < time) throw new RangeError(`${event.at} ms is before the event before it.`);
      time = event.at;
      state = applyEvent(state, event);
    } catch (error) {
      throw new Error(`${source}, line ${index + 2}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  return { ...header, text, events };
}

/** The folder's *.jsonl, by name. @throws Error where there are none or one is no trace. */
export async function loadTraces(folder: string): Promise<Trace[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
  if (names.length === 0) throw new Error(`There are no traces (*.jsonl) in ${folder}.`);
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), "utf8");
  return Promise.all(names.map(async (name) => parseTrace(name, await read(name), read)));
}

/** Two states have two uris or versions. */
export function snapshotOf(
  { name, file, language, indent }: Pick<Trace, "name" | "file" | "language" | "indent">,
  { text, cursor }: TextState,
  version: number,
): EditorSnapshot {
  const before = text.slice(0, cursor).split(/\r\n|\r|\n/u);
  return {
    uri: `bench:///${encodeURIComponent(name)}/${file}`,
    name: file,
    languageId: language,
    version,
    lines: linesOfText(text),
    cursor: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
    indent,
  };
}

/** What stands right of each event's cursor when the trace has ended, whatever was edited elsewhere meanwhile. */
export function textsAfterwards(trace: Pick<Trace, "text" | "events">): string[] {
  const places: number[] = [];
  let state: TextState = { text: trace.text, cursor: 0 };
  for (const event of trace.events) {
    for (const [index, place] of places.entries()) places[index] = follow(place, event);
    state = applyEvent(state, event);
    places.push(state.cursor);
  }
  return places.map((place) => state.text.slice(place));
}

/** Where a place is after an event. What is inserted exactly there comes after it. */
function follow(place: number, event: TraceEvent): number {
  if (event.kind === "move" || event.offset >= place) return place;
  const removed = event.kind === "delete" ? event.length : event.over;
  const inserted = event.kind === "delete" ? 0 : event.text.length;
  return event.offset + removed <= place ? place - removed + inserted : event.offset;
}

function eventOf(line: EventLine): TraceEvent {
  const [at, kind, offset] = line;
  if (kind === "delete") return { at, kind, offset, length: line[3] };
  if (kind === "move") return { at, kind, offset };
  const [, , , text, { cursor = offset + text.length, over = 0 } = {}] = line;
  return { at, kind, offset, text, over, cursor };
}

function json(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`${where} is no JSON.`, { cause: error });
  }
}
