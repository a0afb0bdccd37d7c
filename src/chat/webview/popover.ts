import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import { icon } from "../../ui/base";

/**
 * What a button opens above the input box: Escape and a click elsewhere close it. It takes the keyboard when it opens, so
 * that a screen reader reads it from its beginning, and gives it back to the button.
 */
export class Popover implements ReactiveController {
  private isShown = false;

  /** @param selectors of the button and of what it opens, inside the host. */
  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    private readonly selectors: { readonly button: string; readonly panel: string },
  ) {
    host.addController(this);
  }

  get isOpen(): boolean {
    return this.isShown;
  }

  get panel(): HTMLElement | null {
    return this.host.querySelector<HTMLElement>(this.selectors.panel);
  }

  hostConnected(): void {
    document.addEventListener("pointerdown", this.onElsewhere);
  }

  hostDisconnected(): void {
    document.removeEventListener("pointerdown", this.onElsewhere);
  }

  readonly toggle = (): void => {
    if (this.isShown) {
      this.show(false);
      return;
    }
    this.show(true);
    void this.host.updateComplete.then(() => this.panel?.focus());
  };

  /** For the host's keys. */
  readonly keydown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.isShown) return;
    // It closes what is in front and nothing else: an answer under way goes on.
    event.preventDefault();
    this.close();
  };

  header(title: string, close: string): TemplateResult {
    return html`<header>
      <h2>${title}</h2>
      <button type="button" class="icon-button" title=${close} aria-label=${close} @click=${() => this.close()}>
        ${icon("close")}
      </button>
    </header>`;
  }

  private close(): void {
    this.show(false);
    this.host.querySelector<HTMLElement>(this.selectors.button)?.focus();
  }

  private show(isShown: boolean): void {
    this.isShown = isShown;
    this.host.requestUpdate();
  }

  private readonly onElsewhere = (event: Event): void => {
    if (this.isShown && event.target instanceof Node && !this.host.contains(event.target)) this.show(false);
  };
}
