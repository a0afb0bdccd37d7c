import { formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { iconElement } from "../../ui/icon";
import type { ResultColumn } from "../core/database";
import { shownText, toneOf } from "../core/grid/cells";
import type { GridData, GridView } from "../core/grid/gridData";
import { type CellRange, isIn, rangeOf, type Selection } from "../core/grid/selection";
import type { AskTexts } from "../core/askTexts";
import type { GridGeometry } from "./gridGeometry";
import { fill } from "./strings";

/** Rows and columns that are made ready beyond what is seen. */
const moreRows = 6;
const moreColumns = 1;

export interface GridScene {
  readonly data: GridData;
  readonly order: Uint32Array;
  readonly view: GridView;
  readonly geometry: GridGeometry;
  readonly selection: Selection;
  readonly texts: AskTexts;
  /** Begins the ids of cells. */
  readonly name: string;
}

export interface GridParts {
  readonly scroller: HTMLElement;
  readonly head: HTMLElement;
  readonly body: HTMLElement;
}

interface PaintedRow {
  readonly element: HTMLElement;
  readonly number: HTMLElement;
  readonly cells: HTMLElement[];
  row: number;
}

export function columnLabel({ name }: ResultColumn, index: number): string {
  return name === "" ? `#${index + 1}` : visibleText(name);
}

/**
 * Puts the part of a grid that is seen into the page. Elements are used again for other rows, and hold text alone. What
 * the scene says is taken as it is; a scene that changed is painted whole, a scroll only where it came to something new.
 */
export class GridPainter {
  private readonly rows = new Map<number, PaintedRow>();
  private readonly free: PaintedRow[] = [];
  private headings: HTMLElement[] = [];
  private readonly corner: HTMLElement;
  private first = 0;
  private last = -1;
  private scene: GridScene | undefined;

  constructor(private readonly parts: GridParts) {
    this.corner = document.createElement("div");
    this.corner.className = "grid-number corner";
    this.corner.setAttribute("role", "columnheader");
    this.corner.setAttribute("aria-colindex", "1");
    this.corner.textContent = "#";
    this.parts.head.append(this.corner);
  }

  paint(scene: GridScene): void {
    this.scene = scene;
    const { geometry } = scene;
    const { head, body } = this.parts;
    for (const part of [head, body]) part.style.width = `${geometry.width}px`;
    body.style.height = `${geometry.height}px`;
    this.corner.style.width = `${geometry.gutter}px`;
    this.corner.setAttribute("aria-label", scene.texts.rowNumber);
    this.findColumns(geometry);
    this.paintHead(scene);
    this.paintRows(scene, true);
  }

  /** After a scroll. */
  follow(): void {
    const { scene } = this;
    if (scene === undefined) return;
    const hasNewColumns = this.findColumns(scene.geometry);
    if (hasNewColumns) this.paintHead(scene);
    this.paintRows(scene, hasNewColumns);
  }

  /** The selection alone has changed. */
  select(selection: Selection): void {
    if (this.scene === undefined) return;
    this.scene = { ...this.scene, selection };
    const range = rangeOf(selection);
    for (const row of this.rows.values()) this.mark(row, range, selection);
    for (const [index, heading] of this.headings.entries())
      heading.classList.toggle("active", selection.focus.row === -1 && selection.focus.column === this.first + index);
  }

  /** The id of the cell where the keyboard is, where it is in the page. */
  activeId(): string | undefined {
    if (this.scene === undefined) return undefined;
    const { row, column } = this.scene.selection.focus;
    if (column < this.first || column > this.last) return undefined;
    return row === -1 || this.rows.has(row) ? cellId(this.scene.name, row, column) : undefined;
  }

  private findColumns(geometry: GridGeometry): boolean {
    const { scrollLeft, clientWidth } = this.parts.scroller;
    const last = geometry.offsets.length - 2;
    const from = Math.max(geometry.columnAt(scrollLeft + geometry.gutter) - moreColumns, 0);
    const to = Math.min(geometry.columnAt(scrollLeft + Math.max(clientWidth, 1)) + moreColumns, last);
    // What is in the page already is enough while all that is seen is in it.
    const seen = [
      geometry.columnAt(scrollLeft + geometry.gutter),
      geometry.columnAt(scrollLeft + clientWidth),
    ] as const;
    if (this.first <= seen[0] && this.last >= Math.min(seen[1], last) && this.last <= last) return false;
    [this.first, this.last] = [from, to];
    return true;
  }

  private paintHead(scene: GridScene): void {
    const { data, view, geometry, selection, texts, name } = scene;
    const count = this.last - this.first + 1;
    while (this.headings.length < count) {
      const made = makeHeading(texts);
      this.headings.push(made);
      this.parts.head.append(made);
    }
    for (const extra of this.headings.splice(count)) extra.remove();
    for (const [index, heading] of this.headings.entries()) {
      const place = this.first + index;
      const column = data.columns[place];
      if (column === undefined) continue;
      const sort = view.sorts.findIndex((one) => one.column === place);
      const direction = view.sorts[sort]?.direction;
      const isFiltered = view.filters.some((one) => one.column === place);
      heading.id = cellId(name, -1, place);
      heading.dataset.column = String(place);
      heading.style.left = `${geometry.left(place)}px`;
      heading.style.width = `${geometry.columnWidth(place)}px`;
      heading.setAttribute("aria-colindex", String(place + 2));
      heading.setAttribute("aria-sort", direction ?? "none");
      heading.classList.toggle("active", selection.focus.row === -1 && selection.focus.column === place);
      const label = columnLabel(column, place);
      const said = direction === undefined ? "" : direction === "ascending" ? texts.sortedUp : texts.sortedDown;
      const sortedAs = view.sorts.length > 1 && said !== "" ? fill(texts.sortPlace, said, sort + 1) : said;
      const words = [label, column.type, sortedAs, isFiltered ? texts.filtered : ""].filter((word) => word !== "");
      heading.setAttribute("aria-label", words.join(", "));
      heading.title = words.join(", ");
      const [shownName, type, mark, menu] = heading.children;
      if (shownName !== undefined) shownName.textContent = label;
      if (type !== undefined) type.textContent = visibleText(column.type);
      if (mark !== undefined) {
        mark.className = `grid-mark codicon codicon-${direction === "ascending" ? "arrow-up" : "arrow-down"}`;
        mark.classList.toggle("off", direction === undefined);
        mark.textContent = view.sorts.length > 1 && direction !== undefined ? String(sort + 1) : "";
      }
      menu?.classList.toggle("on", isFiltered);
    }
  }

  private paintRows(scene: GridScene, all: boolean): void {
    const { geometry, order, selection } = scene;
    const { scrollTop, clientHeight } = this.parts.scroller;
    const from = Math.max(Math.floor(scrollTop / geometry.rowHeight) - moreRows, 0);
    const to = Math.min(Math.ceil((scrollTop + clientHeight) / geometry.rowHeight) + moreRows, order.length);
    for (const [place, row] of this.rows) {
      if (place >= from && place < to) continue;
      this.rows.delete(place);
      this.free.push(row);
    }
    const range = rangeOf(selection);
    for (let place = from; place < to; place++) {
      const known = this.rows.get(place);
      if (known !== undefined && !all) continue;
      const row = known ?? this.free.pop() ?? this.makeRow();
      row.row = place;
      this.rows.set(place, row);
      this.fillRow(row, scene);
      this.mark(row, range, selection);
    }
    for (const row of this.free) row.element.hidden = true;
  }

  private makeRow(): PaintedRow {
    const element = document.createElement("div");
    element.className = "grid-row";
    element.setAttribute("role", "row");
    const number = document.createElement("div");
    number.className = "grid-number";
    number.setAttribute("role", "rowheader");
    number.setAttribute("aria-colindex", "1");
    element.append(number);
    this.parts.body.append(element);
    return { element, number, cells: [], row: -1 };
  }

  private fillRow(row: PaintedRow, { data, order, geometry, name }: GridScene): void {
    const { element, number, cells, row: place } = row;
    const index = order[place] ?? 0;
    element.hidden = false;
    element.style.top = `${place * geometry.rowHeight}px`;
    element.setAttribute("aria-rowindex", String(place + 2));
    number.style.width = `${geometry.gutter}px`;
    number.textContent = formatCount(index + 1);
    const count = this.last - this.first + 1;
    while (cells.length < count) {
      const cell = document.createElement("div");
      cell.setAttribute("role", "gridcell");
      // Right-to-left text keeps to its own cell.
      cell.dir = "auto";
      element.append(cell);
      cells.push(cell);
    }
    for (const extra of cells.splice(count)) extra.remove();
    for (const [offset, cell] of cells.entries()) {
      const column = this.first + offset;
      const value = data.cell(index, column);
      cell.className = `grid-cell ${toneOf(value)}`;
      cell.id = cellId(name, place, column);
      cell.style.left = `${geometry.left(column)}px`;
      cell.style.width = `${geometry.columnWidth(column)}px`;
      cell.setAttribute("aria-colindex", String(column + 2));
      cell.textContent = visibleText(shownText(value));
    }
  }

  private mark({ cells, row, number }: PaintedRow, range: CellRange, { focus }: Selection): void {
    const isRow = focus.row >= 0;
    number.classList.toggle("selected", isRow && row >= range.top && row <= range.bottom);
    for (const [offset, cell] of cells.entries()) {
      const column = this.first + offset;
      const isSelected = isRow && isIn(range, row, column);
      cell.classList.toggle("selected", isSelected);
      cell.classList.toggle("active", row === focus.row && column === focus.column);
      cell.setAttribute("aria-selected", isSelected ? "true" : "false");
    }
  }
}

export function cellId(name: string, row: number, column: number): string {
  return `${name}-${row === -1 ? "h" : row}-${column}`;
}

function makeHeading(texts: AskTexts): HTMLElement {
  const heading = document.createElement("div");
  heading.className = "grid-heading";
  heading.setAttribute("role", "columnheader");
  const part = (className: string): HTMLElement => {
    const span = document.createElement("span");
    span.className = className;
    return span;
  };
  const mark = part("grid-mark");
  mark.setAttribute("aria-hidden", "true");
  // For the mouse; the keyboard has Alt+Down in the heading itself.
  const menu = document.createElement("button");
  menu.type = "button";
  menu.tabIndex = -1;
  menu.className = "grid-menu";
  menu.title = texts.filterColumn;
  menu.setAttribute("aria-hidden", "true");
  menu.append(iconElement("filter"));
  heading.append(part("grid-name"), part("grid-type"), mark, menu, part("grid-handle"));
  return heading;
}
