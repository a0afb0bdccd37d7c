import { type CSSResult, html, LitElement, type TemplateResult } from "lit";

/**
 * Base of Paddock's elements. They render into the page itself, not into a shadow root: so ids connect labels and
 * controls across elements, the codicon font's classes work, and one style sheet serves all.
 */
export class PaddockElement extends LitElement {
  protected override createRenderRoot(): this {
    return this;
  }
}

/** Adds style sheets to the page; constructed ones, since the page's policy forbids inline styles. */
export function adoptStyles(...styles: readonly CSSResult[]): void {
  const sheets = styles.map(({ styleSheet }) => styleSheet).filter((sheet) => sheet !== undefined);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];
}

/** A codicon; it says nothing to a screen reader, the control around it does. */
export function icon(name: string): TemplateResult {
  return html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`;
}
