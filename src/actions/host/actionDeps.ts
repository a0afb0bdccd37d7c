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

export interface ActionModel {
  readonly id: ModelId;
  readonly displayName: string;
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
  /** Asks in a new conversation and shows it. */
  readonly ask: (question: string, references: readonly ActionReference[]) => Promise<void>;
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
  /** @throws PaddockError where the gate refuses it. */
  readonly fileReference: (uri: vscode.Uri) => Promise<ActionReference>;
  readonly folderReference: (uri: vscode.Uri, signal: AbortSignal) => Promise<ActionReference>;
  /**
   * @param root of the repository, where the person said which; undefined: it is found, or asked for.
   * @returns undefined where the person chose none. @throws PaddockError where nothing is changed.
   */
  readonly commitChange: (root: vscode.Uri | undefined, signal: AbortSignal) => Promise<CommitChange | undefined>;
  /** The box for the message of a repository. @returns undefined where VS Code has that repository open no more. */
  readonly commitBox: (root: vscode.Uri) => Promise<CommitChange["box"] | undefined>;
  readonly ownActions: () => Promise<readonly OwnAction[]>;
  /** The prompt's text with its variables filled in; undefined: the person gave none. */
  readonly fillOwn: (
    id: string,
  ) => Promise<{ readonly text: string; readonly references: readonly ActionReference[] } | undefined>;
  readonly lightbulb: () => boolean;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
  readonly log: Logger;
}
