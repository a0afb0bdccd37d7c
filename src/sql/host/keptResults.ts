import { Breath } from "../../platform/node/breath";
import { PaddockError } from "../../platform/core/errors";
import type { CopyRequest, Written } from "../core/askContract";
import type { Cell, QueryResult } from "../core/database";
import { ResultWriter } from "../core/grid/resultWriter";
import type { DatabaseEngine } from "../core/schema";

/** Results may be large; older ones are let go, and their statements can be run again. */
const mostResults = 4;
/** Of the rows in one message to the page. Characters, about. */
const pieceLength = 256 * 1024;
const pieceRows = 5000;
/** What goes to the clipboard or a file at once. Characters, about. */
const writtenLength = 64 * 1024;

interface KeptResult {
  readonly id: string;
  readonly turn: string;
  readonly result: QueryResult;
}

/** The results of one panel's statements, in memory only. */
export class KeptResults {
  private kept: KeptResult[] = [];
  private next = 1;

  /** @returns its id, and the turns whose results had to go for it. */
  keep(turn: string, result: QueryResult): { readonly id: string; readonly dropped: readonly string[] } {
    const id = `${turn}:${this.next++}`;
    const others = this.kept.filter((one) => one.turn !== turn);
    const staying = others.slice(-(mostResults - 1));
    this.kept = [...staying, { id, turn, result }];
    return { id, dropped: others.slice(0, others.length - staying.length).map((one) => one.turn) };
  }

  drop(turn: string): void {
    this.kept = this.kept.filter((one) => one.turn !== turn);
  }

  clear(): void {
    this.kept = [];
  }

  /** As many rows from this one on as fit into a message; at least one, where there is one. */
  rows(id: string, from: number): readonly (readonly Cell[])[] {
    const { rows } = this.find(id);
    let length = 0;
    let to = from;
    while (to < rows.length && to - from < pieceRows && length < pieceLength) {
      for (const cell of rows[to] ?? []) length += sizeOf(cell);
      to++;
    }
    return rows.slice(from, to);
  }

  /**
   * A result as text, piece by piece, without holding the extension host up.
   * @param written filled in on the way. @throws PaddockError internal, where the result is no longer kept.
   */
  async *write(
    request: CopyRequest,
    target: { readonly table: string; readonly engine: DatabaseEngine },
    written: { -readonly [K in keyof Written]: Written[K] },
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { columns, rows } = this.find(request.result);
    const chosen = request.columns.flatMap((index) => {
      const column = columns[index];
      return column === undefined ? [] : [{ index, column }];
    });
    const writer = new ResultWriter(
      chosen.map(({ column }) => column),
      { ...request, ...target },
    );
    const breath = new Breath();
    let waiting = [writer.head()];
    let length = 0;
    const order = request.order ?? rows.keys();
    for (const place of order) {
      const row = rows[place];
      if (row === undefined) continue;
      const text = writer.row(chosen.map(({ index }) => row[index] ?? null));
      waiting.push(text);
      length += text.length;
      written.rows++;
      if (length < writtenLength) continue;
      yield waiting.join("");
      waiting = [];
      length = 0;
      await breath.take(signal);
    }
    waiting.push(writer.tail());
    written.guarded = writer.guarded;
    written.cut = writer.cut;
    yield waiting.join("");
  }

  private find(id: string): QueryResult {
    const found = this.kept.find((one) => one.id === id);
    if (found === undefined) throw new PaddockError("internal", "This result is no longer kept.");
    return found.result;
  }
}

function sizeOf(cell: Cell): number {
  if (typeof cell === "string") return cell.length + 8;
  if (cell === null || typeof cell !== "object") return 8;
  return 40 + (cell.kind === "digits" ? cell.digits : cell.kind === "bytes" ? cell.hex : cell.text).length;
}
