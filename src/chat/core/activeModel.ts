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
}
