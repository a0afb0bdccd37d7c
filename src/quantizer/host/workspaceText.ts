import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";

/** The gate for files that nobody has chosen to show: secrets and what Git ignores never pass. */
export interface TextGate {
  /** A file as it is on disk, where it may be read. */
  read(uri: string, signal: AbortSignal): Promise<{ readonly text: string } | { readonly refusal: string }>;
}

export interface CollectedText {
  readonly text: string;
  readonly files: number;
}

/** Of one file, so that none stands for all. */
const OF_ONE = 20_000;
/** Fewer files than this many and most weights see nothing twice. */
const LEAST = 8_000;
const MAX_FILES = 2_000;
const SOURCES =
  "**/*.{md,txt,rst,ts,tsx,js,jsx,mjs,cjs,py,java,go,rs,c,h,cc,cpp,hpp,cs,rb,php,swift,kt,scala,sql,sh,css,html,lua}";
const LEFT_OUT = "**/{node_modules,dist,build,out,target,vendor,.git,.venv}/**";

/**
 * Text of the workspace that a model can be calibrated on: files in an order that goes through all folders rather than
 * through the first, each only as the gate lets it pass. It goes nowhere but into the sums of an importance matrix.
 * @param wanted characters.
 * @throws PaddockError unsupported where there is too little; what the signal was aborted with.
 */
export async function workspaceText(gate: TextGate, wanted: number, signal: AbortSignal): Promise<CollectedText> {
  const found = await vscode.workspace.findFiles(SOURCES, LEFT_OUT, MAX_FILES);
  const parts: string[] = [];
  let length = 0;
  for (const file of spread(found.map(String).sort())) {
    if (length >= wanted) break;
    signal.throwIfAborted();
    const read = await gate.read(file, signal);
    if (!("text" in read) || read.text.trim() === "") continue;
    const part = read.text.slice(0, OF_ONE);
    parts.push(part);
    length += part.length;
  }
  if (length < LEAST) {
    throw new PaddockError("unsupported", vscode.l10n.t("There is too little text here for an importance matrix."), {
      remedy: vscode.l10n.t("Open a folder with code or documents, about ten pages or more, or choose a file."),
    });
  }
  return { text: parts.join("\n\n"), files: parts.length };
}

/** Every n-th first, then those after them: neighbours are alike. */
function spread(files: readonly string[]): string[] {
  const step = Math.max(1, Math.ceil(Math.sqrt(files.length)));
  return Array.from({ length: step }, (_, start) => files.filter((_file, index) => index % step === start)).flat();
}
