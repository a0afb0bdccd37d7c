import type * as vscode from "vscode";
import type { ModelId, PortableBackend } from "../../engine/backend";
import type { Sampling } from "../../engine/protocol";
import type { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { CarriedText } from "../core/chatTurns";

/** Who answers; always a model on this machine. */
export interface AnsweringModel {
  readonly id: ModelId;
  readonly displayName: string;
}

/** Code that a question is about. */
export interface CodePlace {
  readonly uri: vscode.Uri;
  /** Absent: what is defined around the cursor where the file is in front, else all of it. */
  readonly range?: vscode.Range;
}

export type CodeAsk = "explain" | "fix" | "tests" | "document";

export interface Asked {
  readonly model: ModelId;
  readonly signal: AbortSignal;
  /** Beside what the action itself asks, in the person's words; empty for none. */
  readonly instruction: string;
  /** All that was written so far; another text that does not begin with it is another try. */
  readonly onText?: (text: string) => void;
}

/** What came of an action. */
export type ActionAnswer =
  | { readonly kind: "prose"; readonly text: string }
  /** Code of its own, such as tests. */
  | { readonly kind: "code"; readonly text: string; readonly languageId: string }
  /** A change of the place that was asked about, and of nothing else. */
  | {
      readonly kind: "edit";
      readonly target: vscode.Uri;
      /** The file that the change was made from, and as it would be. */
      readonly base: string;
      readonly file: string;
      readonly replacement: string;
      readonly languageId: string;
      /** What the code needs imported and the file does not import: outside the place, so a person decides. */
      readonly imports: readonly string[];
    }
  /** For the next commit of a repository, by its folder. */
  | {
      readonly kind: "message";
      readonly text: string;
      readonly repository: vscode.Uri;
      /** False: nothing is staged, and it is about all changes. */
      readonly staged: boolean;
      /** Names of files that the model was not shown. */
      readonly refused: readonly string[];
    }
  /** Not used, with the reason as a sentence for a person. */
  | { readonly kind: "refused"; readonly reason: string };

/** The actions of the palette and the lightbulb, as @paddock asks for them. */
export interface ChatActions {
  /** @throws PaddockError where the place may not be shown to a model, or there is none. */
  code(
    kind: CodeAsk,
    place: CodePlace | undefined,
    asked: Asked,
  ): Promise<ActionAnswer & { readonly place: CodePlace }>;
  /** @throws PaddockError where nothing is staged. */
  commit(asked: Asked): Promise<ActionAnswer>;
  /** Puts a message into a repository's box. @throws PaddockError where that repository is open no more. */
  useCommitMessage(text: string, repository: vscode.Uri): Promise<void>;
}

export interface DatabaseRows {
  /** A Markdown table in which nothing is markup. */
  readonly markdown: string;
  readonly shown: number;
  /** undefined: there are more than anybody counted. */
  readonly total: number | undefined;
}

export type DatabaseAnswer =
  | {
      readonly kind: "sql";
      readonly sql: string;
      readonly explanation: string;
      readonly assumptions: readonly string[];
      /** The answer won no majority: a person should read it. */
      readonly isUnconfirmed: boolean;
      /** undefined: it was not run, because it writes or the person wants to run answers themselves. */
      readonly rows: DatabaseRows | undefined;
    }
  | { readonly kind: "failed"; readonly message: string };

/** Databases that the person keeps, by way of the gate. */
export interface ChatDatabases {
  /** Who answers questions on them. */
  model(): AnsweringModel;
  list(): readonly { readonly id: string; readonly name: string }[];
  /** Opens it where it is closed. @throws PaddockError sql/*, model/*; cancelled. */
  ask(
    id: string,
    question: string,
    options: { readonly signal: AbortSignal; readonly onStep: (step: string) => void },
  ): Promise<DatabaseAnswer>;
}

/** All that @paddock is given. */
export interface ParticipantDeps {
  readonly extensionUri: vscode.Uri;
  readonly backend: Pick<PortableBackend, "chat" | "countMessageTokens">;
  /**
   * Who answers: a model on this machine, whoever answers in Paddock's own chat.
   * @param picked the model that is picked in VS Code's chat, where it is one of ours.
   */
  readonly model: (picked: ModelId | undefined) => AnsweringModel;
  /** Tokens of prompt and answer together; loads the model, or asks its server. */
  readonly contextSize: (model: ModelId, signal: AbortSignal) => Promise<number>;
  readonly maxTokens: () => number;
  readonly reasoningBudget: () => number | null;
  /** As new conversations in Paddock's own chat begin. */
  readonly sampling: () => Promise<Sampling>;
  /** By way of the gate. @throws PaddockError for what no model may see. */
  readonly read: (uri: vscode.Uri, range: vscode.Range | undefined) => Promise<CarriedText>;
  readonly actions: ChatActions;
  readonly databases: ChatDatabases;
  /** Measured speeds of this window as Markdown. */
  readonly speedReport: () => string;
  readonly describeError: (error: PaddockError) => { readonly message: string; readonly remedy?: string };
  readonly log: Logger;
}
