import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { formatCount } from "../../platform/core/format";
import { icon, PaddockElement } from "../../ui/base";
import { fill } from "../../ui/texts";
import type { MetadataRow } from "../core/inspectorContract";
import type { InspectorTexts } from "../core/inspectorTexts";
import { textNodes } from "./textNodes";
import "./virtualTable";
import type { TableColumn } from "./virtualTable";

interface OpenValue {
  readonly key: string;
  readonly text: string;
  readonly total: number;
}

/** All keys and values. A long value opens beside the table, a piece at a time. */
@customElement("paddock-metadata")
export class MetadataView extends PaddockElement {
  @property({ attribute: false }) texts!: InspectorTexts;
  @property({ attribute: false }) rows: readonly MetadataRow[] = [];
  @property({ attribute: false }) value!: (
    key: string,
    from: number,
  ) => Promise<{ readonly text: string; readonly total: number } | undefined>;
  @property({ attribute: false }) copy!: (text: string) => Promise<void>;
  @property() filter = "";
  @state() private found: readonly MetadataRow[] = [];
  @state() private open: OpenValue | undefined;
  @state() private isCopied = false;
  @query(".value-pane") private readonly pane!: HTMLElement | null;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("rows")) this.open = undefined;
    if (!changed.has("filter") && !changed.has("rows")) return;
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    this.found =
      words.length === 0
        ? this.rows
        : this.rows.filter(({ key, value }) => {
            const text = `${key} ${value}`.toLowerCase();
            return words.every((word) => text.includes(word));
          });
  }

  override render(): TemplateResult {
    const { texts, rows, found } = this;
    return html`<div class="toolbar">
        <input
          type="search"
          class="text-box"
          maxlength="200"
          placeholder=${texts.searchMetadata}
          aria-label=${texts.searchMetadata}
          .value=${this.filter}
          @input=${this.typed}
        />
        <span role="status" class="quiet">
          ${
            found.length === rows.length
              ? fill(texts.keysFound, formatCount(rows.length))
              : fill(texts.keysOf, formatCount(found.length), formatCount(rows.length))
          }
        </span>
      </div>
      <div class="metadata-panes">
        ${
          found.length === 0
            ? html`<p class="empty quiet">${texts.noKeys}</p>`
            : html`<paddock-virtual-table
                class="metadata"
                .label=${texts.metadataTable}
                .columns=${this.columns()}
                .rows=${found}
              ></paddock-virtual-table>`
        }
        ${this.open === undefined ? nothing : this.openValue(this.open)}
      </div>`;
  }

  private columns(): readonly TableColumn<MetadataRow>[] {
    const { texts } = this;
    return [
      {
        id: "key",
        label: texts.key,
        cell: ({ key }) => html`<span title=${key}>${textNodes(key, texts)}</span>`,
        compare: (a, b) => a.key.localeCompare(b.key, "en"),
      },
      { id: "kind", label: texts.type, cell: ({ type }) => html`<span class="quiet">${type}</span>` },
      { id: "value", label: texts.value, cell: (row) => this.shortValue(row) },
    ];
  }

  private shortValue(row: MetadataRow): TemplateResult {
    const { texts } = this;
    const isList = row.type !== "str";
    const isWhole = row.length === null || (isList ? row.length <= shortList : !row.more);
    const showAll = fill(texts.showAll, row.key);
    return html`<div class="value-cell">
      <span class="short-value">${textNodes(row.value.replaceAll(/\s+/g, " "), texts)}</span>
      ${
        isWhole
          ? nothing
          : html`<span class="quiet value-size">
              ${fill(isList ? texts.items : texts.characters, formatCount(row.length ?? 0))}
            </span>`
      }
      ${
        row.more
          ? html`<button
              type="button"
              class="icon-button"
              title=${showAll}
              aria-label=${showAll}
              @click=${() => void this.show(row.key)}
            >
              ${icon("open-preview")}
            </button>`
          : nothing
      }
    </div>`;
  }

  private openValue({ key, text, total }: OpenValue): TemplateResult {
    const { texts } = this;
    const left = total - text.length;
    return html`<section class="value-pane" tabindex="-1" aria-label=${key} @keydown=${this.keydown}>
      <header>
        <h2>${textNodes(key, texts)}</h2>
        <button
          type="button"
          class="icon-button"
          title=${this.isCopied ? texts.copied : texts.copy}
          aria-label=${this.isCopied ? texts.copied : texts.copy}
          @click=${this.copyValue}
        >
          ${icon(this.isCopied ? "check" : "copy")}
        </button>
        <button type="button" class="icon-button" title=${texts.close} aria-label=${texts.close} @click=${this.close}>
          ${icon("close")}
        </button>
      </header>
      <div class="value-text" tabindex="0" role="group" aria-label=${key}>
        <pre>${textNodes(text, texts)}</pre>
        ${
          left > 0
            ? html`<button type="button" class="link-button" @click=${() => void this.more()}>
                ${fill(texts.showMore, formatCount(left))}
              </button>`
            : nothing
        }
      </div>
    </section>`;
  }

  private async show(key: string): Promise<void> {
    const piece = await this.value(key, 0);
    if (piece === undefined) return;
    this.isCopied = false;
    this.open = { key, ...piece };
    await this.updateComplete;
    this.pane?.focus();
  }

  private async more(): Promise<void> {
    const { open } = this;
    if (open === undefined) return;
    const piece = await this.value(open.key, open.text.length);
    if (piece !== undefined && this.open === open) this.open = { ...open, text: open.text + piece.text };
  }

  private readonly copyValue = async (): Promise<void> => {
    if (this.open === undefined) return;
    await this.copy(this.open.text.slice(0, mostCopied));
    this.isCopied = true;
  };

  private readonly close = (): void => {
    this.open = undefined;
    this.querySelector<HTMLElement>(".scroller")?.focus();
  };

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.close();
  };

  private readonly typed = (event: Event): void => {
    this.filter = (event.target as HTMLInputElement).value;
    this.dispatchEvent(new CustomEvent("filtered", { detail: this.filter }));
  };
}

/** Nobody needs to be told how many items these are. */
const shortList = 8;
/** Characters; as much as the host takes. */
const mostCopied = 100_000;
