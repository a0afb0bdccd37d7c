import { html, type TemplateResult } from "lit";
import { visibleText } from "../../platform/core/visibleText";
import type { SearchView } from "../core/webviewContract";

/** Text with the words that were searched for marked; what can't be seen in it is made visible. */
export function markedText({ text, marks }: SearchView["hits"][number]["title"]): TemplateResult {
  const pieces: TemplateResult[] = [];
  let from = 0;
  for (const [at, length] of marks) {
    pieces.push(html`${visibleText(text.slice(from, at))}<mark>${visibleText(text.slice(at, at + length))}</mark>`);
    from = at + length;
  }
  return html`${pieces}${visibleText(text.slice(from))}`;
}
