import * as v from "valibot";
import { idSchema } from "../core/conversation";

const extension = ".jsonl";

/** The name of a conversation's journal in its folder. */
export function journalName(id: string): string {
  return `${id}${extension}`;
}

/** Whose journal a file is; undefined for any other. */
export function idOfJournal(name: string): string | undefined {
  const id = name.endsWith(extension) ? name.slice(0, -extension.length) : "";
  return v.is(idSchema, id) ? id : undefined;
}
