import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { formatCount } from "../../platform/core/format";
import { PaddockElement } from "../../ui/base";
import type { AskTexts } from "../core/askTexts";
import { columnWidths, leastWidth, mostWidth } from "../core/grid/columnWidths";
import type { GridData, GridView } from "../core/grid/gridData";
import { at, everything, moved, type Position, rangeOf, type Selection, within } from "../core/grid/selection";
import { GridGeometry } from "./gridGeometry";
import { columnLabel, GridPainter } from "./gridPainter";
import { fill } from "./strings";

/** One press of a key changes a column's width by so much. Pixels. */
const widthStep = 16;
let grids = 0;

export interface GridEvents {
  /** @param isToo beside the columns by which it is sorted already. */
  sortBy(column: number, isToo: boolean): void;
  /** Sorting and filtering of one column. @param box where its heading is. */
  openMenu(column: number, box: DOMRect): void;
  /** The selected cells, as a spreadsheet takes them. */
  copy(): void;
  copyAs(): void;
  /** @param row of the result. */
  openCell(row: number, column: number): void;
  selected(selection: Selection): void;
  announce(text: string): void;
}

/**
 * A grid after the pattern of the ARIA practices. The keyboard stays on the grid itself and `aria-activedescendant` names
 * the cell, since cells come and go with scrolling.
 */
@customElement("paddock-grid")
export class ResultGrid extends PaddockElement {
  @property({ attribute: false }) data!: GridData;
  @property({ attribute: false }) order!: Uint32Array;
  @property({ attribute: false }) view!: GridView;
  @property({ attribute: false }) texts!: AskTexts;
  @property({ attribute: false }) label = "";
  @property({ attribute: false }) events!: GridEvents;
  @state() private widths: readonly number[] = [];
  @query(".grid") private readonly scroller!: HTMLElement;
  private selection: Selection = at(0, 0);
  private geometry = new GridGeometry([], 0, 1, 0);
  private painter: GridPainter | undefined;
  private readonly name = `grid-${++grids}`;
  private hasOwnWidths = false;
  private readonly resized = new ResizeObserver(() => this.painter?.follow());

  override focus(): void {
    this.scroller.focus({ preventScroll: true });
  }

  override disconnectedCallback(): void {
    this.resized.disconnect();
    super.disconnectedCallback();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.resized.observe(this.scroller);
  }

  protected override render(): TemplateResult {
    return html`<div
        class="grid"
        role="grid"
        tabindex="0"
        aria-label=${this.label}
        aria-describedby="${this.name}-help"
        aria-multiselectable="true"
        aria-readonly="true"
        aria-rowcount=${this.order.length + 1}
        aria-colcount=${this.data.columns.length + 1}
        @keydown=${this.onKey}
        @scroll=${this.onScroll}
        @focus=${this.onFocus}
        @pointerdown=${this.onPointerDown}
        @dblclick=${this.onDoubleClick}
        @contextmenu=${this.onContextMenu}
      >
        <div role="rowgroup" class="grid-headgroup"><div role="row" aria-rowindex="1" class="grid-head"></div></div>
        <div role="rowgroup" class="grid-body"></div>
      </div>
      <span id="${this.name}-help" class="sr-only">${this.texts.gridHelp}</span>`;
  }

