import type { JobOptions, ModelId, PortableBackend } from "../../engine/backend";
import type { StopReason } from "../../engine/protocol";
import type { Timings } from "../../engine/timings";
import type { ActionPlan } from "../core/actionPlan";
import type { ActionRequest } from "../core/actionRequest";
import type { FittedAnswer } from "../core/fittedAnswer";

/** What an action needs of a backend. */
export type ActionBackend = Pick<PortableBackend, "chat" | "countMessageTokens">;

/** What is known of the model; what is not is assumed to be small. */
export interface ModelFacts {
  readonly contextSize?: number;
  readonly parameters?: number;
}

export interface ActionProgress {
  readonly phase: "waiting" | "prompt" | "writing";
  /** What the model has written so far, unfitted. */
  readonly text: string;
}

export interface ActionRun {
  readonly backend: ActionBackend;
  readonly model: ModelId;
  readonly facts?: ModelFacts;
  readonly request: ActionRequest;
  readonly signal: AbortSignal;
  readonly priority?: JobOptions["priority"];
  readonly onProgress?: (progress: ActionProgress) => void;
}

export interface ActionOutcome {
  readonly answer: FittedAnswer;
  /** As the model wrote it. */
  readonly raw: string;
  readonly plan: ActionPlan;
  readonly stopReason: StopReason;
  /** Of the last try. */
  readonly timings: Timings;
  /** How often the model was asked: again where an answer could not be used. */
  readonly tries: number;
}

export type RunAction = (run: ActionRun) => Promise<ActionOutcome>;
