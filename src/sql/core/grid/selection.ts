/** Rows and columns as they are shown; row -1 is the heading. */
export interface Position {
  readonly row: number;
  readonly column: number;
}

/** One rectangle of cells: the one where it began, and the one where the keyboard is. */
export interface Selection {
  readonly anchor: Position;
  readonly focus: Position;
}

export interface CellRange {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows that are seen at once. */
  readonly page: number;
}

export function at(row: number, column: number): Selection {
  return { anchor: { row, column }, focus: { row, column } };
}

export function everything({ rows, columns }: GridSize): Selection {
  return { anchor: { row: 0, column: 0 }, focus: { row: Math.max(rows - 1, 0), column: Math.max(columns - 1, 0) } };
}

/** Both ends included; the heading is never part of it. */
export function rangeOf({ anchor, focus }: Selection): CellRange {
  return {
    top: Math.max(Math.min(anchor.row, focus.row), 0),
    left: Math.min(anchor.column, focus.column),
    bottom: Math.max(anchor.row, focus.row, 0),
    right: Math.max(anchor.column, focus.column),
  };
}

export function isIn({ top, left, bottom, right }: CellRange, row: number, column: number): boolean {
  return row >= top && row <= bottom && column >= left && column <= right;
}

/** Keeps it inside a grid that has become smaller. */
export function within({ anchor, focus }: Selection, size: GridSize): Selection {
  return { anchor: clamped(anchor, size), focus: clamped(focus, size) };
}

/**
 * Where a key leads, after the pattern for grids of the ARIA practices. @param key as KeyboardEvent names it.
 * @param keys extends: Shift is held; toEdge: Ctrl or Cmd is. @returns undefined: the key is not for moving.
 */
export function moved(
  { anchor, focus }: Selection,
  key: string,
  keys: { readonly extends: boolean; readonly toEdge: boolean },
  size: GridSize,
): Selection | undefined {
  const { rows, columns, page } = size;
  const { row, column } = focus;
  const target = ((): Position | undefined => {
    switch (key) {
      case "ArrowDown":
        return { row: keys.toEdge ? rows - 1 : row + 1, column };
      case "ArrowUp":
        return { row: keys.toEdge ? 0 : row - 1, column };
      case "ArrowRight":
        return { row, column: keys.toEdge ? columns - 1 : column + 1 };
      case "ArrowLeft":
        return { row, column: keys.toEdge ? 0 : column - 1 };
      case "Home":
        return { row: keys.toEdge ? 0 : row, column: 0 };
      case "End":
        return { row: keys.toEdge ? rows - 1 : row, column: columns - 1 };
      case "PageDown":
        return { row: row + Math.max(page, 1), column };
      case "PageUp":
        return { row: Math.max(row - Math.max(page, 1), Math.min(row, 0)), column };
      default:
        return undefined;
    }
  })();
  if (target === undefined) return undefined;
  const next = clamped(target, size);
  if (!keys.extends) return { anchor: next, focus: next };
  const focusIn = { row: Math.max(next.row, 0), column: next.column };
  return { anchor: { row: Math.max(anchor.row, 0), column: anchor.column }, focus: focusIn };
}

function clamped({ row, column }: Position, { rows, columns }: GridSize): Position {
  return {
    row: Math.min(Math.max(row, -1), rows - 1),
    column: Math.min(Math.max(column, 0), Math.max(columns - 1, 0)),
  };
}
