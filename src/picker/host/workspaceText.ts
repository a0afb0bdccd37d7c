import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";

/** The gate for files that nobody has chosen to show: secrets and ignored files never pass. */
export interface TextGate {
  /** Where the answer is another than "yes", the document is left out. */
  mayShow(uri: string, signal: AbortSignal): Promise<string>;
  /** By a text that is all of its file. */
  mayShowText(text: string): string;
  /** A file as it is on disk, where it may be read. */
  read(uri: string, signal: AbortSignal): Promise<{ readonly text: string } | { readonly refusal: string }>;
}

/** Characters in all: more than the 1,024 tokens that are compared have in any language. */
const WANTED = 16_000;
/** Of one file, so that no single one stands for all. */
const OF_ONE = 4_000;
/** About two chunks of 512 tokens of code. */
const LEAST = 3_000;
const MAX_FILES = 60;
const SOURCES = "**/*.{md,txt,rst,ts,tsx,js,jsx,mjs,py,java,go,rs,c,h,cc,cpp,hpp,cs,rb,php,swift,kt,scala,sql,sh}";
const LEFT_OUT = "**/{node_modules,dist,build,out,target,vendor,.git}/**";

/**
 * Text of the person's own workspace: what is open first, then files of the folder. Only what passes the gate is read, and
 * it goes nowhere but to the models on this machine.
 * @throws PaddockError unsupported where there is too little; what the signal was aborted with.
 */
export async function workspaceText(gate: TextGate, signal: AbortSignal): Promise<string> {
  const parts: string[] = [];
  const seen = new Set<string>();
  let length = 0;
  const take = (text: string): void => {
    const part = text.slice(0, OF_ONE);
    parts.push(part);
    length += part.length;
  };
  for (const document of vscode.workspace.textDocuments) {
    if (length >= WANTED) break;
    const uri = document.uri.toString();
    if (document.uri.scheme !== "file" || vscode.workspace.getWorkspaceFolder(document.uri) === undefined) continue;
    seen.add(uri);
    if ((await gate.mayShow(uri, signal)) !== "yes" || document.isClosed) continue;
    const text = document.getText();
    if (text.trim() !== "" && gate.mayShowText(text) === "yes") take(text);
  }
  if (length < WANTED) {
    const files = await vscode.workspace.findFiles(SOURCES, LEFT_OUT, MAX_FILES);
    for (const file of files.map(String).sort()) {
      if (length >= WANTED) break;
      signal.throwIfAborted();
      if (seen.has(file)) continue;
      const read = await gate.read(file, signal);
      if ("text" in read && read.text.trim() !== "") take(read.text);
    }
  }
  if (length < LEAST)
    throw new PaddockError("unsupported", vscode.l10n.t("There is too little text here to compare models on."), {
      remedy: vscode.l10n.t("Open a folder with code or documents, about two pages or more, and try again."),
    });
  return parts.join("\n\n");
}
