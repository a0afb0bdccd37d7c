import type { ChatHostContract } from "../core/webviewContract";
import type { Params, Result } from "../../platform/core/rpc";
import type { MarkdownActions, MarkdownLabels } from "../../ui/markdown/labels";
import type { LongTextLabels } from "../../ui/longText";
import type { WebviewTexts } from "../core/webviewTexts";
import type { Failure } from "./chatModel";

export type HostRequest = keyof ChatHostContract["requests"];

/** What the elements of the page share. */
export interface ChatContext {
  readonly texts: WebviewTexts;
  readonly labels: MarkdownLabels & LongTextLabels;
  readonly actions: MarkdownActions;
  /** BCP 47, for times. */
  readonly language: string;
  /**
   * Ask the host. A failure is shown at `place` until the next success there; the result is then undefined.
   * Places: "composer", "engine", "conversations", or a message's id.
   */
  ask<N extends HostRequest>(
    place: string,
    name: N,
    params: Params<ChatHostContract, N>,
  ): Promise<Result<ChatHostContract, N> | undefined>;
  failureAt(place: string): Failure | undefined;
  dismissFailure(place: string): void;
  /** A tool by the name that models have for it: as people know it. One that is gone is known by that name alone. */
  readonly toolTitle: (name: string) => string;
  /** Puts text into the input box as a quotation. */
  quote(text: string): void;
  /** A question was asked from its own place in the conversation; by now that place may be gone. */
  asked(): void;
}
