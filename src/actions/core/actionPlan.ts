import type { PromptMessage, Sampling } from "../../engine/protocol";

/** What a prompt is made for. */
export interface ModelRoom {
  /** Tokens that prompt and answer may have together. */
  readonly contextSize: number;
  /** Of the model; undefined where nobody knows, as with some servers. */
  readonly parameters: number | undefined;
  /** The answer may begin in our own words: the embedded engine goes on with them, a server may not. */
  readonly canBegin: boolean;
  /** The answer can be held to a form, as most can; else it is asked for in words. */
  readonly canHold?: boolean;
}

/** Parts of a prompt, in the order in which they are dropped until the rest fits. */
export const droppableParts = [
  "example",
  "farAfter",
  "farBefore",
  "recentCommits",
  "otherProblems",
  "nearAfter",
  "nearBefore",
  "imports",
  "attached",
  "earlierAnswer",
] as const;
export type DroppablePart = (typeof droppableParts)[number];

/** What a model is asked, and what was left out so that it fits. */
export interface ActionPlan {
  readonly messages: readonly PromptMessage[];
  /** How the answer begins: it was put at the end of the messages, to be continued. */
  readonly begins?: string;
  /** JSON that the answer has to be. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Of the answer. */
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** In the order in which they went. */
  readonly dropped: readonly DroppablePart[];
  /** What is cut in itself because nothing else was left to drop: a diff, an output, a file. */
  readonly cut: boolean;
}
