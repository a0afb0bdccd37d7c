import type { EditorSnapshot } from "../../../src/completion/core/editorSnapshot";
import type { Event } from "../../../src/platform/core/event";

/** A suggestion for the place that was asked for, or why there is none. */
export type Answer = { readonly text: string } | { readonly none: string };

/** What writes completions into an editor; the replay treats each as VS Code treats an extension. */
export interface Assistant {
  /** A document is shown; nothing was typed in it yet. */
  open(snapshot: EditorSnapshot): void;
  /** At once at every change of text or cursor. */
  changed(snapshot: EditorSnapshot, what: "edit" | "move"): void;
  /** Asked for a suggestion. The signal aborts with the next change, as VS Code cancels; it may resolve later. */
  suggest(snapshot: EditorSnapshot, signal: AbortSignal): Promise<Answer>;
  /** More of the suggestion has come; asked again it gives it. */
  readonly onDidGrow: Event<unknown>;
  /** Told when a suggestion is shown: the document's text left of it, and it. */
  shown(before: string, text: string): void;
  /** Resolves when nothing is computed any more and nothing will be by itself. */
  close(): Promise<void>;
}

/** Places at which a suggestion may be wanted, for all alike: behind what was typed, with nothing but closers right. */
export interface Rules {
  wanted(snapshot: EditorSnapshot): boolean;
  /** Whether a suggestion may have several lines there. */
  multiLine(snapshot: EditorSnapshot): boolean;
}
