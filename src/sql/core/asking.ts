import type { QueryResult } from "./database";
import type { UnderstoodStatement } from "./gate";

/** A question that was answered, and confirmed by the person or corrected: an example for the next one. */
export interface ConfirmedPair {
  readonly question: string;
  readonly sql: string;
}

/** The earlier turn that a follow-up question refers to. */
export interface EarlierTurn {
  readonly question: string;
  readonly sql: string;
}

/** What the pipeline does now, for the progress shown. */
export type AskStep = "schema" | "values" | "generate" | "check" | "repair" | "vote";

/** How much is known of an answer: its result won a majority, or no other sample was asked or agreed. */
export type Confidence = "confirmed" | "majority" | "unconfirmed";

export type Answer =
  | {
      readonly kind: "sql";
      readonly sql: string;
      readonly statement: UnderstoodStatement;
      readonly confidence: Confidence;
      /** What was taken for granted, each a sentence: a value that was matched, a name that was put right. */
      readonly assumptions: readonly string[];
      /** Where voting ran it already; else it has not been run. */
      readonly result?: QueryResult;
      /** Wrong statements on the way, with the engine's words. */
      readonly attempts: readonly { readonly sql: string; readonly error: string }[];
      /** Of the whole, ms; and of the model's prompt the share that was in the KV cache. */
      readonly elapsedMs: number;
      readonly cachedShare: number;
    }
  /** Nothing that could be run was found; the best try is shown with the error. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly attempts: readonly { readonly sql: string; readonly error: string }[];
    };

export interface AskOptions {
  readonly earlier: readonly EarlierTurn[];
  readonly examples: readonly ConfirmedPair[];
  readonly signal: AbortSignal;
  readonly onStep?: (step: AskStep) => void;
}

/** Asks the databases that are open in words. Bound to one open database and its schema. */
export interface Asker {
  /** Rejects with PaddockError engine/*, model/*, sql/connection; cancelled. A wrong answer is not an error. */
  ask(question: string, options: AskOptions): Promise<Answer>;
  /** Puts right a statement that failed, by the engine's exact words. */
  fix(sql: string, error: string, options: AskOptions): Promise<Answer>;
  /** Processes the schema's part of the prompt ahead, so that the first question finds it in the KV cache. */
  warm(signal: AbortSignal): Promise<void>;
}
