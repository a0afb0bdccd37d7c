import picomatch from "picomatch";

export interface FileRules {
  readonly enabled: boolean;
  /** By VS Code's language id; "*" for all that are not named. */
  readonly languages: Readonly<Record<string, boolean>>;
  /** Globs of paths in the workspace. */
  readonly exclude: readonly string[];
}

/** Of a file that nobody writes code in there is nothing to complete. */
const documentSchemes: ReadonlySet<string> = new Set([
  "file",
  "untitled",
  "vscode-notebook-cell",
  "vscode-remote",
  "vscode-vfs",
  "vscode-userdata",
  "memfs",
]);

/** @param path below its workspace folder, with "/". */
export function reasonAgainstFile(
  { scheme, languageId, path }: { readonly scheme: string; readonly languageId: string; readonly path: string },
  { enabled, languages, exclude }: FileRules,
): "off" | "languageOff" | "excluded" | "notEditable" | undefined {
  if (!enabled) return "off";
  if (!documentSchemes.has(scheme)) return "notEditable";
  const language = Object.hasOwn(languages, languageId) ? languages[languageId] : languages["*"];
  if (language === false) return "languageOff";
  const isMatch = exclude.some((glob) => picomatch.isMatch(path, anywhere(glob), { dot: true, nonegate: true }));
  return isMatch ? "excluded" : undefined;
}

/** As .gitignore and VS Code's own excludes are read: a bare name means a file or folder of that name anywhere. */
function anywhere(glob: string): string | string[] {
  return glob.includes("/") ? glob : [`**/${glob}`, `**/${glob}/**`];
}
