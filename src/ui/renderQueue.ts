/** So much script of a frame goes into rendering what waits; the rest is for the frame's own work. Milliseconds. */
const sliceMs = 6;
/** What can wait begins only in a frame that has had no more than this. Milliseconds. */
const laterMs = 2;

/** Renders a piece. @returns whether there is more to do; "nextFrame": there is, and this frame has had enough. */
type Piece = () => boolean | "nextFrame";
/** What is to come first comes before all that is to come soon, and that before what can come later. */
type When = "first" | "soon" | "later";

/**
 * Work that is too much for one frame, done in pieces over as many as it takes. What was asked for last comes first: in
 * a conversation that is the newest message, where the person is.
 */
class RenderQueue {
  private readonly waiting: Record<When, Piece[]> = { first: [], soon: [], later: [] };
  private frame = 0;

  add(piece: Piece, when: When = "soon"): void {
    this.waiting[when].push(piece);
    this.schedule();
  }

  delete(piece: Piece): void {
    for (const waiting of Object.values(this.waiting)) {
      const at = waiting.lastIndexOf(piece);
      if (at !== -1) waiting.splice(at, 1);
    }
  }

  private get next(): Piece | undefined {
    const { first, soon, later } = this.waiting;
    return first.at(-1) ?? soon.at(-1) ?? later.at(-1);
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
      const more = piece();
      if (more === false) this.delete(piece);
      const { first, soon } = this.waiting;
      const limit = first.length + soon.length > 0 ? sliceMs : laterMs;
      if (more === "nextFrame" || performance.now() - began >= limit) break;
    }
    this.schedule();
  }
}

/** All that one page renders shares the frame, so there is one queue in it. */
export const renderQueue: Pick<RenderQueue, "add" | "delete"> = new RenderQueue();
