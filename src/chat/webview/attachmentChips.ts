import { html, nothing, type TemplateResult } from "lit";
import { formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import type { Attachment } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { fill } from "./strings";

/** What the next question carries, each with a button that takes it off. @param after where the keyboard goes then. */
export function attachmentChips(
  attachments: readonly Attachment[],
  context: ChatContext,
  after: () => void,
): TemplateResult | typeof nothing {
  const { texts } = context;
  if (attachments.length === 0) return nothing;
  return html`<ul class="chips pending" aria-label=${texts.attachments}>
    ${attachments.map(({ id, label, uri, tokens }) => {
      const name = visibleText(label);
      const remove = async (): Promise<void> => {
        if ((await context.ask("composer", "removeAttachment", { id })) !== undefined) after();
      };
      return html`<li>
        <span class="chip" title=${fill(texts.attachedFile, visibleText(uri))}>
          ${icon("file")}<span class="chip-text">${name}</span>
          ${
            tokens === undefined
              ? nothing
              : html`<span class="chip-cost">${fill(texts.attachmentTokens, formatCount(tokens))}</span>`
          }
          <button
            type="button"
            class="icon-button"
            title=${fill(texts.removeAttachment, name)}
            aria-label=${fill(texts.removeAttachment, name)}
            @click=${() => void remove()}
          >
            ${icon("close")}
          </button>
        </span>
      </li>`;
    })}
  </ul>`;
}
