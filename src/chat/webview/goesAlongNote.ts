import { html, nothing, type TemplateResult } from "lit";
import { formatCount } from "../../platform/core/format";
import { icon } from "../../ui/base";
import type { GoesAlong } from "../core/toldElsewhere";
import type { WebviewTexts } from "../core/webviewTexts";
import type { ChatContext } from "./context";
import { fill } from "./strings";

export const goesAlongId = "composer-goes-along";

/** Said at the input box before the first question is sent that takes a conversation somewhere. */
export function goesAlongNote(
  goes: GoesAlong | null,
  { texts }: ChatContext,
  startNew: () => void,
): TemplateResult | typeof nothing {
  if (goes === null) return nothing;
  const { destination } = goes;
  const along = goingWords(goes, texts);
  const staying = stayingWords(goes, texts);
  return html`<div class="callout warning goes-along" role="status">
    ${icon(along === "" ? "lock" : "globe")}
    <p id=${goesAlongId}>
      ${along === "" ? nothing : fill(texts.goesAlong, destination, along)}
      ${staying === "" ? nothing : fill(texts.stays, destination, staying)}
    </p>
    ${
      along === ""
        ? nothing
        : html`<button type="button" class="link-button" @click=${startNew}>${texts.newConversation}</button>`
    }
  </div>`;
}

function goingWords({ messages, files, others, results }: GoesAlong, texts: WebviewTexts): string {
  return amounts([
    [messages, texts.goesAlongMessage, texts.goesAlongMessages],
    [files, texts.goesAlongFile, texts.goesAlongFiles],
    [others, texts.goesAlongOther, texts.goesAlongOthers],
    [results, texts.goesAlongResult, texts.goesAlongResults],
  ]);
}

function stayingWords({ schemas, rows, answers }: GoesAlong, texts: WebviewTexts): string {
  return amounts([
    [schemas, texts.staysSchema, texts.staysSchemas],
    [rows, texts.staysRows, texts.staysRowsSeveral],
    [answers, texts.staysAnswer, texts.staysAnswers],
  ]);
}

function amounts(all: readonly (readonly [number, string, string])[]): string {
  return all
    .filter(([count]) => count > 0)
    .map(([count, one, several]) => (count === 1 ? one : fill(several, formatCount(count))))
    .join(", ");
}
