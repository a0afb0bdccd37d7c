import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../ui/base";
import type { ChatContext } from "./context";

/** What failed at a place, if anything did, in place of a dead button. */
export function failureAt(context: ChatContext, place: string): TemplateResult | typeof nothing {
  const failure = context.failureAt(place);
  if (failure === undefined) return nothing;
  return html`<div class="callout error" role="alert">
    ${icon("error")}
    <p>${failure.message}${failure.remedy === undefined ? nothing : html` <span>${failure.remedy}</span>`}</p>
    <button
      type="button"
      class="icon-button"
      title=${context.texts.dismiss}
      aria-label=${context.texts.dismiss}
      @click=${() => context.dismissFailure(place)}
    >
      ${icon("close")}
    </button>
  </div>`;
}
