import type { ConnectionTarget } from "./connection";

/** A database that the workspace names. It is offered; nothing of it is opened before somebody says so. */
export interface FoundConnection {
  /** Stays the same while its source says the same. */
  readonly id: string;
  readonly name: string;
  readonly target: ConnectionTarget;
  readonly source:
    | { readonly kind: "file" }
    /** A variable of a file; `label` is its path in the workspace. */
    | { readonly kind: "env"; readonly label: string; readonly key: string }
    | { readonly kind: "sqltools" };
  /** Its source holds a password, which is read again when somebody accepts it. */
  readonly hasPassword: boolean;
}

export interface FoundList {
  readonly found: readonly FoundConnection[];
  /** Not all of the workspace was looked at: it has too many files, or took too long. */
  readonly isPartial: boolean;
}
