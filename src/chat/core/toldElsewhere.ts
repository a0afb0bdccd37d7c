import * as v from "valibot";
import type { Message, Part } from "./conversation";

/** What of a conversation is told to models on this machine only; the rooms that it comes from know. */
export interface StaysHere {
  /** A tool of which calls and results stay, by its name. */
  tool(name: string): boolean;
  /** Something attached, by its URI. */
  reference(uri: string): boolean;
}

export interface TellingRules {
  readonly staysHere: StaysHere;
  /** Where a model is asked, by its id; undefined: on this machine, or nobody knows any more. */
  readonly destinationOf: (model: string) => string | undefined;
}

/** For the model, in the place of what it is not told. */
const notTold = "stays on the person's machine, and is not included";

/**
 * The path as a model elsewhere is to see it: nothing of a database is told to it, and no answer that a model on this
 * machine made while something of one stood in its prompt, since it may repeat any of that. What the person wrote goes.
 */
export function toldElsewhere(path: readonly Message[], rules: TellingRules): Message[] {
  let isSeen = false;
  return path.map((message) => {
    const isAnswer = message.role === "assistant";
    if (isAnswer && !isOurs(message)) return message;
    const held = message.parts.some((part) => stays(part, rules.staysHere));
    isSeen ||= held;
    if (isAnswer && isSeen && message.parts.length > 0)
      return { ...message, parts: [{ type: "text", text: `[This answer ${notTold}.]` }] };
    return held ? { ...message, parts: message.parts.map(noted) } : message;
  });

  /** One that was made elsewhere was made without what stays, and its calls for it were refused. */
  function isOurs({ model }: Message): boolean {
    return model === undefined || rules.destinationOf(model) === undefined;
  }
  function noted(part: Part): Part {
    if (part.type !== "reference" || !stays(part, rules.staysHere)) return part;
    return { type: "text", text: `[${part.label.slice(0, 100)} ${notTold}.]` };
  }
}

/** An answer that a model elsewhere can't go on with, since it is not told how it begins. */
export function isNotTold(path: readonly Message[], rules: TellingRules): boolean {
  return toldElsewhere(path, rules).at(-1)?.parts !== path.at(-1)?.parts;
}

function stays(part: Part, { tool, reference }: StaysHere): boolean {
  if (part.type === "reference") return reference(part.uri);
  return (part.type === "toolCall" || part.type === "toolResult") && tool(part.name);
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a conversation brings along to a model elsewhere that has not had it yet, and what of it stays here. */
export const goesAlongSchema = v.object({
  /** Where it goes, for people. */
  destination: v.string(),
  /** Earlier questions and answers. */
  messages: count,
  files: count,
  /** Attached problems, changes and output of commands. */
  others: count,
  /** What tools gave. */
  results: count,
  /** Schemas of databases, what tools read in one, and answers that were made with either: they stay. */
  schemas: count,
  rows: count,
  answers: count,
});
export type GoesAlong = v.InferOutput<typeof goesAlongSchema>;

/**
 * @param path of what is shown; what stands before an answer that came from the same place is there already.
 * @param attached to the next question: only what stays of it is news, for the rest is seen at the input box.
 * @returns null where there is nothing to say.
 */
export function goesAlong(
  path: readonly Message[],
  attached: readonly Part[],
  destination: string,
  rules: TellingRules,
): GoesAlong | null {
  const had = path.findLastIndex(
    ({ role, model }) => role === "assistant" && model !== undefined && rules.destinationOf(model) === destination,
  );
  const told = toldElsewhere(path, rules);
  const sum = { messages: 0, files: 0, others: 0, results: 0, schemas: 0, rows: 0, answers: 0 };
  const takeReference = (uri: string): void => {
    if (rules.staysHere.reference(uri)) sum.schemas++;
    else if (uri.startsWith("paddock-")) sum.others++;
    else sum.files++;
  };
  for (const [index, message] of path.entries()) {
    // A prompt has no answer that failed or is empty.
    if (index <= had || message.status === "failed" || message.parts.length === 0) continue;
    const isTold = message.role === "user" || told[index]?.parts === message.parts;
    if (isTold) sum.messages++;
    else sum.answers++;
    for (const part of message.parts) {
      if (part.type === "reference") takeReference(part.uri);
      else if (part.type !== "toolResult") continue;
      else if (isTold) sum.results++;
      else if (rules.staysHere.tool(part.name)) sum.rows++;
    }
  }
  for (const part of attached)
    if (part.type === "reference" && rules.staysHere.reference(part.uri)) takeReference(part.uri);
  return Object.values(sum).some((number) => number > 0) ? { destination, ...sum } : null;
}
