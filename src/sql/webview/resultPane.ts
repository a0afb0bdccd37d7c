import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { formatCount, formatMilliseconds } from "../../platform/core/format";
import { icon, PaddockElement } from "../../ui/base";
import type { CopyRequest, ResultView, Written } from "../core/askContract";
import type { AskTexts } from "../core/askTexts";
import { cellText, numberOf } from "../core/grid/cells";
import { type ChartPlan, suggestChart } from "../core/grid/chart";
import { type GridView, plainView, type SortKey } from "../core/grid/gridData";
import { at, type CellRange, rangeOf, type Selection } from "../core/grid/selection";
import type { AskLink } from "./askLink";
import "./cellView";
import type { CellView } from "./cellView";
import "./chartView";
import "./columnMenu";
import type { ColumnMenu } from "./columnMenu";
import "./copyMenu";
import type { CopyChoice, CopyMenu } from "./copyMenu";
import { columnLabel } from "./gridPainter";
import type { LoadedRows } from "./loadedRows";
import "./resultGrid";
import type { GridEvents, ResultGrid } from "./resultGrid";
import { counted, fill } from "./strings";

/** While a person types, this long after the last key. ms. */
const patience = 120;
/** Cells that the sum below the grid is made of; more would hold the keyboard up. */
const mostSummed = 50_000;

