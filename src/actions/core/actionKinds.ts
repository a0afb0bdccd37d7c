/** What a person can ask for without writing a question. */
export const actionKinds = [
  "explain",
  "fix",
  "edit",
  "document",
  "tests",
  "simplify",
  "translate",
  "name",
  "commit",
  "explainCommand",
  "summarize",
  "askFolder",
] as const;
export type ActionKind = (typeof actionKinds)[number];

/** Those that are about code in an editor. */
export const codeActionKinds = [
  "explain",
  "fix",
  "edit",
  "document",
  "tests",
  "simplify",
  "translate",
  "name",
] as const satisfies readonly ActionKind[];
export type CodeActionKind = (typeof codeActionKinds)[number];

/** Those whose answer takes the place of the selection. */
export const editingKinds = ["fix", "edit", "document", "simplify"] as const satisfies readonly CodeActionKind[];
export type EditingKind = (typeof editingKinds)[number];

export function isEditing(kind: ActionKind): kind is EditingKind {
  return (editingKinds as readonly ActionKind[]).includes(kind);
}
