import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { PaddockElement, icon } from "../../ui/base";

export interface RowMenuItem {
  readonly label: string;
  readonly icon: string;
  run(): void;
}

/** What can be done with one row: opens below it with the keyboard in it. Arrows move, Escape and Tab leave. */
@customElement("paddock-row-menu")
export class RowMenu extends PaddockElement {
  @property({ attribute: false }) items: readonly RowMenuItem[] = [];
  @property({ attribute: false }) label = "";
  @property({ attribute: false }) close!: (refocus: boolean) => void;

  protected override firstUpdated(): void {
    this.buttons()[0]?.focus();
    this.scrollIntoView({ block: "nearest" });
  }

  override render(): TemplateResult {
    return html`<div class="row-menu" role="menu" aria-label=${this.label} @keydown=${this.keydown}>
      ${this.items.map(
        (item) =>
          html`<button type="button" role="menuitem" tabindex="-1" @click=${() => item.run()}>
            ${icon(item.icon)}<span>${item.label}</span>
          </button>`,
      )}
    </div>`;
  }

  private buttons(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("button")];
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    const buttons = this.buttons();
    const at = buttons.findIndex((button) => button === event.target);
    const { length } = buttons;
    const to = { ArrowDown: (at + 1) % length, ArrowUp: (at - 1 + length) % length, Home: 0, End: length - 1 }[
      event.key
    ];
    if (to !== undefined) buttons[to]?.focus();
    else if (event.key === "Escape") this.close(true);
    else if (event.key === "Tab") this.close(false);
    else {
      // What the list does with keys is not for what is in the menu.
      event.stopPropagation();
      return;
    }
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };
}
