export const chunkKinds = [
  /** The import lines of the edited file, where its window does not hold them. */
  "imports",
  /** The heads of the symbols around the cursor (class, function), where the window does not hold them. */
  "enclosing",
  /** A definition that an import of the file points to. */
  "definition",
  "recentEdit",
  "visible",
  "openEditor",
  /** An earlier cell of the notebook. */
  "cell",
] as const;
export type ChunkKind = (typeof chunkKinds)[number];

/** A piece of text that the model is shown before the edited file. It has passed the gate for secrets. */
export interface ContextChunk {
  readonly kind: ChunkKind;
  /** The file as the model is told of it. */
  readonly name: string;
  readonly uri: string;
  /** From 0. */
  readonly firstLine: number;
  /** Whole lines, each with "\n". */
  readonly text: string;
  /** Only for a model on this machine, as the schema of a database is. */
  readonly staysHere?: boolean;
}

/** What gathers chunks; for tests and benches a list. Never rejects: what cannot be read is left out. */
export interface ChunkSource {
  /** The best first; deterministic for the same state of the editor. */
  chunks(uri: string, signal: AbortSignal): Promise<readonly ContextChunk[]>;
}
