/** What the language named at a Markdown fence means to the editor and to a terminal. */

/** Names that models use and VS Code's language ids, where the two differ. */
const languageIds: Readonly<Record<string, string>> = {
  bash: "shellscript",
  sh: "shellscript",
  shell: "shellscript",
  zsh: "shellscript",
  console: "shellscript",
  cmd: "bat",
  batch: "bat",
  ps1: "powershell",
  pwsh: "powershell",
  py: "python",
  python3: "python",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "javascriptreact",
  ts: "typescript",
  tsx: "typescriptreact",
  rb: "ruby",
  rs: "rust",
  golang: "go",
  kt: "kotlin",
  "c++": "cpp",
  cc: "cpp",
  hpp: "cpp",
  h: "c",
  "c#": "csharp",
  cs: "csharp",
  "f#": "fsharp",
  fs: "fsharp",
  objc: "objective-c",
  yml: "yaml",
  md: "markdown",
  tex: "latex",
  docker: "dockerfile",
  make: "makefile",
  patch: "diff",
  postgres: "sql",
  postgresql: "sql",
  mysql: "sql",
  sqlite: "sql",
};

/** @returns the editor's id for the language of a fence, or undefined where it knows none. */
export function languageId(fence: string, known: readonly string[]): string | undefined {
  const name = fence.toLowerCase();
  const id = Object.hasOwn(languageIds, name) ? languageIds[name] : name;
  return id !== undefined && known.includes(id) ? id : undefined;
}

const shells = new Set([
  "bash",
  "sh",
  "shell",
  "zsh",
  "fish",
  "console",
  "powershell",
  "pwsh",
  "ps1",
  "bat",
  "cmd",
  "batch",
]);

const sqlDialects: ReadonlySet<string> = new Set(
  "sql sqlite sqlite3 postgres postgresql pgsql psql mysql mariadb duckdb".split(" "),
);

/** Whether code of this fence is meant for a database. */
export function isSql(fence: string): boolean {
  return sqlDialects.has(fence.toLowerCase());
}

/** Whether code of this fence is meant for a terminal. */
export function isShell(fence: string): boolean {
  return shells.has(fence.toLowerCase());
}

/**
 * Code as it may be put at a terminal's prompt: whatever a terminal or a reader would take for something else than it
 * looks like is gone (control and invisible characters, escape sequences' introducers, bidi marks), and so is the end
 * of the last line, which would run it. "$ " in front of every command is the prompt of whoever wrote it down.
 */
export function terminalText(code: string): string {
  const visible = code
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, "  ")
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|[\p{Cf}\u2028\u2029]/gu, "");
  const lines = visible.split("\n").filter((line) => line.trim() !== "");
  const prompted = lines.length > 0 && lines.every((line) => /^\s*\$ /.test(line));
  return lines.map((line) => (prompted ? line.replace(/^\s*\$ /, "") : line).trimEnd()).join("\n");
}
