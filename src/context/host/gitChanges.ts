import path from "node:path";
import * as vscode from "vscode";
import { abortable } from "../../platform/core/abortable";
import { PaddockError } from "../../platform/core/errors";
import { formatCount } from "../../platform/core/format";
import { type DiffPart, diffParts } from "../core/diffParts";
import { refusalOfPath, refusalOfText } from "../core/gate";
import { maxGathered } from "../core/limits";
import { terminalText } from "../core/terminalText";
import { refused, refusalOfUri } from "./gateChecks";
import { type GitChange, type GitRepository, untrackedStatus } from "./gitApi";
import { nothingTaken, refusal, type Taken } from "./taken";

/** Names of files whose text is not there. */
const maxNames = 100;
/** So many files are looked at in the same time. */
const atOnce = 4;

interface Section {
  readonly title: string;
  readonly parts: readonly DiffPart[];
}

/**
 * What is changed in a repository: staged, not staged, and the names of what is untracked. Files that hold secrets are
 * refused by name. @throws PaddockError where nothing is changed; cancelled.
 */
export async function changedLines(repository: GitRepository, signal: AbortSignal): Promise<Taken> {
  await abortable(repository.status(), signal);
  const staged = await diffOf(repository, true, signal);
  const unstaged = await diffOf(repository, false, signal);
  const all = [...staged, ...unstaged];
  const { refusals, fits } = await gated(repository, all, signal);
  const isNamed = (part: DiffPart): boolean => !refusals.has(nameOfPart(part));
  const isShown = (part: DiffPart): boolean => isNamed(part) && fits.has(part);
  const sections: Section[] = [
    { title: "Staged changes", parts: staged.filter(isShown) },
    { title: "Changes not staged", parts: unstaged.filter(isShown) },
  ];
  const left = [...new Set(all.filter((part) => isNamed(part) && !fits.has(part)).map(nameOfPart))];
  const untracked = untrackedNames(repository);
  if (all.length + untracked.length === 0) {
    throw new PaddockError("unsupported", vscode.l10n.t("Nothing is changed in {0}.", repository.rootUri.fsPath));
  }
  const refusedFiles = [...refusals].flatMap(([label, error]) => refusal(label, error).refused);
  const text = textOf(sections, left, untracked);
  if (text === "") return { ...nothingTaken, refused: refusedFiles };
  const uri = `paddock-context:git?${encodeURIComponent(repository.rootUri.toString())}`;
  const branch = repository.state.HEAD?.name;
  const label = branch === undefined ? "Git diff" : `Git diff (${branch})`;
  return { references: [{ label, uri, text }], ignored: [], refused: refusedFiles };
}

/** What the next commit is made of, as a model may see it. */
export interface ChangesToCommit {
  readonly files: readonly { readonly path: string; readonly diff: string }[];
  /** False: nothing is staged, and these are all changes of files that Git knows. */
  readonly staged: boolean;
  /** Names of files that no model is shown. */
  readonly refused: readonly string[];
}

/** What is staged; where nothing is, what is changed. @throws PaddockError where neither is; cancelled. */
export async function changesToCommit(repository: GitRepository, signal: AbortSignal): Promise<ChangesToCommit> {
  await abortable(repository.status(), signal);
  const staged = await diffOf(repository, true, signal);
  const all = staged.length > 0 ? staged : await diffOf(repository, false, signal);
  if (all.length === 0) {
    throw new PaddockError("unsupported", vscode.l10n.t("Nothing is changed in {0}.", repository.rootUri.fsPath), {
      remedy: vscode.l10n.t("Stage what the commit is to have; files that are new to Git have to be staged."),
    });
  }
  const { refusals, fits } = await gated(repository, all, signal);
  const shown = all.filter((part) => fits.has(part) && !refusals.has(nameOfPart(part)));
  const [refusal] = refusals.values();
  if (shown.length === 0 && refusal !== undefined) throw refusal;
  return {
    files: shown.map((part) => ({ path: nameOfPart(part), diff: part.text })),
    staged: staged.length > 0,
    refused: [...refusals.keys()],
  };
}

async function diffOf(repository: GitRepository, isStaged: boolean, signal: AbortSignal): Promise<readonly DiffPart[]> {
  const { parts, other } = diffParts(await abortable(readDiff(repository, isStaged), signal));
  if (other === "") return parts;
  throw new PaddockError("unsupported", vscode.l10n.t("Git shows changes here with another program's words."), {
    remedy: vscode.l10n.t(
      "Turn off diff.external in Git's configuration, so that Paddock can tell files that hold secrets.",
    ),
  });
}

