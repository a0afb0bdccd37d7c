import type * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import type { Logger } from "../../platform/core/logger";
import type { ChangedFile } from "../core/actionRequest";
import type { OwnActionForm } from "../core/ownAction";
import type { ActionBackend, ModelFacts } from "../node/actionRun";

/** Something of the workspace that a question carries. */
export interface ActionReference {
  readonly label: string;
  readonly uri: string;
  readonly text: string;
}

/** What the chat is asked for an action; all of it stands in the conversation. */
export interface ActionQuestion {
  readonly text: string;
  readonly references: readonly ActionReference[];
  readonly model: ModelId;
  /** Where it goes on; undefined: in a new conversation. */
  readonly conversation?: string;
}

export interface ActionModel {
  readonly id: ModelId;
  readonly displayName: string;
}

/** A model on this machine that it can run. */
export interface ModelHere extends ActionModel {
  /** 0 where its file does not say. */
  readonly parameters: number;
}

/** What is about to be committed in a repository. */
export interface CommitChange {
  /** The repository's folder: by it the box is found again. */
  readonly root: vscode.Uri;
  readonly files: readonly ChangedFile[];
  /** False: nothing is staged, and these are all changes. */
  readonly staged: boolean;
  readonly recent: readonly string[];
  /** Files that no model is shown. */
  readonly refused: readonly string[];
  /** The box for the message. */
  readonly box: { value: string };
}

export interface FailedCommand {
  readonly commandLine: string;
  readonly exitCode: number | undefined;
  readonly reference: ActionReference;
}

/** A prompt file that says it is an action. */
export interface OwnAction {
  readonly id: string;
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly description: string;
  readonly place: string;
  readonly form: OwnActionForm;
}

/** All that the actions are given; they reach for nothing else. */
export interface ActionsDeps {
  readonly backend: ActionBackend;
  readonly model: () => ActionModel;
  /** Asks the person for another model, for one use. */
  readonly chooseModel: () => Promise<ModelId | undefined>;
  readonly modelsHere: () => Promise<readonly ModelHere[]>;
  /** Lets the person look for models elsewhere, to download one. */
  readonly findModel: () => Promise<void>;
  readonly nameOf: (model: ModelId) => string;
  /** A model by what a prompt file calls it; undefined: there is none of that name. */
  readonly modelNamed: (name: string) => ModelId | undefined;
  /** Loads the model, where that is needed, and says what room it has. */
  readonly facts: (model: ModelId, signal: AbortSignal) => Promise<ModelFacts>;
  /** Where text goes that the model is asked, for people; undefined: it stays on this machine. */
  readonly destination: (model: ModelId) => string | undefined;
  /** Takes a changed document to review. @returns whether a review was opened. */
  readonly propose: (proposal: {
    readonly target: vscode.Uri;
    readonly change: { readonly kind: "whole"; readonly text: string; readonly base: string };
    readonly label: string;
  }) => Promise<boolean>;
  /** Asks in the chat and shows it. @returns the conversation, when the question is stored. */
  readonly ask: (question: ActionQuestion) => Promise<string>;
  /** @throws PaddockError where no model may see the document. */
  readonly checkDocument: (document: vscode.TextDocument) => Promise<void>;
  /** The lines of the innermost definition around a place, by the language's own extension or its grammar. */
  readonly enclosing: (
    document: vscode.TextDocument,
    position: vscode.Position,
    signal: AbortSignal,
  ) => Promise<vscode.Range | undefined>;
  /** @throws PaddockError where nothing failed that was recorded. */
  readonly failedCommand: () => FailedCommand;
  /** A file of text. @throws PaddockError where it is none, is too large, or may hold secrets. */
  readonly fileReference: (uri: vscode.Uri) => Promise<ActionReference>;
  readonly folderReference: (uri: vscode.Uri, signal: AbortSignal) => Promise<ActionReference>;
  /**
   * @param root of the repository, where the person said which; undefined: it is found, or asked for.
   * @returns undefined where the person chose none. @throws PaddockError where nothing is changed.
   */
  readonly commitChange: (root: vscode.Uri | undefined, signal: AbortSignal) => Promise<CommitChange | undefined>;
  /** The box for the message of a repository. @returns undefined where VS Code has that repository open no more. */
  readonly commitBox: (root: vscode.Uri) => Promise<CommitChange["box"] | undefined>;
  /** The header of a prompt file, names in lower case; undefined for a document that is none. */
  readonly promptHeader: (document: vscode.TextDocument) => ReadonlyMap<string, string> | undefined;
  readonly ownActions: () => Promise<readonly OwnAction[]>;
  /** The prompt's text with its variables filled in; undefined: the person gave none. */
  readonly fillOwn: (
    id: string,
  ) => Promise<{ readonly text: string; readonly references: readonly ActionReference[] } | undefined>;
  /** The workspace's own: keeps where text may go. */
  readonly memento: Pick<vscode.Memento, "get" | "update">;
  readonly lightbulb: () => boolean;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
  readonly log: Logger;
}
