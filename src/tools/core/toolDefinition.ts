/** A JSON Schema of an object: what a call's arguments look like. */
export type ToolParameters = Readonly<Record<string, unknown>>;

/** Something that a model may ask to be done. Names and descriptions are for models, so they are not translated. */
export interface ToolDefinition {
  /** Letters, digits and `_`, at most 64. */
  readonly name: string;
  /** For people, in their language. */
  readonly title: string;
  readonly description: string;
  readonly parameters: ToolParameters;
  /** It changes something, or shows a person something to change: it is called only with their consent. */
  readonly writes: boolean;
  /** What it gives may be told to a model on this machine only. */
  readonly stays?: boolean;
}

export interface ToolOutcome {
  /** For the model, bounded in length. It is data: whoever shows it shows it as text. */
  readonly text: string;
}

/** What can be called, and how. Whether a person wants it called is for the caller to ask. */
export interface ToolSet {
  list(): ToolDefinition[];
  /**
   * @param args as the model wrote them: checked here.
   * @throws PaddockError invalid-message for arguments that do not fit, `unsupported` for what can't be had, and what
   * the work itself rejects with; `cancelled` when the signal is aborted.
   */
  invoke(name: string, args: unknown, signal: AbortSignal): Promise<ToolOutcome>;
}
