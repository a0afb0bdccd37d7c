import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { formatCount } from "../../platform/core/format";
import { icon, PaddockElement } from "../../ui/base";
import { longText, showMoreText } from "../../ui/longText";
import type { AskTexts } from "../core/askTexts";
import type { Cell } from "../core/database";
import { cellText } from "../core/grid/cells";
import type { AskLink } from "./askLink";
import { fill } from "./strings";

/** One cell as a whole: all that came of it, however long. */
@customElement("paddock-cell")
export class CellView extends PaddockElement {
  @property({ attribute: false }) texts!: AskTexts;
  @property({ attribute: false }) link!: AskLink;
  @state() private shown: { readonly title: string; readonly cell: Cell } | undefined;
  @query("dialog") private readonly dialog!: HTMLDialogElement | null;
  private closed: (() => void) | undefined;

  /** Resolves when the person has closed it. */
  async show(title: string, cell: Cell): Promise<void> {
    this.close();
    this.shown = { title, cell };
    await this.updateComplete;
    const place = this.querySelector(".cell-text");
    if (place !== null) this.fill(place, cell);
    this.dialog?.showModal();
    await new Promise<void>((resolve) => (this.closed = resolve));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { shown, texts } = this;
    if (shown === undefined) return nothing;
    const note = noteOf(shown.cell, texts);
    return html`<dialog
      class="popup cell-view"
      aria-label=${shown.title}
      @close=${() => this.close()}
      @pointerdown=${(event: Event) => {
        if (event.target === this.dialog) this.close();
      }}
    >
      <div class="popup-body">
        <div class="cell-head">
          <p class="popup-title">${shown.title}</p>
          <button
            type="button"
            class="icon-button"
            title=${texts.copy}
            aria-label=${texts.copy}
            @click=${() => this.link.send("copyText", { text: cellText(shown.cell) })}
          >
            ${icon("copy")}
          </button>
          <button
            type="button"
            class="icon-button"
            title=${texts.close}
            aria-label=${texts.close}
            @click=${() => this.close()}
          >
            ${icon("close")}
          </button>
        </div>
        ${note === "" ? nothing : html`<p class="quiet">${note}</p>`}
        <div class="cell-text" dir="auto" tabindex="0" role="group" aria-label=${shown.title}></div>
      </div>
    </dialog>`;
  }

  private fill(place: Element, cell: Cell): void {
    const { texts } = this;
    if (cell === null) {
      const none = document.createElement("i");
      none.className = "quiet";
      none.textContent = texts.nullCell;
      place.replaceChildren(none);
      return;
    }
    const labels = {
      showMore: (left: number) => fill(texts.showMore, formatCount(left)),
      invisible: (mark: string) => fill(texts.invisible, mark),
    };
    const text = longText(cellText(cell), labels);
    text.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest('[data-action="more"]') !== null)
        showMoreText(text, labels);
    });
    place.replaceChildren(text);
  }

  private close(): void {
    const { closed } = this;
    this.closed = undefined;
    this.dialog?.close();
    this.shown = undefined;
    closed?.();
  }
}

/** What of the cell is not here. */
function noteOf(cell: Cell, texts: AskTexts): string {
  if (cell === null || typeof cell !== "object") return "";
  if (cell.kind === "cut") return fill(texts.cellCut, formatCount(cell.text.length), formatCount(cell.characters));
  if (cell.kind === "bytes")
    return fill(texts.cellBytes, formatCount(cell.bytes), formatCount(Math.floor(cell.hex.length / 2)));
  return "";
}
