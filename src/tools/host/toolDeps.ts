import type * as vscode from "vscode";
import type { ModelFacts } from "../core/modelFacts";

/** Why a file may not be shown to a model; "yes" where it may. */
export type MayRead = "yes" | "secret" | "binary" | "tooLarge" | "ignored" | "unreadable";

/** The gate of all that a model is shown of a workspace without a person's naming it. */
export interface ToolGate {
  mayShow(uri: string, signal?: AbortSignal): Promise<MayRead>;
  mayShowText(text: string): MayRead;
  read(
    uri: string,
    signal?: AbortSignal,
  ): Promise<{ readonly text: string } | { readonly refusal: Exclude<MayRead, "yes"> }>;
}

export interface MeantDatabase {
  readonly name: string;
  /** Else reading from it opens it. */
  readonly isOpen: boolean;
}

/** Databases that a person keeps, to read from. Each method rejects with a PaddockError: sql/*, `cancelled`. */
export interface ToolDatabases {
  /** In the order in which they are kept; none in Restricted Mode. */
  names(): readonly string[];
  /** The one that a name means; undefined where it means none, or several. */
  meant(name: string): MeantDatabase | undefined;
  /** As DDL. @param room UTF-16 units. */
  schema(name: string, room: number, signal: AbortSignal): Promise<string>;
  /** Rows as tab-separated values, through the gate for statements that only read. @param room UTF-16 units. */
  query(name: string, sql: string, room: number, signal: AbortSignal): Promise<string>;
}

/** All that the tools are given. */
export interface ToolDeps {
  /** The files of the workspace that a path may mean. Rejects where it leads out of it. */
  readonly filesOf: (path: string) => Promise<readonly vscode.Uri[]>;
  /** The workspace's files, without what a search leaves out. */
  readonly allFiles: (most: number, signal: AbortSignal) => Promise<readonly vscode.Uri[]>;
  readonly gate: ToolGate;
  /** What the Problems panel lists. Rejects or throws with `unsupported` where there is nothing. */
  readonly problems: (file?: vscode.Uri) => string;
  readonly databases: ToolDatabases;
  readonly models: (signal: AbortSignal) => Promise<readonly ModelFacts[]>;
  /** The one way a document is changed: shown for review. */
  readonly propose: (proposal: {
    readonly target: vscode.Uri;
    readonly change: { readonly kind: "whole"; readonly text: string; readonly base?: string };
    readonly label: string;
  }) => Promise<"opened" | "unchanged" | "kept">;
}