/** One result: its rows in a grid, what can be done with them, and a chart where its shape suggests one. */
@customElement("paddock-result")
export class ResultPane extends PaddockElement {
  @property({ attribute: false }) result!: ResultView;
  @property({ attribute: false }) link!: AskLink;
  @property({ attribute: false }) texts!: AskTexts;
  @property({ attribute: false }) announce!: (text: string) => void;
  @state() private view: GridView = plainView;
  @state() private order: Uint32Array = new Uint32Array();
  @state() private loaded = 0;
  @state() private chart: ChartPlan | undefined;
  @state() private isCharted = false;
  @state() private summary = "";
  @query("paddock-grid") private readonly grid!: ResultGrid | null;
  @query("paddock-column-menu") private readonly menu!: ColumnMenu;
  @query("paddock-copy-menu") private readonly copyMenu!: CopyMenu;
  @query("paddock-cell") private readonly cell!: CellView;
  private rows: LoadedRows | undefined;
  private selection: Selection = at(0, 0);
  private stop: () => void = () => undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    this.stop();
    clearTimeout(this.timer);
    super.disconnectedCallback();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.follow();
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get("result") as ResultView | undefined;
    if (!changed.has("result") || before?.id === this.result.id) return;
    this.view = plainView;
    this.isCharted = false;
    this.summary = "";
    this.selection = at(0, 0);
    this.follow();
  }

  protected override render(): TemplateResult {
    const { texts, result, rows } = this;
    if (result.columns.length === 0) return html`<p class="quiet">${texts.noColumns}</p>`;
    const time = fill(texts.runTime, this.count(), formatMilliseconds(result.elapsedMs));
    return html`<section class="result" aria-label=${texts.results}>
      ${result.rows === 0 ? this.nothingFound() : this.tools()}
      ${result.cut === null ? nothing : this.cutNote(result.cut)}
      ${
        rows === undefined || this.loaded === 0
          ? nothing
          : html`${this.isCharted && this.chart !== undefined ? this.drawing(rows, this.chart) : nothing}
              ${
                this.order.length === 0 && rows.isComplete
                  ? html`<p class="quiet" role="status">${texts.noMatches}</p>`
                  : nothing
              }
              <paddock-grid
                .data=${rows.data}
                .order=${this.order}
                .view=${this.view}
                .texts=${texts}
                .label=${`${texts.results}: ${this.count()}`}
                .events=${this.gridEvents}
              ></paddock-grid>`
      }
      <p class="status-line">
        <span>${time}</span>
        ${
          rows?.isComplete === false && result.rows > 0
            ? html`<span role="status"
                >${icon("loading spinning")}
                ${fill(texts.loadingRows, formatCount(this.loaded), formatCount(result.rows))}</span
              >`
            : nothing
        }
        <span class="summary">${this.summary}</span>
      </p>
      <paddock-column-menu .texts=${texts}></paddock-column-menu>
      <paddock-copy-menu .texts=${texts}></paddock-copy-menu>
      <paddock-cell .texts=${texts} .link=${this.link}></paddock-cell>
    </section>`;
  }

  private tools(): TemplateResult {
    const { texts, view } = this;
    const { length } = view.filters;
    const isFiltered = length > 0 || view.search !== "";
    return html`<div class="result-tools" role="group" aria-label=${texts.results}>
      <input
        class="text-box"
        type="search"
        aria-label=${texts.search}
        placeholder=${texts.search}
        .value=${view.search}
        @input=${this.searched}
        @keydown=${this.toGrid}
      />
      ${
        isFiltered
          ? html`<button type="button" class="link-button" @click=${() => this.show({ filters: [], search: "" })}>
              ${texts.clearFilters}
            </button>`
          : nothing
      }
      <span class="grow"></span>
      ${
        this.chart === undefined
          ? nothing
          : html`<button
              type="button"
              class="button secondary"
              aria-pressed=${this.isCharted ? "true" : "false"}
              @click=${() => (this.isCharted = !this.isCharted)}
            >
              ${icon("graph")} ${this.isCharted ? texts.hideChart : texts.showChart}
            </button>`
      }
      <button type="button" class="button secondary" @click=${() => this.openCopy("copy")}>
        ${icon("copy")} ${texts.copyAs}
      </button>
      <button type="button" class="button secondary" @click=${() => this.openCopy("export")}>
        ${icon("export")} ${texts.exportAs}
      </button>
    </div>`;
  }

  private nothingFound(): TemplateResult {
    const { texts } = this;
    return html`<div class="callout info">
      ${icon("info")}
      <p><b>${texts.noRows}</b> <span>${texts.noRowsMore}</span></p>
    </div>`;
  }

  private cutNote(cut: "rows" | "bytes"): TemplateResult {
    const { texts, result } = this;
    return html`<div class="callout warning">
      ${icon("warning")}
      <p>${cut === "rows" ? fill(texts.cutRows, formatCount(result.rows)) : texts.cutBytes}</p>
    </div>`;
  }

  private drawing({ data }: LoadedRows, plan: ChartPlan): TemplateResult {
    return html`<paddock-chart .plan=${plan} .data=${data} .order=${this.order} .texts=${this.texts}></paddock-chart>`;
  }

  private count(): string {
    const { texts, result, order } = this;
    const all = counted(result.rows, texts.rowsOne, texts.rows, formatCount(result.rows));
    const isWhole = order.length === result.rows || this.rows?.isComplete !== true;
    return isWhole ? all : fill(texts.rowsShown, formatCount(order.length), formatCount(result.rows));
  }

  private readonly gridEvents: GridEvents = {
    sortBy: (column, isToo) => {
      const now = this.view.sorts.find((one) => one.column === column);
      // Up, down, and as it came.
      const direction =
        now === undefined ? "ascending" : now.direction === "ascending" ? ("descending" as const) : undefined;
      this.sort(column, direction, isToo, now?.nulls ?? "last");
    },
    openMenu: (column, box) => void this.openMenu(column, box),
    copy: () => void this.copySelection(),
    copyAs: () => void this.openCopy("copy"),
    openCell: (row, column) => this.openCell(row, column),
    selected: (selection) => {
      this.selection = selection;
      this.summary = this.summed(rangeOf(selection));
    },
    announce: (text) => this.announce(text),
  };

  private sort(
    column: number,
    direction: SortKey["direction"] | undefined,
    isToo: boolean,
    nulls: SortKey["nulls"],
  ): void {
    const key = direction === undefined ? [] : [{ column, direction, nulls }];
    const { sorts } = this.view;
    const isThere = sorts.some((one) => one.column === column);
    const beside = isThere ? sorts.flatMap((one) => (one.column === column ? key : [one])) : [...sorts, ...key];
    this.show({ sorts: isToo ? beside : key });
    const described = this.result.columns[column];
    if (described === undefined) return;
    const how = direction === undefined ? "" : direction === "ascending" ? this.texts.sortedUp : this.texts.sortedDown;
    this.announce([columnLabel(described, column), how].filter((word) => word !== "").join(", "));
  }

  private show(change: Partial<GridView>): void {
    this.view = { ...this.view, ...change };
    this.arrange();
  }

  private arrange(): void {
    const { rows } = this;
    if (rows === undefined) return;
    this.order = rows.data.arrange(this.view);
    this.loaded = rows.data.rows.length;
    this.chart ??= suggestChart(this.result.columns, rows.data.rows);
  }

  private follow(): void {
    this.stop();
    this.rows = this.link.rowsOf(this.result);
    this.chart = undefined;
    this.arrange();
    this.stop = this.rows.onDidLoad(() => {
      // Sorting anew for each piece would cost more than it shows; the last piece brings all into order.
      const { view, rows } = this;
      const isPlain = view.sorts.length === 0 && view.filters.length === 0 && view.search === "";
      if (isPlain || rows?.isComplete === true || this.loaded === 0) this.arrange();
      else this.loaded = rows?.data.rows.length ?? 0;
      this.requestUpdate();
    });
  }

  private readonly searched = (event: Event): void => {
    const search = (event.target as HTMLInputElement).value;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.show({ search });
      this.announce(this.count());
    }, patience);
  };

  private readonly toGrid = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    this.grid?.focus();
  };

  private async openMenu(column: number, box: DOMRect): Promise<void> {
    const described = this.result.columns[column];
    if (described === undefined) return;
    const { view } = this;
    const choice = await this.menu.ask({
      column: described,
      label: columnLabel(described, column),
      sort: view.sorts.find((one) => one.column === column),
      isSortedByOthers: view.sorts.some((one) => one.column !== column),
      filter: view.filters.find((one) => one.column === column),
      box,
    });
    this.grid?.focus();
    if (choice === undefined) return;
    if (choice.kind === "sort") {
      this.sort(column, choice.direction, choice.isToo, choice.nulls);
      return;
    }
    const others = view.filters.filter((one) => one.column !== column);
    this.show({ filters: choice.filter === undefined ? others : [...others, { ...choice.filter, column }] });
    this.announce(this.count());
  }

  private async openCopy(purpose: "copy" | "export"): Promise<void> {
    const { top, left, bottom, right } = rangeOf(this.selection);
    const cells = (bottom - top + 1) * (right - left + 1);
    const isSelection = purpose === "copy" && cells > 1;
    const choice = await this.copyMenu.ask(purpose, isSelection ? cells : undefined);
    if (choice === undefined) return;
    await this.write(purpose, choice, isSelection ? { top, left, bottom, right } : undefined);
  }

  /** As a spreadsheet takes it: one cell as it is, more of them separated by tabs. */
  private async copySelection(): Promise<void> {
    const range = rangeOf(this.selection);
    if (range.top === range.bottom && range.left === range.right) {
      const cell = this.rows?.data.cell(this.order[range.top] ?? 0, range.left) ?? null;
      if ((await this.link.ask("copyText", { text: cellText(cell) })) !== undefined)
        this.announce(this.texts.copiedCell);
      return;
    }
    await this.write("copy", { format: "tsv", guardsFormulas: true, hasHeading: false }, range);
  }

  /** @param range as it is shown; undefined: all that is shown. */
  private async write(purpose: "copy" | "export", choice: CopyChoice, range: CellRange | undefined): Promise<void> {
    const { result, order, view } = this;
    const isPlain = view.sorts.length === 0 && order.length === result.rows;
    const columns = result.columns.map((_, index) => index);
    const request: CopyRequest = {
      ...choice,
      result: result.id,
      order: range !== undefined ? [...order.subarray(range.top, range.bottom + 1)] : isPlain ? null : [...order],
      columns: range === undefined ? columns : columns.slice(range.left, range.right + 1),
    };
    const written = await this.link.ask(purpose, request);
    if (written?.done === true) this.announce(this.wordsOf(written, purpose));
  }

  private wordsOf({ rows, guarded, cut }: Written, purpose: "copy" | "export"): string {
    const { texts } = this;
    const [one, many] = purpose === "copy" ? [texts.copiedOne, texts.copied] : [texts.exportedOne, texts.exported];
    return [
      counted(rows, one, many, formatCount(rows)),
      guarded > 0 ? fill(texts.guarded, formatCount(guarded)) : "",
      cut > 0 ? fill(texts.cutCells, formatCount(cut)) : "",
    ]
      .filter((sentence) => sentence !== "")
      .join(" ");
  }

  private openCell(row: number, column: number): void {
    const described = this.result.columns[column];
    if (described === undefined) return;
    const title = fill(this.texts.cell, columnLabel(described, column), formatCount(row + 1));
    void this.cell.show(title, this.rows?.data.cell(row, column) ?? null).then(() => this.grid?.focus());
  }

  /** How many cells are selected, with their sum where all of them are numbers. */
  private summed({ top, left, bottom, right }: CellRange): string {
    const cells = (bottom - top + 1) * (right - left + 1);
    if (cells < 2 || this.selection.focus.row < 0) return "";
    const count = formatCount(cells);
    if (cells > mostSummed) return fill(this.texts.selectedCells, count);
    let sum = 0;
    let numbers = 0;
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) {
        const cell = this.rows?.data.cell(this.order[row] ?? 0, column) ?? null;
        const number = numberOf(cell);
        if (number === undefined && cell !== null) return fill(this.texts.selectedCells, count);
        if (number === undefined) continue;
        sum += number;
        numbers++;
      }
    if (numbers === 0) return fill(this.texts.selectedCells, count);
    const shown = (value: number): string => String(Number(value.toPrecision(12)));
    return fill(this.texts.selectedSum, count, shown(sum), shown(sum / numbers));
  }
}