  protected override firstUpdated(): void {
    const { scroller } = this;
    const [head, body] = [scroller.querySelector(".grid-head"), scroller.querySelector(".grid-body")];
    if (!(head instanceof HTMLElement) || !(body instanceof HTMLElement)) return;
    this.painter = new GridPainter({ scroller, head, body });
    this.resized.observe(scroller);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("data")) {
      this.hasOwnWidths = false;
      this.selection = at(0, 0);
    }
  }

  protected override updated(): void {
    const { data, order, view, texts, name } = this;
    const characterWidth = this.characterWidth();
    if (!this.hasOwnWidths) {
      this.widths = columnWidths(data.columns, data.rows, characterWidth);
      // The first rows decide; columns that moved while the others come would only disturb.
      this.hasOwnWidths = data.rows.length > 0;
    }
    const gutter = Math.ceil(formatCount(Math.max(data.rows.length, 1)).length * characterWidth) + 18;
    this.geometry = new GridGeometry(this.widths, gutter, this.rowHeight(), order.length);
    this.selection = within(this.selection, this.size());
    this.painter?.paint({ data, order, view, texts, name, geometry: this.geometry, selection: this.selection });
    this.pointToActive();
  }

  private size() {
    const { scroller, geometry, order, data } = this;
    const seen = scroller.clientHeight - this.headHeight();
    return {
      rows: order.length,
      columns: data.columns.length,
      page: Math.max(Math.floor(seen / geometry.rowHeight) - 1, 1),
    };
  }

  private select(selection: Selection): void {
    this.selection = selection;
    this.reach(selection.focus);
    this.painter?.select(selection);
    this.pointToActive();
    this.events.selected(selection);
  }

  private reach({ row, column }: Position): void {
    const { scroller, geometry } = this;
    if (row >= 0) {
      const top = row * geometry.rowHeight;
      const seen = scroller.clientHeight - this.headHeight();
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (top + geometry.rowHeight > scroller.scrollTop + seen)
        scroller.scrollTop = top + geometry.rowHeight - seen;
    }
    const left = geometry.left(column) - geometry.gutter;
    const right = geometry.left(column + 1);
    if (left < scroller.scrollLeft) scroller.scrollLeft = left;
    else if (right > scroller.scrollLeft + scroller.clientWidth)
      scroller.scrollLeft = Math.min(right - scroller.clientWidth, left);
    this.painter?.follow();
  }

  private pointToActive(): void {
    const id = this.painter?.activeId();
    if (id === undefined) this.scroller.removeAttribute("aria-activedescendant");
    else this.scroller.setAttribute("aria-activedescendant", id);
  }

  private readonly onScroll = (): void => {
    // It comes once a frame, before that is drawn.
    this.painter?.follow();
    this.pointToActive();
  };

  private readonly onFocus = (): void => {
    // Text that is selected elsewhere would be what the editor's own copy takes.
    getSelection()?.removeAllRanges();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { key, shiftKey, altKey } = event;
    const isCommand = event.ctrlKey || event.metaKey;
    const { row, column } = this.selection.focus;
    if (this.onCommandKey(key.toLowerCase(), isCommand, shiftKey)) event.preventDefault();
    else if (altKey && key === "ArrowDown") {
      event.preventDefault();
      this.openMenu(column);
    } else if (altKey && (key === "ArrowLeft" || key === "ArrowRight")) {
      event.preventDefault();
      this.resize(column, (this.widths[column] ?? 0) + (key === "ArrowRight" ? widthStep : -widthStep), true);
    } else if (key === "ContextMenu" || (shiftKey && key === "F10")) {
      event.preventDefault();
      if (row === -1) this.openMenu(column);
      else this.events.copyAs();
    } else if (altKey) return;
    else if (key === "Enter" || key === "F2" || (key === " " && row === -1)) {
      event.preventDefault();
      if (row === -1) this.events.sortBy(column, shiftKey);
      else if (row < this.order.length) this.events.openCell(this.order[row] ?? 0, column);
    } else if (key === "Escape" && this.selection.anchor !== this.selection.focus) {
      event.preventDefault();
      this.select(at(row, column));
    } else {
      const next = moved(this.selection, key, { extends: shiftKey, toEdge: isCommand }, this.size());
      if (next === undefined) return;
      event.preventDefault();
      this.select(next);
    }
  };

  private onCommandKey(key: string, isCommand: boolean, isShift: boolean): boolean {
    if (!isCommand || (key !== "a" && key !== "c")) return false;
    if (key === "a") this.select(everything(this.size()));
    else if (isShift) this.events.copyAs();
    else this.events.copy();
    return true;
  }

  private readonly onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    const heading = event.target.closest<HTMLElement>(".grid-heading");
    if (heading !== null) {
      const column = Number(heading.dataset.column);
      event.preventDefault();
      this.focus();
      if (event.target.closest(".grid-handle") !== null) {
        this.drag(event, column);
        return;
      }
      this.select(at(-1, column));
      if (event.target.closest(".grid-menu") !== null) this.openMenu(column);
      else this.events.sortBy(column, event.shiftKey);
      return;
    }
    const cell = this.cellAt(event);
    if (cell === undefined) return;
    event.preventDefault();
    this.focus();
    const isNumber = event.target.closest(".grid-number") !== null;
    const last = this.data.columns.length - 1;
    if (isNumber) this.select({ anchor: { row: cell.row, column: last }, focus: { row: cell.row, column: 0 } });
    else this.select(event.shiftKey ? { anchor: this.selection.anchor, focus: cell } : at(cell.row, cell.column));
    this.followPointer(event, ({ row, column }) =>
      this.select({ anchor: this.selection.anchor, focus: { row, column: isNumber ? 0 : column } }),
    );
  };

  /** Until the button is up: which cell the pointer is on. */
  private followPointer({ pointerId }: PointerEvent, onCell: (cell: Position) => void): void {
    const { scroller } = this;
    scroller.setPointerCapture(pointerId);
    const move = (event: PointerEvent): void => {
      const cell = this.cellAt(event);
      const { focus } = this.selection;
      if (cell !== undefined && (cell.row !== focus.row || cell.column !== focus.column)) onCell(cell);
    };
    const end = (): void => {
      scroller.removeEventListener("pointermove", move);
      scroller.removeEventListener("lostpointercapture", end);
    };
    scroller.addEventListener("pointermove", move);
    scroller.addEventListener("lostpointercapture", end);
  }

  private drag(event: PointerEvent, column: number): void {
    const { scroller } = this;
    const before = this.widths[column] ?? 0;
    const { clientX: from, pointerId } = event;
    scroller.setPointerCapture(pointerId);
    const move = ({ clientX }: PointerEvent): void => this.resize(column, before + clientX - from, false);
    const end = (): void => {
      scroller.removeEventListener("pointermove", move);
      scroller.removeEventListener("lostpointercapture", end);
    };
    scroller.addEventListener("pointermove", move);
    scroller.addEventListener("lostpointercapture", end);
  }

  private resize(column: number, width: number, isSaid: boolean): void {
    const next = Math.round(Math.min(Math.max(width, leastWidth), mostWidth));
    this.hasOwnWidths = true;
    this.widths = this.widths.map((own, index) => (index === column ? next : own));
    const described = this.data.columns[column];
    if (isSaid && described !== undefined)
      this.events.announce(fill(this.texts.columnWidth, columnLabel(described, column), next));
  }

  private readonly onDoubleClick = (event: MouseEvent): void => {
    if (event.target instanceof Element && event.target.closest(".grid-heading, .grid-number") !== null) return;
    const cell = this.cellAt(event);
    if (cell !== undefined) this.events.openCell(this.order[cell.row] ?? 0, cell.column);
  };

  private readonly onContextMenu = (event: MouseEvent): void => {
    event.preventDefault();
    const heading = event.target instanceof Element ? event.target.closest<HTMLElement>(".grid-heading") : null;
    if (heading !== null) {
      this.openMenu(Number(heading.dataset.column));
      return;
    }
    const cell = this.cellAt(event);
    if (cell === undefined) return;
    const range = rangeOf(this.selection);
    const isInside = cell.row >= range.top && cell.row <= range.bottom && this.selection.focus.row >= 0;
    if (!isInside || cell.column < range.left || cell.column > range.right) this.select(at(cell.row, cell.column));
    this.events.copyAs();
  };

  private cellAt({ clientX, clientY }: MouseEvent): Position | undefined {
    const { scroller, geometry, order } = this;
    if (order.length === 0) return undefined;
    const box = scroller.getBoundingClientRect();
    const y = clientY - box.top - scroller.clientTop - this.headHeight() + scroller.scrollTop;
    const x = clientX - box.left - scroller.clientLeft + scroller.scrollLeft;
    return { row: geometry.rowAt(y), column: geometry.columnAt(x) };
  }

  private openMenu(column: number): void {
    this.reach({ row: -1, column });
    const heading = this.querySelector(`.grid-heading[data-column="${column}"]`);
    this.events.openMenu(column, (heading ?? this.scroller).getBoundingClientRect());
  }

  private headHeight(): number {
    return this.scroller.querySelector<HTMLElement>(".grid-head")?.offsetHeight ?? 0;
  }

  /** As the style sheet has it, which follows the editor's font. */
  private rowHeight(): number {
    return Number.parseFloat(getComputedStyle(this.scroller).getPropertyValue("--row-height")) || 24;
  }

  private characterWidth(): number {
    return Number.parseFloat(getComputedStyle(this.scroller).fontSize) * 0.6 || 8;
  }
}
