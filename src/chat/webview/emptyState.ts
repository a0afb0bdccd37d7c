import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../ui/base";
import type { EngineView } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { fill } from "./strings";

/** Before the first question: what this is, what the model is good for, and something to try. */
export function emptyState(
  engine: EngineView,
  context: ChatContext,
  onExample: (text: string) => void,
): TemplateResult {
  const { texts } = context;
  const { destination, modelName } = engine;
  return html`<div class="empty">
    <span class="codicon codicon-comment-discussion empty-icon" aria-hidden="true"></span>
    <h2>${destination === undefined ? texts.emptyTitle : fill(texts.emptyTitleElsewhere, modelName)}</h2>
    <p class="quiet">${destination === undefined ? texts.emptyText : fill(texts.emptyTextElsewhere, destination)}</p>
    <h3>${texts.emptyTryThis}</h3>
    <ul class="examples">
      ${[texts.example1, texts.example2, texts.example3].map(
        (example) =>
          html`<li>
            <button type="button" class="example" @click=${() => onExample(example)}>${example}</button>
          </li>`,
      )}
    </ul>
    <p class="quiet">${texts.emptyMarks}</p>
    ${
      engine.modelNote === undefined
        ? nothing
        : html`<aside class="callout model-note" aria-label=${texts.aboutModel}>
            ${icon("info")}
            <p>${engine.modelNote}</p>
          </aside>`
    }
  </div>`;
}
