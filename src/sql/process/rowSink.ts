import type { Cell, QueryLimits, ResultColumn } from "../core/database";
import type { ValueKind } from "../core/schema";
import { kindOfCell } from "./cells";

/** A message with rows is sent at so many rows or bytes, so that neither side holds its breath for long. */
const BATCH_ROWS = 500;
const BATCH_BYTES = 256 * 1024;

/** Rows by which the kind of an expression's values is told. */
const TELLING_ROWS = 200;

/** Takes rows as they stream, up to the caps, and sends them on in batches. */
export class RowSink {
  private batch: (readonly Cell[])[] = [];
  private batchBytes = 0;
  private bytes = 0;
  private rows = 0;
  private reason: "rows" | "bytes" | undefined;
  private readonly seen: (ValueKind | undefined)[] = [];

  constructor(
    private readonly limits: QueryLimits,
    private readonly send: (rows: readonly (readonly Cell[])[]) => void,
  ) {}

  /** Which cap was met; rows that come then are dropped. */
  get cut(): "rows" | "bytes" | undefined {
    return this.reason;
  }

  /** @returns false: this row is beyond the caps, and no other is taken. */
  take(row: readonly Cell[]): boolean {
    if (this.reason !== undefined) return false;
    if (this.rows >= this.limits.maxRows) {
      this.reason = "rows";
      return false;
    }
    const bytes = sizeOf(row);
    if (this.bytes + bytes > this.limits.maxBytes) {
      this.reason = "bytes";
      return false;
    }
    if (this.rows < TELLING_ROWS) this.look(row);
    this.rows++;
    this.bytes += bytes;
    this.batchBytes += bytes;
    this.batch.push(row);
    if (this.batch.length >= BATCH_ROWS || this.batchBytes >= BATCH_BYTES) this.flush();
    return true;
  }

  /** Columns whose engine tells no type get the kind that their values have. */
  told(columns: readonly ResultColumn[]): readonly ResultColumn[] {
    return columns.map((column, at) => (column.type === "" ? { ...column, kind: this.seen[at] ?? "other" } : column));
  }

  private look(row: readonly Cell[]): void {
    row.forEach((cell, at) => {
      const kind = kindOfCell(cell);
      const before = this.seen[at];
      if (kind === undefined || kind === before) return;
      const numbers = ["integer", "number"];
      if (before === undefined) this.seen[at] = kind;
      else this.seen[at] = numbers.includes(before) && numbers.includes(kind) ? "number" : "other";
    });
  }

  /** Sends what is left. */
  flush(): void {
    if (this.batch.length > 0) this.send(this.batch);
    this.batch = [];
    this.batchBytes = 0;
  }
}

/** Bytes as JSON, near enough: characters beyond ASCII count as three. */
function sizeOf(row: readonly Cell[]): number {
  let size = 2;
  for (const cell of row) {
    if (typeof cell === "string") size += textSize(cell);
    else if (cell === null || typeof cell !== "object") size += 8;
    else if (cell.kind === "digits") size += 32 + cell.digits.length;
    else if (cell.kind === "bytes") size += 48 + cell.hex.length;
    else size += 48 + textSize(cell.text);
  }
  return size;
}

function textSize(text: string): number {
  let size = text.length + 3;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7e) size += 2;
  return size;
}
