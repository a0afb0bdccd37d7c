import type { ModelId } from "../../engine/backend";
import type { Event } from "../../platform/core/event";

/** What the chat needs to know of the model that answers next; the models room supplies it. */
export interface ActiveModel {
  readonly onDidChange: Event<void>;
  current(): {
    readonly id: ModelId;
    readonly displayName: string;
    /** Says plainly that the starter is small; absent for other models. Already in the person's language. */
    readonly note?: string;
  };
  /** A name for a person; the id itself where the model is no longer known. */
  nameOf(id: string): string;
  /** Asks for a model for one answer; undefined when none was chosen. */
  chooseOther(): Promise<ModelId | undefined>;
}