/** Which parts there is room for, and which files no model may see. */
async function gated(
  repository: GitRepository,
  all: readonly DiffPart[],
  signal: AbortSignal,
): Promise<{ readonly refusals: ReadonlyMap<string, PaddockError>; readonly fits: ReadonlySet<DiffPart> }> {
  const refusals = new Map<string, PaddockError>();
  await eachOf(all, signal, async (part) => {
    const byName = await refusalOfNames(repository, part);
    if (byName !== undefined) refusals.set(nameOfPart(part), byName);
  });
  const fits = whatFits(all.filter((part) => !refusals.has(nameOfPart(part))));
  // Each costs git processes, so what is not shown is not looked into.
  await eachOf([...fits], signal, async (part) => {
    const byContent = await refusalOfContent(repository, part);
    if (byContent !== undefined) refusals.set(nameOfPart(part), byContent);
  });
  return { refusals, fits };
}

/** How many files are changed, where VS Code has looked already. */
export function countChanges({ state }: GitRepository): number {
  const all = [state.indexChanges, state.workingTreeChanges, state.mergeChanges, state.untrackedChanges ?? []].flat();
  return new Set(all.map(({ uri }) => uri.toString())).size;
}

/** Colours come with color.ui=always. */
async function readDiff(repository: GitRepository, isStaged: boolean): Promise<string> {
  const diff = await repository.diff(isStaged);
  return diff.includes("\x1b") ? terminalText(diff) : diff;
}

function nameOfPart({ paths }: DiffPart): string {
  return paths[0] ?? "";
}

async function eachOf(
  parts: readonly DiffPart[],
  signal: AbortSignal,
  work: (part: DiffPart) => Promise<void>,
): Promise<void> {
  const waiting = [...parts];
  const next = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      signal.throwIfAborted();
      await abortable(work(part), signal);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

/** As many whole files as there is room for. */
function whatFits(parts: readonly DiffPart[]): ReadonlySet<DiffPart> {
  let length = 0;
  return new Set(
    parts.filter(({ text }) => {
      if (length + text.length > maxGathered) return false;
      length += text.length;
      return true;
    }),
  );
}

async function refusalOfNames({ rootUri }: GitRepository, { paths }: DiffPart): Promise<PaddockError | undefined> {
  for (const name of paths) {
    const byName = refusalOfPath(name) ?? (await refusalOfUri(vscode.Uri.joinPath(rootUri, name)));
    if (byName !== undefined) return refused(byName);
  }
  return undefined;
}

/** By all of the file's text, before and after: a few lines of a key are the key. */
async function refusalOfContent(
  repository: GitRepository,
  { paths, text }: DiffPart,
): Promise<PaddockError | undefined> {
  const reads = paths.flatMap((name) => {
    const uri = vscode.Uri.joinPath(repository.rootUri, name);
    return [
      () => repository.show("HEAD", uri.fsPath),
      () => repository.show("", uri.fsPath),
      async () => new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)),
    ];
  });
  for (const read of [() => Promise.resolve(text), ...reads]) {
    // Most names are new here or gone there. What is no text git marks itself, and shows nothing of it.
    const refusal = refusalOfText(await read().catch(() => ""));
    if (refusal?.why === "secret") return refused(refusal);
  }
  return undefined;
}

function untrackedNames({ rootUri, state }: GitRepository): string[] {
  const isUntracked = ({ status }: GitChange): boolean => status === untrackedStatus;
  return [...state.workingTreeChanges.filter(isUntracked), ...(state.untrackedChanges ?? [])]
    .map(({ uri }) => path.posix.relative(rootUri.path, uri.path))
    .filter((name) => refusalOfPath(name) === undefined);
}

function textOf(sections: readonly Section[], left: readonly string[], untracked: readonly string[]): string {
  const list = (title: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`# ${title}\n${names.slice(0, maxNames).join("\n")}${more(names)}`];
  return [
    ...sections
      .filter(({ parts }) => parts.length > 0)
      .map(({ title, parts }) => `# ${title}\n${parts.map(({ text }) => text).join("\n")}`),
    ...list("Changed too, left out for want of room", left),
    ...list("New files that Git does not know yet", untracked),
  ].join("\n\n");
}

function more(names: readonly string[]): string {
  return names.length <= maxNames ? "" : `\nand ${formatCount(names.length - maxNames)} more`;
}
