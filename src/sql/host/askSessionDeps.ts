import type { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { FailureView } from "../core/askContract";
import type { ConnectionProfile } from "../core/connection";
import type { QueryLimits } from "../core/database";
import type { StatementGate } from "../core/gate";
import type { AskStore } from "../node/askStore";
import type { ConnectedDatabase } from "./askPanelDeps";

/** What the session says, in the person's language. */
export interface AskWords {
  failure(error: PaddockError): FailureView;
  noAnswer(): FailureView;
  answered(explanation: string): string;
  found(rows: number): string;
  wrote(rows: number): string;
  confirmed(): string;
}

export interface AskSessionDeps {
  /** Of the connection. */
  readonly id: string;
  readonly profile: () => ConnectionProfile | undefined;
  readonly connect: (signal: AbortSignal) => Promise<ConnectedDatabase>;
  readonly gate: StatementGate;
  readonly limits: () => QueryLimits;
  readonly runsAnswers: () => boolean;
  readonly store: AskStore;
  readonly words: AskWords;
  readonly log: Logger;
}
