import { firstLines, maxGathered } from "./limits";

export type Severity = "error" | "warning" | "information" | "hint";

export interface Problem {
  readonly severity: Severity;
  /** From 1, as editors show them. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** Who says so, such as "ts" or "eslint". */
  readonly source?: string | undefined;
  readonly code?: string | undefined;
}

export interface FileProblems {
  readonly path: string;
  readonly problems: readonly Problem[];
}

const order: readonly Severity[] = ["error", "warning", "information", "hint"];

/**
 * Problems as compilers print them: `src/app.ts:3:9 error: message (ts 2304)`, the worst first in each file.
 * @param files in the order they are to come. @returns how many problems there are, and how many did not fit.
 */
export function problemList(files: readonly FileProblems[]): {
  readonly text: string;
  readonly count: number;
  readonly left: number;
} {
  const lines = files.flatMap(({ path, problems }) =>
    [...problems]
      .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || a.line - b.line || a.column - b.column)
      .map((problem) => problemLine(path, problem)),
  );
  const { kept, left } = firstLines(lines, maxGathered);
  return { text: kept.join("\n"), count: lines.length, left };
}

function problemLine(path: string, { severity, line, column, message, source, code }: Problem): string {
  const from = [source, code].filter((piece) => piece !== undefined && piece !== "").join(" ");
  // A message of several lines stays with its place.
  const words = message.trim().replace(/\s*\n\s*/gu, "\n    ");
  return `${path}:${line}:${column} ${severity}: ${words}${from === "" ? "" : ` (${from})`}`;
}
