import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../ui/base";
import type { Notice } from "../core/webviewContract";
import type { ChatSession } from "./chatSession";

/** Something that went wrong outside any one message. */
export function noticeView({ id, severity, text, dismissible }: Notice, session: ChatSession): TemplateResult {
  const { dismiss } = session.context.texts;
  return html`<div class="callout ${severity}" role=${severity === "error" ? "alert" : "status"}>
    ${icon(severity)}
    <p>${text}</p>
    ${
      dismissible
        ? html`<button
            type="button"
            class="icon-button"
            title=${dismiss}
            aria-label=${dismiss}
            @click=${() => session.peer.notify("dismissNotice", { id })}
          >
            ${icon("close")}
          </button>`
        : nothing
    }
  </div>`;
}
