import type { ResultView } from "../core/askContract";
import type { Cell } from "../core/database";
import { GridData } from "../core/grid/gridData";

type Fetch = (from: number) => Promise<{ readonly rows: readonly (readonly Cell[])[] } | undefined>;

/** The rows of one result as they come, piece by piece, each when the one before it is in place. */
export class LoadedRows {
  readonly data: GridData;
  /** No more will come: all are there, or the host has none any more. */
  isComplete = false;
  private readonly listeners = new Set<() => void>();
  private isDisposed = false;

  constructor(
    private readonly result: ResultView,
    private readonly fetch: Fetch,
  ) {
    this.data = new GridData(result.columns);
    void this.load();
  }

  /** @returns a function that stops it. */
  onDidLoad(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispose(): void {
    this.isDisposed = true;
    this.listeners.clear();
  }

  private async load(): Promise<void> {
    while (!this.isDisposed && this.data.rows.length < this.result.rows) {
      const piece = await this.fetch(this.data.rows.length);
      if (piece === undefined || piece.rows.length === 0) break;
      this.data.add(piece.rows);
      for (const listener of this.listeners) listener();
      // A frame can be drawn between two pieces.
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    this.isComplete = true;
    for (const listener of this.listeners) listener();
  }
}
