import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon, PaddockElement } from "../../ui/base";

export interface TableColumn<Row> {
  readonly id: string;
  readonly label: string;
  /** Figures stand at the right. */
  readonly isFigure?: boolean;
  cell(row: Row): unknown;
  /** Where it can be sorted. */
  compare?(a: Row, b: Row): number;
}

/** Rows beyond what is seen, so that scrolling shows no gap. */
const spare = 12;
/** Until a row can be measured, pixels. */
const assumedHeight = 24;

/**
 * A table of any number of rows, of which only those in view have elements. All rows are of one height. Head cells
 * sort; the keyboard scrolls the table like a page once it has the focus.
 */
@customElement("paddock-virtual-table")
export class VirtualTable extends PaddockElement {
  @property() label = "";
  // The element is one for rows of any kind; who uses it gives rows and columns that belong together.
  @property({ attribute: false }) columns: readonly TableColumn<never>[] = [];
  @property({ attribute: false }) rows: readonly object[] = [];
  @state() private sort: { readonly id: string; readonly isDescending: boolean } | undefined;
  @state() private range = { first: 0, last: 60 };
  @query(".scroller") private readonly scroller!: HTMLElement | null;
  private rowHeight = assumedHeight;
  private sorted: readonly object[] = [];
  private readonly resized = new ResizeObserver(() => this.measure());

  protected override firstUpdated(): void {
    if (this.scroller !== null) this.resized.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("rows") && !changed.has("sort")) return;
    this.sorted = this.sortedRows();
    if (changed.has("rows") && this.scroller !== null) this.scroller.scrollTop = 0;
  }

  protected override updated(): void {
    this.measure();
  }

  override render(): TemplateResult {
    const { columns, sorted, rowHeight } = this;
    const first = Math.min(this.range.first, sorted.length);
    const last = Math.min(this.range.last, sorted.length);
    const before = `padding-top: ${first * rowHeight}px; padding-bottom: ${(sorted.length - last) * rowHeight}px`;
    return html`<div class="scroller" tabindex="0" role="group" aria-label=${this.label} @scroll=${this.measure}>
      <div .style=${before}>
        <table aria-label=${this.label} aria-rowcount=${sorted.length + 1}>
          <thead>
            <tr aria-rowindex="1">
              ${columns.map((column) => this.head(column))}
            </tr>
          </thead>
          <tbody>
            ${repeat(
              sorted.slice(first, last),
              (row) => row,
              (row, index) =>
                html`<tr aria-rowindex=${first + index + 2}>
                  ${columns.map(
                    (column) =>
                      html`<td class="column-${column.id} ${column.isFigure === true ? "figure" : ""}">
                        ${column.cell(row as never)}
                      </td>`,
                  )}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>`;
  }

  private head(column: TableColumn<never>): TemplateResult {
    const isSorted = this.sort?.id === column.id;
    const direction = !isSorted ? "none" : this.sort?.isDescending === true ? "descending" : "ascending";
    const classes = `column-${column.id} ${column.isFigure === true ? "figure" : ""}`;
    if (column.compare === undefined) return html`<th scope="col" class=${classes}>${column.label}</th>`;
    return html`<th scope="col" class=${classes} aria-sort=${direction}>
      <button type="button" @click=${() => this.sortBy(column)}>
        ${column.label}${isSorted ? icon(direction === "descending" ? "arrow-down" : "arrow-up") : ""}
      </button>
    </th>`;
  }

  /** Up, down, and as it was; figures begin with the largest. */
  private sortBy({ id, isFigure }: TableColumn<never>): void {
    const first = isFigure === true;
    if (this.sort?.id !== id) this.sort = { id, isDescending: first };
    else if (this.sort.isDescending === first) this.sort = { id, isDescending: !first };
    else this.sort = undefined;
  }

  private sortedRows(): readonly object[] {
    const column = this.columns.find(({ id }) => id === this.sort?.id);
    if (column?.compare === undefined) return this.rows;
    const direction = this.sort?.isDescending === true ? -1 : 1;
    return [...this.rows].sort((a, b) => direction * (column.compare?.(a as never, b as never) ?? 0));
  }

  private readonly measure = (): void => {
    const { scroller } = this;
    if (scroller === null || scroller.clientHeight === 0) return;
    const row = this.querySelector<HTMLElement>("tbody tr");
    const height = row === null ? 0 : row.getBoundingClientRect().height;
    if (height > 0) this.rowHeight = height;
    const first = Math.max(0, Math.floor(scroller.scrollTop / this.rowHeight) - spare);
    const last = first + Math.ceil(scroller.clientHeight / this.rowHeight) + 2 * spare;
    if (first !== this.range.first || last !== this.range.last) this.range = { first, last };
  };
}
