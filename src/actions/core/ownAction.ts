/** What the header of a prompt file says of the action that it is. */
export interface OwnActionForm {
  /** What it is about, and so where it is offered. */
  readonly where: "selection" | "symbol" | "file";
  /** What of the rest of the file goes along. */
  readonly context: "file" | "none";
  /** The model that answers, by its name; undefined: the one in use. */
  readonly model: string | undefined;
  /** Where the answer goes. */
  readonly output: "edit" | "chat" | "editor";
}

const maxModel = 200;

/**
 * @param fields of the header, names in lower case.
 * @returns undefined where the file is a prompt for the chat and no action: it names neither `where` nor `output`.
 */
export function ownActionForm(fields: ReadonlyMap<string, string>): OwnActionForm | undefined {
  const where = fields.get("where")?.trim().toLowerCase();
  const output = fields.get("output")?.trim().toLowerCase();
  if (where === undefined && output === undefined) return undefined;
  const model = fields.get("model")?.trim().slice(0, maxModel) ?? "";
  return {
    where: oneOf(where, ["selection", "symbol", "file"]) ?? "selection",
    context: oneOf(fields.get("context")?.trim().toLowerCase(), ["file", "none"]) ?? "file",
    model: model === "" ? undefined : model,
    output: oneOf(output, ["edit", "chat", "editor"]) ?? "chat",
  };
}

function oneOf<T extends string>(value: string | undefined, known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}
