/** Where a grid's columns and rows lie, in pixels of its content. */
export class GridGeometry {
  /** Where each column begins, and at the end where the last one ends. */
  readonly offsets: Float64Array;

  constructor(
    widths: readonly number[],
    /** Of the row numbers, which stay in place. */
    readonly gutter: number,
    readonly rowHeight: number,
    readonly rows: number,
  ) {
    this.offsets = new Float64Array(widths.length + 1);
    this.offsets[0] = gutter;
    for (const [index, width] of widths.entries()) this.offsets[index + 1] = (this.offsets[index] ?? 0) + width;
  }

  get width(): number {
    return this.offsets.at(-1) ?? this.gutter;
  }

  get height(): number {
    return this.rows * this.rowHeight;
  }

  left(column: number): number {
    return this.offsets[column] ?? this.width;
  }

  columnWidth(column: number): number {
    return this.left(column + 1) - this.left(column);
  }

  /** The column at a place, the nearest one outside. */
  columnAt(x: number): number {
    let [low, high] = [0, this.offsets.length - 2];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.left(middle) <= x) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }

  rowAt(y: number): number {
    return Math.min(Math.max(Math.floor(y / this.rowHeight), 0), this.rows - 1);
  }
}
