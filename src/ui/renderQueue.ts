/** So much script of a frame goes into rendering what waits; the rest is for the frame's own work. Milliseconds. */
const sliceMs = 6;
/** What can wait begins only in a frame that has had no more than this. Milliseconds. */
const laterMs = 2;

/** Renders a piece. @returns whether there is more to do. */
type Piece = () => boolean;

/**
 * Work that is too much for one frame, done in pieces over as many as it takes. What was asked for last comes first: in
 * a conversation that is the newest message, where the person is.
 */
class RenderQueue {
  private readonly soon: Piece[] = [];
  private readonly later: Piece[] = [];
  private frame = 0;

  /** @param when "later": not before all that is to be soon. */
  add(piece: Piece, when: "soon" | "later" = "soon"): void {
    this[when].push(piece);
    this.schedule();
  }

  delete(piece: Piece): void {
    for (const waiting of [this.soon, this.later]) {
      const at = waiting.lastIndexOf(piece);
      if (at !== -1) waiting.splice(at, 1);
    }
  }

  private get next(): Piece | undefined {
    return this.soon.at(-1) ?? this.later.at(-1);
  }

  private schedule(): void {
    if (this.frame === 0 && this.next !== undefined) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.run();
      });
    }
  }

  private run(): void {
    const began = performance.now();
    for (let piece = this.next; piece !== undefined; piece = this.next) {
      if (!piece()) this.delete(piece);
      if (performance.now() - began >= (this.soon.length > 0 ? sliceMs : laterMs)) break;
    }
    this.schedule();
  }
}

/** All that one page renders shares the frame, so there is one queue in it. */
export const renderQueue: Pick<RenderQueue, "add" | "delete"> = new RenderQueue();
