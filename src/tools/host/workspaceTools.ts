import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { isInside } from "../../platform/host/insideFolder";
import type { ToolArguments } from "../core/builtInTools";
import { clipLines, findLines, numberedLines, replaceOnce, shortLine } from "../core/toolText";
import type { MayRead, ToolDeps } from "./toolDeps";

/** Files that one search looks into, and how long it may: somebody waits for the answer. */
const mostSearched = 5_000;
const searchMs = 8_000;
const searchedAtOnce = 8;
const mostHits = 40;
const mostHitsOfFile = 5;
const mostNames = 20;

type WorkspaceDeps = Pick<ToolDeps, "filesOf" | "allFiles" | "gate" | "propose">;

export async function readFile(
  deps: WorkspaceDeps,
  { path, from, lines }: ToolArguments<"read_file">,
  signal: AbortSignal,
): Promise<string> {
  const { text } = await shown(deps, await existing(deps, path), signal);
  return text === "" ? "The file is empty." : numberedLines(text, from, lines);
}

export async function searchWorkspace(
  deps: WorkspaceDeps,
  { text, folder }: ToolArguments<"search_workspace">,
  signal: AbortSignal,
): Promise<string> {
  const until = performance.now() + searchMs;
  const all = await deps.allFiles(mostSearched, signal);
  const part = folder.toLowerCase().replaceAll("\\", "/");
  const files = all
    .map((uri) => ({ uri, name: nameOf(uri) }))
    .filter(({ name }) => name.toLowerCase().includes(part))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const wanted = text.toLowerCase();
  const hits = new Map<string, string[]>();
  const named: string[] = [];
  let count = 0;
  let searched = 0;
  const queue = files.values();
  const look = async (): Promise<void> => {
    for (const { uri, name } of queue) {
      signal.throwIfAborted();
      if (count >= mostHits || performance.now() > until) return;
      searched++;
      // A name can tell as much as a text, so the gate is asked of both.
      const found = await orNothing(shown(deps, uri, signal), signal);
      if (found === undefined) continue;
      if (name.toLowerCase().includes(wanted) && named.length < mostNames) named.push(name);
      const lines = findLines(found.text, text, mostHitsOfFile);
      count += lines.length;
      if (lines.length > 0)
        hits.set(
          name,
          lines.map((one) => `${name}:${one.line}: ${shortLine(one.text)}`),
        );
    }
  };
  await Promise.all(Array.from({ length: searchedAtOnce }, look));
  const lines = [...hits].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, own]) => own);
  const whole = searched >= files.length && all.length < mostSearched;
  return clipLines([
    ...(named.length === 0 ? [] : ["Files of that name:", ...named.sort(), ""]),
    ...(lines.length === 0 ? ["No line contains it."] : lines),
    ...(whole
      ? []
      : [`(Only ${searched} of ${all.length < mostSearched ? files.length : "more"} files were searched.)`]),
  ]);
}

export async function proposeEdit(
  deps: WorkspaceDeps,
  { path, old_text: old, new_text: next }: ToolArguments<"propose_edit">,
  signal: AbortSignal,
): Promise<string> {
  const label = vscode.l10n.t("change from the chat");
  if (old === "") {
    const target = await one(deps, path);
    if (await isThere(target)) {
      throw new PaddockError("unsupported", `${nameOf(target)} is there already: say which text of it is to change.`);
    }
    return told(await deps.propose({ target, change: { kind: "whole", text: next }, label }), nameOf(target));
  }
  const target = await existing(deps, path);
  const { text: base } = await shown(deps, target, signal);
  const replaced = replaceOnce(base, old, next);
  switch (replaced.kind) {
    case "missing":
      throw new PaddockError("unsupported", `old_text does not stand in ${nameOf(target)}. Read the file first.`);
    case "several":
      throw new PaddockError("unsupported", `old_text stands in ${nameOf(target)} more than once. Quote more of it.`);
    case "replaced":
      signal.throwIfAborted();
      return told(
        await deps.propose({ target, change: { kind: "whole", text: replaced.text, base }, label }),
        nameOf(target),
      );
  }
}

/** The one file that a path means, whether it is there or not. */
async function one(deps: Pick<ToolDeps, "filesOf">, path: string): Promise<vscode.Uri> {
  const [first, ...more] = await deps.filesOf(path);
  if (first === undefined) throw new PaddockError("unsupported", "No folder is open.");
  if (more.length === 0) return first;
  const names = [first, ...more].map(nameOf).join(", ");
  throw new PaddockError("unsupported", `That may be any of ${names}. Say which.`);
}

/** A file of the workspace that is there, by its path. */
export async function existing(deps: Pick<ToolDeps, "filesOf">, path: string): Promise<vscode.Uri> {
  const uri = await one(deps, path);
  if (await isThere(uri)) return uri;
  throw new PaddockError("unsupported", `There is no file ${path}. Look for it with search_workspace.`);
}

/** A file as the person sees it: what they typed and did not save counts. @throws PaddockError where the gate refuses it. */
async function shown(
  { gate }: Pick<ToolDeps, "gate">,
  uri: vscode.Uri,
  signal: AbortSignal,
): Promise<{ readonly text: string }> {
  const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  if (folder === undefined || !(await isInside(folder, uri))) {
    throw new PaddockError("unsupported", `${nameOf(uri)} leads out of the workspace.`);
  }
  const key = uri.toString();
  const open = vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === key);
  if (open === undefined) {
    const read = await gate.read(key, signal);
    if ("refusal" in read) throw refusal(nameOf(uri), read.refusal);
    return read;
  }
  const answer = await gate.mayShow(key, signal);
  const text = open.getText();
  const ofText = answer === "yes" ? gate.mayShowText(text) : answer;
  if (ofText !== "yes") throw refusal(nameOf(uri), ofText);
  return { text };
}

function refusal(name: string, why: Exclude<MayRead, "yes">): PaddockError {
  switch (why) {
    case "secret":
      return new PaddockError("unsupported", `${name} may hold secrets, so it is not read.`);
    case "ignored":
      return new PaddockError("unsupported", `${name} is ignored by Git, so it is not read.`);
    case "tooLarge":
      return new PaddockError("unsupported", `${name} is too large to read.`);
    case "binary":
      return new PaddockError("unsupported", `${name} is not a text.`);
    case "unreadable":
      return new PaddockError("unsupported", `${name} can't be read.`);
  }
}

function told(proposed: "opened" | "unchanged" | "kept", name: string): string {
  switch (proposed) {
    case "opened":
      return `The person is shown the change of ${name} and decides. It is not made yet.`;
    case "unchanged":
      return `${name} says so already.`;
    case "kept":
      return `The person kept an earlier review of ${name} instead.`;
  }
}

async function orNothing<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function isThere(uri: vscode.Uri): Promise<boolean> {
  if (vscode.workspace.textDocuments.some((open) => !open.isClosed && open.uri.toString() === uri.toString()))
    return true;
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

function nameOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}
