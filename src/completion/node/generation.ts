import type { InfillLayout, InfillPiece, InfillResult } from "../../engine/infill";
import type { EditorSnapshot } from "../core/editorSnapshot";
import type { LanePrompt } from "../core/lanes";
import type { Reason } from "../core/reasons";
import type { Shape } from "../core/shape";
import { type Place, placeOf, type Rest, restOf, typedSince } from "../core/suggestion";

const nothing: Shape = { text: "", closes: "", replaces: 0, done: false, settled: false, reason: undefined };

/** One request to the model and what has come of it. It lives as long as what is typed agrees with it. */
export class Generation {
  readonly place: Place;
  private readonly stopping = new AbortController();
  private readonly wanting = new AbortController();
  private readonly listeners = new Set<() => void>();
  /** What was handed out of it last, and where. */
  shown: { readonly snapshot: EditorSnapshot; readonly rest: Rest } | undefined;
  shape: Shape = nothing;
  pieces: readonly InfillPiece[] = [];
  asked: LanePrompt | undefined;
  /** When the model was asked; undefined until then. With the others on performance.now(). */
  sentAt: number | undefined;
  shownAt: number | undefined;
  endedAt: number | undefined;
  layout: InfillLayout | undefined;
  result: InfillResult | undefined;
  ended = false;
  /** Why nothing came of it; set when it has ended. */
  reason: Reason | undefined;

  /**
   * @param id the suggestion's that comes of it.
   * @param askedAt when the person began to wait, on performance.now().
   */
  constructor(
    readonly id: number,
    readonly snapshot: EditorSnapshot,
    public askedAt: number,
    /** Of the kinds only the first is what somebody waits for. */
    public kind: "asked" | "alternative" | "prefetched" = "asked",
  ) {
    this.place = placeOf(snapshot);
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Fires when somebody has come to wait for what was made ahead. */
  get urgent(): AbortSignal {
    return this.wanting.signal;
  }

  /** Somebody has begun to wait for it, who will be told of it like of what was asked for. */
  want(askedAt: number): void {
    this.askedAt = askedAt;
    this.kind = "asked";
    this.wanting.abort();
  }

  /** The model is to stop: nobody wants it any more, or there is enough. */
  stop(): void {
    this.stopping.abort();
  }

  update(shape: Shape, pieces: readonly InfillPiece[]): void {
    this.shape = shape;
    this.pieces = pieces;
    this.tell();
  }

  end(reason: Reason | undefined): void {
    this.ended = true;
    this.endedAt = performance.now();
    this.reason = reason;
    this.tell();
  }

  /** Whether the document still goes on as this says, or, where it says nothing yet, may. */
  agrees(snapshot: EditorSnapshot): boolean {
    if (this.rest(snapshot) !== undefined) return true;
    // Before the first token a request that knows what was typed meanwhile costs no more, and goes on from it.
    if (this.pieces.length === 0 || this.shape.done || this.ended) return false;
    // What was typed is ahead of what has been generated.
    return typedSince(this.place, snapshot)?.startsWith(this.shape.text) ?? false;
  }

  rest(snapshot: EditorSnapshot): Rest | undefined {
    const { text, closes, replaces } = this.shape;
    const rest = restOf({ ...this.place, text, replaces }, snapshot);
    return rest === undefined || rest.text === "" ? rest : { ...rest, text: rest.text + closes };
  }

  /** Calls back at each change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
