import ignore from "ignore";
import * as vscode from "vscode";
import { isCancellation, PaddockError } from "../../platform/core/errors";
import { Breath } from "../../platform/node/breath";
import { refusalOfPath } from "../core/gate";
import { outlineText } from "../core/outline";
import { check, refusalOfUri } from "./gateChecks";
import { GitIgnored } from "./gitIgnored";
import { documentSymbols } from "./symbols";
import type { WorkspaceReference } from "./taken";
import { nameOf } from "./workspaceSources";

/** More files than this, and no outline says anything about them. */
const maxFiles = 5_000;
/** Asking for symbols opens the file for the language's extension, so it is done where it is little work. */
const maxSymbolFiles = 40;
const maxSymbolBytes = 100_000;
const symbolsMs = 2_000;
const oneFileMs = 1_000;

interface Found {
  readonly pieces: readonly string[];
  readonly uri: vscode.Uri;
}

/** Files of a folder as a tree, with what they define where that is quickly told. @throws PaddockError; cancelled. */
export async function folderOutline(folder: vscode.Uri, signal: AbortSignal): Promise<WorkspaceReference> {
  check(await refusalOfUri(vscode.Uri.joinPath(folder, "x")));
  const { files, secrets, ignored, isWhole } = await walk(folder, signal);
  const symbols = await symbolsOf(files, signal);
  const { text, cut } = outlineText(
    files.map(({ pieces, uri }) => ({ pieces, symbols: symbols.get(uri.toString()) ?? [] })),
  );
  const notes = [
    ...(secrets > 0 ? [`files that may hold secrets (${secrets})`] : []),
    ...(ignored > 0 ? [`files and folders ignored by Git (${ignored})`] : []),
    ...(cut > 0 ? [`lines for want of room (${cut})`] : []),
    ...(isWhole ? [] : [`all after the first ${maxFiles} files`]),
  ];
  // For the model, so in the language of the rest of the prompt's frame.
  const note = notes.length === 0 ? "" : `\nLeft out: ${notes.join(", ")}.`;
  return {
    label: `${folderName(folder)}/`,
    uri: folder.toString(),
    text: `${text === "" ? "No files." : text}${note}`,
  };
}

/** The path in the workspace; of a folder that has none there, its name. */
export function folderName(folder: vscode.Uri): string {
  const own = vscode.workspace.getWorkspaceFolder(folder)?.uri;
  if (own !== undefined && own.path !== folder.path) return nameOf(folder);
  return folder.path.split("/").findLast((piece) => piece !== "") ?? folder.path;
}

async function walk(
  root: vscode.Uri,
  signal: AbortSignal,
): Promise<{
  readonly files: readonly Found[];
  readonly secrets: number;
  readonly ignored: number;
  readonly isWhole: boolean;
}> {
  const rules = new GitIgnored();
  const hidden = ignore().add(excludedByVsCode(root));
  // Who asks for the outline of an ignored folder wants what is in it.
  const isWanted = await rules.isFolderIgnored(root);
  const below = rootPieces(root);
  const breath = new Breath();
  const files: Found[] = [];
  let secrets = 0;
  let ignored = 0;
  const waiting: Found[] = [{ pieces: [], uri: root }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { pieces: above, uri: folder } = next;
    for (const [name, type] of await read(folder, above.length === 0)) {
      await breath.take(signal);
      const pieces = [...above, name];
      const uri = vscode.Uri.joinPath(folder, name);
      // A link may lead anywhere, upwards too; it is named and not followed.
      const isFolder = type === vscode.FileType.Directory;
      if (hidden.ignores([...below, ...pieces].join("/") + (isFolder ? "/" : ""))) continue;
      if (refusalOfPath(isFolder ? `${uri.path}/x` : uri.path) !== undefined) secrets++;
      else if (!isWanted && (isFolder ? await rules.isFolderIgnored(uri) : await rules.isIgnored(uri))) ignored++;
      else if (isFolder) waiting.push({ pieces, uri });
      else if (files.push({ pieces, uri }) >= maxFiles) return { files, secrets, ignored, isWhole: false };
    }
  }
  return { files, secrets, ignored, isWhole: true };
}

async function read(folder: vscode.Uri, isRoot: boolean): Promise<[string, vscode.FileType][]> {
  try {
    return await vscode.workspace.fs.readDirectory(folder);
  } catch (error) {
    if (!isRoot) return [];
    throw new PaddockError("unsupported", vscode.l10n.t("{0} can't be read.", nameOf(folder)), {
      detail: String(error),
    });
  }
}

/** files.exclude of the folder; its braces are written out, since gitignore's patterns have none. */
function excludedByVsCode(folder: vscode.Uri): string[] {
  const globs = vscode.workspace.getConfiguration("files", folder).get<Record<string, unknown>>("exclude", {});
  const all = Object.entries(globs).flatMap(([glob, isOn]) => (isOn === true ? withoutBraces(glob) : []));
  // A pattern that begins with these would mean something else to Git.
  return [".git/", ...all.filter((glob) => !/^[!#]/u.test(glob))];
}

function withoutBraces(glob: string): string[] {
  const braces = /\{(?<inner>[^{}]*)\}/u.exec(glob);
  if (braces === null) return [glob];
  const before = glob.slice(0, braces.index);
  const after = glob.slice(braces.index + braces[0].length);
  return (braces.groups?.inner ?? "").split(",").flatMap((piece) => withoutBraces(before + piece + after));
}

function rootPieces(root: vscode.Uri): string[] {
  const own = vscode.workspace.getWorkspaceFolder(root)?.uri;
  return own === undefined
    ? []
    : root.path
        .slice(own.path.length)
        .split("/")
        .filter((piece) => piece !== "");
}

/** The names of top-level symbols by URI. What is not told in time is left out; the outline is of use without it. */
async function symbolsOf(
  files: readonly Found[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const open = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
  const candidates = files.length <= maxSymbolFiles ? files : files.filter(({ uri }) => open.has(uri.toString()));
  const deadline = performance.now() + symbolsMs;
  for (const { uri } of candidates) {
    const left = deadline - performance.now();
    if (left <= 0) break;
    try {
      if ((await vscode.workspace.fs.stat(uri)).size > maxSymbolBytes) continue;
      const symbols = (await documentSymbols(uri, signal, Math.min(left, oneFileMs))) ?? [];
      found.set(uri.toString(), [
        ...new Set(symbols.filter(({ container }) => container === "").map(({ name }) => name)),
      ]);
    } catch (error) {
      if (isCancellation(error)) throw error;
      // A picture, or a file that has gone.
    }
  }
  return found;
}
