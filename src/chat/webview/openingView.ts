import { html, type TemplateResult } from "lit";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { icon } from "../../ui/base";
import type { ChatSession } from "./chatSession";

/** What the page shows until the host has told it what there is, and when it could not be asked. */
export function openingView(session: ChatSession): TemplateResult {
  const { texts } = session.context;
  const { connection } = session;
  return html`<main class="chat">
    <h1 class="sr-only">${texts.chat}</h1>
    <div class="opening">
      ${
        connection === undefined
          ? html`<p class="quiet">
              <span class="codicon codicon-loading spinning" aria-hidden="true"></span> ${texts.connecting}
            </p>`
          : html`<div class="callout error with-buttons" role="alert">
              ${icon("error")}
              <p>${texts.connectFailed} <span>${connection.message}</span></p>
              <div class="buttons">
                <vscode-button @click=${() => void session.start()}>${texts.tryAgain}</vscode-button>
              </div>
            </div>`
      }
    </div>
  </main>`;
}
