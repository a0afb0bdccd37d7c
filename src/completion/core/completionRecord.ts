import type { DescribedPart, InfillLayout, InfillPart, InfillPiece, InfillResult } from "../../engine/infill";
import type { Timings } from "../../engine/timings";
import type { ContextChunk } from "./contextChunk";
import type { Position } from "./editorSnapshot";
import type { Reason } from "./reasons";

/** One request to the model and what became of it, as far as it came: all that its report tells. */
export interface CompletionRecord {
  /** When the model was asked, ms since 1970. */
  readonly at: number;
  readonly document: { readonly name: string; readonly languageId: string; readonly position: Position };
  /** As people know it. */
  readonly model: string;
  readonly layout: InfillLayout;
  /** What the prompt showed of other places, in its order. */
  readonly chunks: readonly ContextChunk[];
  /** The prompt as the model got it; empty where the engine could not be asked. */
  readonly described: readonly DescribedPart[];
  /** What the engine measured; none and undefined where it was stopped before. */
  readonly parts: readonly InfillPart[];
  readonly timings: Timings | undefined;
  readonly stopReason: InfillResult["stopReason"] | undefined;
  /** ms. `debounce`: before the model was asked. The others since the key; null: it never was. */
  readonly waits: { readonly debounce: number; readonly shown: number | null; readonly ended: number };
  readonly pieces: readonly InfillPiece[];
  /** What could be shown of it; empty for nothing. */
  readonly shown: string;
  /** Why nothing was shown. */
  readonly reason: Reason | undefined;
}
