import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { visibleText } from "../platform/core/visibleText";
import type { DeskSession } from "../platform/webview/deskSession";
import { icon, PaddockElement } from "./base";

/** What every such page says. */
export interface DeskTexts {
  readonly title: string;
  readonly connecting: string;
  readonly connectFailed: string;
  readonly tryAgain: string;
  readonly dismiss: string;
}
export interface DeskFailure {
  readonly message: string;
  readonly remedy: string | null;
}

/** A whole page of the editor area that shows what a desk in the host has. */
export abstract class DeskApp<View, Texts extends DeskTexts, Session extends DeskSession<View>> extends PaddockElement {
  protected session: Session | undefined;
  protected texts: Texts = this.textsOf(undefined);
  @state() private said = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.texts = this.textsOf(this.dataset.texts);
    this.session = this.connect(
      () => this.changed(),
      (text) => (this.said = text),
    );
    void this.session.start();
  }

  override disconnectedCallback(): void {
    this.session?.dispose();
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    const { session, texts } = this;
    return html`<main aria-label=${texts.title}>
      <div class="sr-only" aria-live="polite">${this.said}</div>
      ${session?.view === undefined ? this.opening(session?.failure) : this.page(session, session.view)}
    </main>`;
  }

  /** @param json of the page's data-texts. */
  protected abstract textsOf(json: string | undefined): Texts;
  protected abstract connect(changed: () => void, announce: (text: string) => void): Session;
  protected abstract page(session: Session, view: View): TemplateResult;
  /** The person has read what failed. */
  protected abstract dismissFailure(): void;

  /** The session has been told something. */
  protected changed(): void {
    this.requestUpdate();
  }

  /** What failed last, where it is seen and heard wherever it was asked for. */
  protected failures(failure: DeskFailure | null): TemplateResult {
    // Nothing but the failure may stand in it: an empty one takes no room.
    return html`<div class="failures" aria-live="assertive">${failure === null ? nothing : this.failed(failure)}</div>`;
  }

  private failed({ message, remedy }: DeskFailure): TemplateResult {
    return html`<div class="callout error">
      ${icon("error")}
      <p>${visibleText(message)} ${remedy === null ? nothing : html`<span>${visibleText(remedy)}</span>`}</p>
      ${this.dismissButton()}
    </div>`;
  }

  protected dismissButton(): TemplateResult {
    const { texts } = this;
    return html`<button
      type="button"
      class="icon-button"
      title=${texts.dismiss}
      aria-label=${texts.dismiss}
      @click=${() => this.dismissFailure()}
    >
      ${icon("close")}
    </button>`;
  }

  private opening(failure: string | undefined): TemplateResult {
    const { texts } = this;
    if (failure === undefined) return html`<p class="quiet opening" role="status">${texts.connecting}</p>`;
    return html`<div class="callout error" role="alert">
      ${icon("error")}
      <p>${texts.connectFailed} <span>${failure}</span></p>
      <div class="buttons">
        <button type="button" class="button" @click=${() => void this.session?.start()}>${texts.tryAgain}</button>
      </div>
    </div>`;
  }
}
