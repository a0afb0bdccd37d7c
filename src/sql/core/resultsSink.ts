/** What the panel is asked to show, by the id of a connection. */
export type ShowRequest =
  /** Where one asks. A question is asked at once; `about` is a statement that the next question goes on from. */
  | { readonly kind: "ask"; readonly connection: string; readonly question?: string; readonly about?: string }
  /**
   * A statement that a person wrote. It passes the gate; one that reads runs at once, one that writes waits there for
   * the person's word with the number of rows that it would touch.
   */
  | { readonly kind: "run"; readonly connection: string; readonly sql: string }
  /** The engine's plan for a statement. */
  | { readonly kind: "explain"; readonly connection: string; readonly sql: string };

/** Where answers, rows and plans are shown. */
export interface ResultsSink {
  /** Shows the panel. What fails is shown there; resolves when the work is begun. */
  show(request: ShowRequest): Promise<void>;
}
