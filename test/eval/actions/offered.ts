import type { FittedAnswer } from "../../../src/actions/core/fittedAnswer";
import { type ActionCase, eolOf, languageOfCase } from "./actionCases";

/** An answer as the product would offer it, without what it does to make one fit. */
export function offered(one: ActionCase, text: string): FittedAnswer {
  switch (one.action) {
    case "fix":
    case "edit":
    case "simplify":
    case "document": {
      const replacement = eolOf(one) === "\r\n" ? text.replaceAll(/\r?\n/gu, "\r\n") : text;
      return { kind: "edit", replacement, file: one.before + replacement + one.after, imports: [] };
    }
    case "tests":
      return { kind: "text", form: "code", text, languageId: languageOfCase(one) };
    case "translate":
      return { kind: "text", form: "code", text, languageId: one.target };
    case "name":
      return { kind: "text", form: "names", text, names: [text] };
    case "commit":
      return { kind: "text", form: "message", text, header: text.split("\n")[0] ?? "" };
    default:
      return { kind: "text", form: "prose", text };
  }
}

/** Whether the answer takes the place of the selection. */
export function isEdited(one: ActionCase): boolean {
  return ["fix", "edit", "simplify", "document"].includes(one.action);
}
