import { html, nothing, type TemplateResult } from "lit";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import type { ShownMessage } from "../core/versions";
import type { ChatContext } from "./context";
import { fill } from "./strings";

/** One click from where something is missing to where the workspace is trusted. @param place where a refusal shows. */
export function trustButton(context: ChatContext, place: string): TemplateResult {
  return html`<button type="button" class="link-button" @click=${() => void context.ask(place, "manageTrust", {})}>
    ${context.texts.manageTrust}
  </button>`;
}

/** What an answer was made from besides the conversation: another model than the one in use, and instructions. */
export function promptReport(message: ShownMessage, context: ChatContext): TemplateResult | typeof nothing {
  const { texts } = context;
  const instructions = message.prompt?.instructions ?? [];
  const withheld = message.prompt?.withheld ?? [];
  const other = message.otherModel;
  if (instructions.length === 0 && withheld.length === 0 && other === undefined) return nothing;
  return html`<div class="prompt-report">
    ${other === undefined ? nothing : html`<span>${icon("chip")} ${fill(texts.answeredBy, visibleText(other))}</span>`}
    ${instructions.length === 0 ? nothing : html`<span>${icon("book")} ${texts.usedInstructions}</span>`}
    ${instructions.map(({ label, uri, cut }) => {
      const name = visibleText(label);
      return html`<button
        type="button"
        class="link-button"
        title=${fill(texts.openInstructions, name)}
        @click=${() => void context.ask(message.id, "openInstructions", { uri })}
      >
        ${cut ? fill(texts.instructionsCut, name) : name}
      </button>`;
    })}
    ${
      withheld.length === 0
        ? nothing
        : html`<span>${icon("shield")} ${fill(texts.withheldInstructions, withheld.map(visibleText).join(", "))}</span>
            ${trustButton(context, message.id)}`
    }
  </div>`;
}
