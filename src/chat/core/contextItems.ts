/** What of the workspace a question can carry, as the chat needs it; the room `context` has it. */
export interface ContextReference {
  /** "src/app.ts:3-9", "Problems", "git diff". */
  readonly label: string;
  /** Says what it is when the same thing is attached again; shown, never opened without a gate. */
  readonly uri: string;
  readonly text: string;
}

/** Something to choose in the list that "@" or "/" opens. */
export interface OfferedItem {
  /** Names it to whoever offered it. */
  readonly id: string;
  readonly label: string;
  /** Beside or below the label, quieter. */
  readonly detail: string;
  /** A codicon's name. */
  readonly icon: string;
}

/** What came of the wish to attach something. All empty: the person chose nothing in the end. */
export interface TakenContext {
  readonly references: readonly ContextReference[];
  /** Ignored by Git, so attached only when the person says so. */
  readonly ignored: readonly ContextReference[];
  /** What is not attached, with the reason as a sentence for a person. */
  readonly refused: readonly { readonly label: string; readonly reason: string }[];
}

/** Something dropped or pasted on the chat. */
export type DroppedItem =
  /** A file or folder, by its URI. */
  | { readonly kind: "uri"; readonly uri: string }
  /** A file that has no address here, such as one dragged from another program: its text. */
  | { readonly kind: "text"; readonly name: string; readonly text: string }
  /** What can't be read as text; images above all. */
  | { readonly kind: "other"; readonly name: string; readonly mediaType: string };

export interface ContextSources {
  /** What can be attached for what was typed after "@", best first; kinds first where nothing was typed. */
  offer(query: string, signal: AbortSignal): Promise<readonly OfferedItem[]>;
  /** Takes an item; may ask the person for the rest, such as which symbol. @throws PaddockError with a reason. */
  take(id: string): Promise<TakenContext>;
  takeDropped(items: readonly DroppedItem[]): Promise<TakenContext>;
}

/** What "/" offers: prompts that the person or the workspace keeps. */
export interface PromptCommands {
  offer(query: string, signal: AbortSignal): Promise<readonly OfferedItem[]>;
  /** The text for the input box, with what it attaches; undefined: it did something else instead. @throws PaddockError. */
  use(id: string): Promise<{ readonly text: string; readonly taken: TakenContext } | undefined>;
}
