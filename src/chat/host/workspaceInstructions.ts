import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { ChatTexts } from "../core/chatTexts";
import { type Instruction, instructionFiles, maxInstruction, toInstruction } from "../core/instructions";
import { isInside } from "../../platform/host/insideFolder";

/** A file larger than this is no instruction that anybody wrote; it is not even read. */
const maxBytes = 1024 * 1024;

/**
 * What the workspace asks of models, read anew for each answer, so that a change counts with the next one. Files of a
 * workspace that is not trusted could steer the model unseen: there nothing is read.
 * @param isWanted whether the person wants those of a folder followed.
 */
export async function readInstructions(
  isWanted: (folder: vscode.Uri) => boolean,
  signal: AbortSignal,
  log: Logger,
): Promise<readonly Instruction[]> {
  if (!vscode.workspace.isTrusted) return [];
  const found: Instruction[] = [];
  for (const { label, uri, folder } of places()) {
    signal.throwIfAborted();
    if (!isWanted(folder)) continue;
    const raw = await readText(uri, folder, log);
    const instruction = raw === undefined ? undefined : toInstruction(label, uri.toString(), raw);
    if (instruction === undefined) continue;
    if (instruction.cut) log.info(`${label}: only its first ${maxInstruction} characters are used.`);
    found.push(instruction);
  }
  return found;
}

/** Names of the files that are there and are not used in Restricted Mode; nothing of them is read. */
export async function withheldInstructions(
  isWanted: (folder: vscode.Uri) => boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (vscode.workspace.isTrusted) return [];
  const found: string[] = [];
  for (const { label, uri, folder } of places()) {
    signal.throwIfAborted();
    if (isWanted(folder) && (await isFile(uri))) found.push(label);
  }
  return found;
}

/** @throws PaddockError unsupported for anything that is no such file of this workspace. */
export async function openInstructions(wanted: string, texts: Pick<ChatTexts, "instructionsGone">): Promise<void> {
  const place = places().find(({ uri }) => uri.toString() === wanted);
  if (place === undefined) throw new PaddockError("unsupported", texts.instructionsGone);
  await vscode.window.showTextDocument(place.uri);
}

function places(): { readonly label: string; readonly uri: vscode.Uri; readonly folder: vscode.Uri }[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.flatMap((folder) =>
    instructionFiles.map((name) => ({
      label: folders.length > 1 ? `${folder.name}/${name}` : name,
      uri: vscode.Uri.joinPath(folder.uri, ...name.split("/")),
      folder: folder.uri,
    })),
  );
}

async function isFile(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File) !== 0;
  } catch {
    return false;
  }
}

async function readText(uri: vscode.Uri, folder: vscode.Uri, log: Logger): Promise<string | undefined> {
  try {
    const { size, type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0 || size > maxBytes) return undefined;
    if (!(await isInside(folder, uri))) {
      log.warn(`${uri.path} leads out of the workspace and is not used.`);
      return undefined;
    }
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError && error.code === "FileNotFound"))
      log.debug(`${uri.path}: ${String(error)}`);
    return undefined;
  }
}
