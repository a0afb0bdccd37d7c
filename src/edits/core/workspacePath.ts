export type WorkspacePath =
  | {
      readonly kind: "inside";
      /** Relative to a workspace folder, at least one. */
      readonly segments: readonly string[];
    }
  | { readonly kind: "refused"; readonly reason: "empty" | "absolute" | "outside" | "git" | "unusable" };

/** A path that a person can still read in a title. */
const maxLength = 400;
/** Controls, what cannot be seen or turns text around, and what Windows gives a meaning of its own. */
const unusable = /[\u0000-\u001f\u007f-\u009f\p{Cf}\u2028\u2029<>:"|?*]/u;

/**
 * The gate for a path that a model wrote: relative, downwards, and to a file a person could have meant. Whether a link
 * on the disk leads elsewhere is for the host to look at.
 */
export function workspacePath(raw: string): WorkspacePath {
  const text = raw.trim().replaceAll("\\", "/");
  if (text === "" || text.endsWith("/")) return { kind: "refused", reason: "empty" };
  if (/^(\/|~|[A-Za-z]:)/.test(text)) return { kind: "refused", reason: "absolute" };
  const segments = text.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.length === 0) return { kind: "refused", reason: "empty" };
  if (segments.includes("..")) return { kind: "refused", reason: "outside" };
  // Windows drops dots and blanks at the end of a name, so ".git." would be ".git" there.
  if (segments.some((segment) => segment.replace(/[. ]+$/, "").toLowerCase() === ".git")) {
    return { kind: "refused", reason: "git" };
  }
  if (text.length > maxLength || unusable.test(text) || segments.some((segment) => /[. ]$/.test(segment))) {
    return { kind: "refused", reason: "unusable" };
  }
  return { kind: "inside", segments };
}

/** Files that decide what the editor itself runs: a change of them is never to slip through among others. */
export function steersTheEditor(path: string): boolean {
  return /(^|[\\/])\.vscode[\\/][^\\/]*\.json$|\.code-workspace$|(^|[\\/])\.devcontainer([\\/]|\.json$)/i.test(path);
}
