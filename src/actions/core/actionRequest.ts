import type { CodeActionKind } from "./actionKinds";

export interface CodeProblem {
  readonly severity: "error" | "warning" | "information" | "hint";
  /** In the file, from 1. */
  readonly line: number;
  readonly message: string;
  /** Who says so, and by which code: "ts 2304". */
  readonly source?: string;
}

/** Code in a file. `before`, `selected` and `after` are the whole file, byte for byte. */
export interface CodeSubject {
  /** As the person knows it: relative to the workspace. */
  readonly path: string;
  /** VS Code's name for the language. */
  readonly languageId: string;
  readonly before: string;
  readonly selected: string;
  readonly after: string;
  readonly eol: "\n" | "\r\n";
  /** Those inside the selection first. */
  readonly problems: readonly CodeProblem[];
}

export interface ChangedFile {
  readonly path: string;
  /** What git says about it, its head included. */
  readonly diff: string;
}

export interface DiffSubject {
  readonly files: readonly ChangedFile[];
  /** Subjects of the last commits, the newest first: the tone of the house. */
  readonly recent: readonly string[];
}

export interface CommandSubject {
  readonly commandLine: string;
  /** What it wrote, as a person saw it. */
  readonly output: string;
  readonly exitCode: number | undefined;
}

export interface FileSubject {
  readonly path: string;
  readonly languageId: string;
  readonly text: string;
}

export interface FolderSubject {
  readonly path: string;
  /** Its files as a tree, with what they define. */
  readonly outline: string;
}

/** An answer that the person wants otherwise. */
export interface Refinement {
  /** What the model had answered. */
  readonly answer: string;
  /** What is to be different, in the person's words. */
  readonly wish: string;
}

interface Wishes {
  /** In the person's words; an action that has words of its own puts these beside them. */
  readonly instruction?: string;
  readonly refine?: Refinement;
  /** How often the same was asked before: each other try is sampled in its own way. 0 when absent. */
  readonly attempt?: number;
}

export interface CodeRequest extends Wishes {
  readonly kind: CodeActionKind;
  readonly subject: CodeSubject;
  /** VS Code's name for the language that "translate" is to write. */
  readonly targetLanguage?: string;
  /** Nothing of the file around the selection goes along. */
  readonly alone?: boolean;
  /** Files that the person's own prompt links to. */
  readonly attached?: readonly { readonly label: string; readonly text: string }[];
}

export type ActionRequest =
  | CodeRequest
  | (Wishes & { readonly kind: "commit"; readonly subject: DiffSubject })
  | (Wishes & { readonly kind: "explainCommand"; readonly subject: CommandSubject })
  | (Wishes & { readonly kind: "summarize"; readonly subject: FileSubject })
  | (Wishes & { readonly kind: "askFolder"; readonly subject: FolderSubject });

export function isCodeRequest(request: ActionRequest): request is CodeRequest {
  return "before" in request.subject;
}
