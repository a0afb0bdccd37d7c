import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { formatCount } from "../../platform/core/format";
import { icon, PaddockElement } from "../../ui/base";
import type { CopyRequest } from "../core/askContract";
import type { AskTexts } from "../core/askTexts";
import { type ResultFormat, resultFormats } from "../core/grid/resultWriter";
import { fill } from "./strings";

export type CopyChoice = Pick<CopyRequest, "format" | "guardsFormulas" | "hasHeading">;

/** In which form rows are copied or exported. */
@customElement("paddock-copy-menu")
export class CopyMenu extends PaddockElement {
  @property({ attribute: false }) texts!: AskTexts;
  @state() private purpose: "copy" | "export" | undefined;
  @state() private cells: number | undefined;
  @state() private guardsFormulas = true;
  @state() private hasHeading = true;
  @query("dialog") private readonly dialog!: HTMLDialogElement | null;
  private answer: ((choice: CopyChoice | undefined) => void) | undefined;

  /** @param cells that are selected; undefined: all that is shown. @returns undefined: the person closed it. */
  async ask(purpose: "copy" | "export", cells: number | undefined): Promise<CopyChoice | undefined> {
    this.close(undefined);
    this.purpose = purpose;
    this.cells = cells;
    await this.updateComplete;
    const before = document.activeElement;
    this.dialog?.showModal();
    const choice = await new Promise<CopyChoice | undefined>((resolve) => (this.answer = resolve));
    if (before instanceof HTMLElement) before.focus();
    return choice;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { texts, purpose, cells } = this;
    if (purpose === undefined) return nothing;
    const names: Readonly<Record<ResultFormat, string>> = {
      csv: texts.formatCsv,
      tsv: texts.formatTsv,
      json: texts.formatJson,
      markdown: texts.formatMarkdown,
      insert: texts.formatInsert,
    };
    const title = purpose === "copy" ? texts.copyAs : texts.exportAs;
    return html`<dialog
      class="popup copy-menu"
      aria-label=${title}
      @close=${() => this.close(undefined)}
      @pointerdown=${(event: Event) => {
        if (event.target === this.dialog) this.close(undefined);
      }}
    >
      <div class="popup-body">
        <p class="popup-title">${title}</p>
        <p class="quiet">
          ${
            purpose === "export"
              ? texts.exportWhat
              : cells === undefined
                ? texts.copyWhatAll
                : fill(texts.copyWhatCells, formatCount(cells))
          }
        </p>
        <div class="menu">
          ${resultFormats.map(
            (format) =>
              html`<button
                type="button"
                class="menu-item"
                @click=${() => this.close({ format, guardsFormulas: this.guardsFormulas, hasHeading: this.hasHeading })}
              >
                ${icon(purpose === "copy" ? "copy" : "export")} ${names[format]}
              </button>`,
          )}
        </div>
        <label class="check"
          ><input
            type="checkbox"
            .checked=${this.hasHeading}
            @change=${(event: Event) => (this.hasHeading = (event.target as HTMLInputElement).checked)}
          />
          ${texts.heading}</label
        >
        <label class="check"
          ><input
            type="checkbox"
            aria-describedby="guard-help"
            .checked=${this.guardsFormulas}
            @change=${(event: Event) => (this.guardsFormulas = (event.target as HTMLInputElement).checked)}
          />
          ${texts.guard}</label
        >
        <p id="guard-help" class="quiet">${texts.guardHelp}</p>
      </div>
    </dialog>`;
  }

  private close(choice: CopyChoice | undefined): void {
    const { answer } = this;
    this.answer = undefined;
    this.dialog?.close();
    this.purpose = undefined;
    answer?.(choice);
  }
}
