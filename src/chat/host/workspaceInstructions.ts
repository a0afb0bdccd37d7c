import * as vscode from "vscode";
import type { Logger } from "../../platform/core/logger";
import { type Instruction, instructionFiles, maxInstruction, toInstruction } from "../core/instructions";

/** A file larger than this is no instruction that anybody wrote; it is not even read. */
const maxBytes = 1024 * 1024;

/**
 * What the workspace asks of models, read anew for each answer, so that a change counts with the next one. Files of a
 * workspace that is not trusted could steer the model unseen: there nothing is read.
 */
export async function readInstructions(signal: AbortSignal, log: Logger): Promise<readonly Instruction[]> {
  if (!vscode.workspace.isTrusted) return [];
  const folders = vscode.workspace.workspaceFolders ?? [];
  const several = folders.length > 1;
  const found: Instruction[] = [];
  for (const folder of folders) {
    for (const name of instructionFiles) {
      signal.throwIfAborted();
      const uri = vscode.Uri.joinPath(folder.uri, ...name.split("/"));
      const raw = await readText(uri, log);
      if (raw === undefined) continue;
      const instruction = toInstruction(several ? `${folder.name}/${name}` : name, uri.toString(), raw);
      if (instruction === undefined) continue;
      if (instruction.cut) log.info(`${instruction.label}: only its first ${maxInstruction} characters are used.`);
      found.push(instruction);
    }
  }
  return found;
}

async function readText(uri: vscode.Uri, log: Logger): Promise<string | undefined> {
  try {
    const { size, type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0 || size > maxBytes) return undefined;
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError && error.code === "FileNotFound"))
      log.debug(`${uri.path}: ${String(error)}`);
    return undefined;
  }
}
