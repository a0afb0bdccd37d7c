/** What the header of a prompt file says of the action that it is. */
export interface OwnActionForm {
  /** What it is about, and so where it is offered. */
  readonly where: Place;
  /** What of the rest of the file goes along. */
  readonly context: Surrounding;
  /** The model that answers, by its name; undefined: the one in use. */
  readonly model: string | undefined;
  /** Where the answer goes. */
  readonly output: Output;
  /** What the header says and nobody knows. Such an action is not run: it would do something else than was meant. */
  readonly unknown: readonly UnknownValue[];
}

/** A value of the header that is none of those there are. */
export interface UnknownValue {
  readonly field: "where" | "context" | "output";
  readonly value: string;
  readonly allowed: readonly string[];
}

const places = ["selection", "symbol", "file"] as const;
type Place = (typeof places)[number];
const surroundings = ["file", "none"] as const;
type Surrounding = (typeof surroundings)[number];
const outputs = ["edit", "chat", "editor"] as const;
type Output = (typeof outputs)[number];

const maxModel = 200;
/** Of a value that is quoted, characters. */
const maxValue = 60;

/**
 * @param fields of the header, names in lower case.
 * @returns undefined where the file is a prompt for the chat and no action: it names neither `where` nor `output`.
 */
export function ownActionForm(fields: ReadonlyMap<string, string>): OwnActionForm | undefined {
  if (!fields.has("where") && !fields.has("output")) return undefined;
  const model = fields.get("model")?.trim().slice(0, maxModel) ?? "";
  const unknown: UnknownValue[] = [];
  const oneOf = <T extends string>(field: UnknownValue["field"], allowed: readonly T[], otherwise: T): T => {
    const value = fields.get(field)?.trim() ?? "";
    const known = allowed.find((one) => one === value.toLowerCase());
    if (known === undefined && value !== "") unknown.push({ field, value: value.slice(0, maxValue), allowed });
    return known ?? otherwise;
  };
  return {
    where: oneOf("where", places, "selection"),
    context: oneOf("context", surroundings, "file"),
    model: model === "" ? undefined : model,
    output: oneOf("output", outputs, "chat"),
    unknown,
  };
}
