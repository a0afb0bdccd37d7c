import type { PromptMessage } from "../../engine/protocol";
import type { ActionRequest } from "./actionRequest";

const pair = (question: string, answer: string): PromptMessage[] => [
  { role: "user", text: question },
  { role: "assistant", parts: [{ type: "text", text: answer }] },
];

/**
 * What a small model is shown of an answer's form, in languages that are seldom asked about: else it is copied. For
 * names there is none, since the starter gave the example's own.
 */
export function exampleFor({ kind }: ActionRequest): readonly PromptMessage[] {
  switch (kind) {
    case "commit":
      return pair(
        "Changed files:\n- src/cart.rb\n\nThe change:\n```diff\n-  total = items.sum\n+  total = items.sum * (1 + vat)\n```\n\nWrite the commit message for this change: a short subject in the imperative mood.",
        '{"type": "fix", "scope": "cart", "subject": "add the value added tax to the total"}',
      );
    case "document":
      return pair(
        "The code:\n```lua\nfunction join(list, mark) return table.concat(list, mark) end\n```\n\nWrite the documentation of `join`: one sentence that says what it does.",
        '{"summary": "Joins the texts of a list with a mark between them.", "parameters": {"list": "The texts to join.", "mark": "What stands between two of them."}, "returns": "The joined text."}',
      );
    default:
      return [];
  }
}
