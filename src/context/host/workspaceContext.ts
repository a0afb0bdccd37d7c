import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import { isCancellation, PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { rankNames } from "../core/ranking";
import { contextKinds, type Offered } from "./contextKinds";
import { type Dropped, takeDropped, takeUri } from "./droppedItems";
import { chooseRepository } from "./gitApi";
import { changedLines } from "./gitChanges";
import { isIgnored } from "./gitIgnored";
import { parseItemId, symbolId } from "../core/itemId";
import { frontTabUri, takeOpenEditors } from "./openEditors";
import { withProgress } from "./patience";
import { plainLabel } from "./plainLabel";
import { listedProblems } from "./problems";
import { RecentFiles } from "./recentFiles";
import { searchPick, type SearchPickItem } from "./searchPick";
import { symbolIcon, type SymbolPlace, symbolText } from "./symbols";
import { SymbolSearch } from "./symbolSearch";
import { nothingTaken, orRefusal, refusal, taken, type Taken, together, type WorkspaceReference } from "./taken";
import { commandLabel, TerminalRecorder } from "./terminalRecorder";
import { type FoundFile, WorkspaceFiles } from "./workspaceFiles";
import { nameOf, selectedText, takeFile } from "./workspaceSources";

const mostFiles = 25;
const mostRecent = 6;
const mostSymbols = 8;
const mostFolders = 4;
const mostCommands = 3;
/** More of a list that is there to be read through. */
const mostPicked = 100;
/** While somebody types, a language that takes longer is left out; in a list of its own it is waited for. */
const ownSymbolsMs = 400;
const workspaceSymbolsMs = 600;
const pickSymbolsMs = 5_000;

/** All that a question can carry of the workspace: what to choose from, and what was chosen. */
export class WorkspaceContext {
  private readonly subscriptions = new DisposableStore();
  private readonly files = this.subscriptions.add(new WorkspaceFiles());
  private readonly recent = this.subscriptions.add(new RecentFiles());
  private readonly terminals: TerminalRecorder;
  private readonly symbols = new SymbolSearch();

  constructor(logger: Logger) {
    this.terminals = this.subscriptions.add(new TerminalRecorder(logger));
  }

  /** What fits what was typed, best first; the kinds first where nothing was. */
  async offer(query: string, signal: AbortSignal): Promise<readonly Offered[]> {
    const kinds = contextKinds(this.terminals);
    const wanted = query.trim();
    if (wanted === "") {
      // The list of files is made meanwhile, so that it is there with the first letter.
      this.files.prepare();
      return [...kinds.map(plain), ...this.recentFiles()];
    }
    const recent = this.recent.list();
    const [files, folders, own, others] = await Promise.all([
      orNone(this.files.search(wanted, recent, mostFiles, signal)),
      orNone(this.files.searchFolders(wanted, mostFolders, signal)),
      orNone(this.symbols.own(wanted, mostSymbols, ownSymbolsMs, signal)),
      orNone(this.symbols.others(wanted, mostSymbols, workspaceSymbolsMs, signal)),
    ]);
    const begins = ({ name }: SymbolPlace): boolean => name.toLowerCase().startsWith(wanted.toLowerCase());
    const commands = rankNames(wanted, this.terminals.recent(), ({ commandLine }) => commandLine, mostCommands);
    const fitting = rankNames(wanted, kinds, ({ label, words }) => `${label} ${words}`, kinds.length);
    return [
      ...fitting.map(plain),
      ...own.filter(begins).map((symbol) => symbolItem(symbol, symbol.container)),
      ...files.map(fileItem),
      ...own.filter((symbol) => !begins(symbol)).map((symbol) => symbolItem(symbol, symbol.container)),
      ...folders.map(({ path, uri }) => ({
        id: `folder:${uri.toString()}`,
        label: `${path}/`,
        detail: vscode.l10n.t("Folder outline"),
        icon: "list-tree",
      })),
      ...others.map((symbol) => symbolItem(symbol, nameOf(symbol.uri))),
      ...commands.map((command) => ({
        id: `terminal:${command.id}`,
        label: commandLabel(command),
        detail: vscode.l10n.t("Terminal {0}", command.terminalName),
        icon: "terminal",
      })),
    ];
  }

  /** @throws PaddockError where there is nothing to take, with what to do about it. What the gate refuses is told. */
  async take(id: string): Promise<Taken> {
    const item = parseItemId(id);
    switch (item.kind) {
      case "selection":
        return takeSelection();
      case "front":
        return takeFile(frontUri());
      case "file":
        return item.uri === undefined ? this.pickFile() : takeUri(offeredUri(item.uri));
      case "symbol":
        return item.symbol === undefined
          ? this.pickSymbol()
          : takeSymbol(vscode.Uri.parse(item.symbol.uri), item.symbol.name, item.symbol.line);
      case "folder":
        return item.uri === undefined ? this.pickFolder() : takeUri(offeredUri(item.uri));
      case "editors":
        return takeOpenEditors();
      case "problems":
        return taken(listedProblems());
      case "ownProblems":
        return taken(listedProblems(frontUri()));
      case "terminal":
        return this.takeCommand(item.command);
      case "git":
        return takeChanges();
    }
  }

  /** The last command that failed, with what it wrote. @throws PaddockError where none is recorded. */
  failedCommand(): { commandLine: string; exitCode: number | undefined; reference: WorkspaceReference } {
    const command = this.terminals.lastFailed();
    if (command === undefined) {
      throw new PaddockError("unsupported", vscode.l10n.t("No command has failed in a terminal of this window."), {
        remedy: vscode.l10n.t(
          "Run it in VS Code's terminal with shell integration on; Paddock knows commands since the window opened.",
        ),
      });
    }
    const { commandLine, exitCode, id } = command;
    return { commandLine, exitCode, reference: this.terminals.take(id) };
  }

  takeDropped(items: readonly Dropped[]): Promise<Taken> {
    return takeDropped(items);
  }

  /** Keeps nothing of what the terminals have shown so far. */
  forget(): void {
    this.terminals.forget();
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private recentFiles(): Offered[] {
    const front = vscode.window.activeTextEditor?.document.uri.toString();
    return this.recent
      .list()
      .filter((uri) => uri.toString() !== front && this.files.isOffered(uri))
      .slice(0, mostRecent)
      .map((uri) => fileItem({ path: nameOf(uri), uri, isIgnored: false }));
  }

  private async takeCommand(id: number | undefined): Promise<Taken> {
    const command = id === undefined ? this.terminals.last() : this.terminals.find(id);
    // Where there is none, the reason is for the person who asked; what the gate says belongs to the command.
    if (command === undefined) return taken(this.terminals.take(id));
    const label = commandLabel(command);
    return orRefusal(label, () => {
      const reference = taken(this.terminals.take(command.id));
      if (!command.isBeginningLost) return Promise.resolve(reference);
      const outputOf = vscode.l10n.t("The output of {0}", label);
      return Promise.resolve(together([reference, refusal(outputOf, outputLost())]));
    });
  }

  private async pickFile(): Promise<Taken> {
    const uri = await searchPick(vscode.l10n.t("Type the name of a file"), async (query, signal) => {
      const recent = this.recent.list();
      const found =
        query === ""
          ? recent
              .filter((one) => this.files.isOffered(one))
              .map((one) => ({ path: nameOf(one), uri: one, isIgnored: false }))
          : await this.files.search(query, recent, mostPicked, signal);
      return found.map((file) => pickItem(fileItem(file), file.uri));
    });
    return uri === undefined ? nothingTaken : takeFile(uri);
  }

  private async pickFolder(): Promise<Taken> {
    const uri = await searchPick(vscode.l10n.t("The folder to attach an outline of"), async (query, signal) =>
      (await this.files.searchFolders(query, mostPicked, signal)).map((folder) => ({
        label: `$(folder) ${plainLabel(folder.path)}`,
        value: folder.uri,
      })),
    );
    return uri === undefined ? nothingTaken : takeUri(uri);
  }

  private async pickSymbol(): Promise<Taken> {
    const placeholder = vscode.l10n.t("A symbol of this file, or the name of one in the workspace");
    const symbol = await searchPick(placeholder, async (query, signal) => {
      const [own, others] = await Promise.all([
        this.symbols.own(query, mostPicked, pickSymbolsMs, signal),
        orNone(this.symbols.others(query, mostPicked, pickSymbolsMs, signal)),
      ]);
      const label = vscode.l10n.t("Workspace");
      const separator: SearchPickItem<SymbolPlace>[] =
        others.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }];
      return [
        ...own.map((one) => pickItem(symbolItem(one, one.container), one)),
        ...separator,
        ...others.map((one) => pickItem(symbolItem(one, nameOf(one.uri)), one)),
      ];
    });
    return symbol === undefined ? nothingTaken : takeSymbol(symbol.uri, symbol.name, symbol.range.start.line);
  }
}

async function takeSelection(): Promise<Taken> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  if (uri === undefined || vscode.window.activeTextEditor?.selection.isEmpty !== false)
    return taken(await selectedText());
  return orRefusal(nameOf(uri), async () => taken(await selectedText(), await isIgnored(uri)));
}

async function takeSymbol(uri: vscode.Uri, name: string, line: number): Promise<Taken> {
  return orRefusal(`${name} in ${nameOf(uri)}`, async () =>
    taken(await symbolText(uri, name, line), await isIgnored(uri)),
  );
}

async function takeChanges(): Promise<Taken> {
  const repository = await chooseRepository();
  if (repository === undefined) return nothingTaken;
  return withProgress(vscode.l10n.t("Reading the changes"), (signal) => changedLines(repository, signal));
}

/** Said beside the command, which is attached: what it wrote may be all that matters. */
function outputLost(): PaddockError {
  return new PaddockError(
    "unsupported",
    vscode.l10n.t(
      "VS Code did not tell the beginning of it, as happens in remote windows with commands that write at once; a command that wrote nothing looks the same.",
    ),
    {
      remedy: vscode.l10n.t(
        "Run “Terminal: Copy Last Command Output” from the command palette and paste it into your question.",
      ),
    },
  );
}

function frontUri(): vscode.Uri {
  const uri = vscode.window.activeTextEditor?.document.uri ?? frontTabUri();
  if (uri !== undefined) return uri;
  throw new PaddockError("unsupported", vscode.l10n.t("No file is open."), {
    remedy: vscode.l10n.t("Open a file and try again."),
  });
}

/** The id may have been made up by a page; only files of the workspace were ever offered. */
function offeredUri(text: string): vscode.Uri {
  const uri = vscode.Uri.parse(text);
  if (vscode.workspace.getWorkspaceFolder(uri) !== undefined) return uri;
  throw new PaddockError("invalid-message", "A file outside the workspace was never offered.");
}

/** A source that fails must not keep the others from being offered. */
async function orNone<T>(work: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await work;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return [];
  }
}

function plain({ id, label, detail, icon }: Offered): Offered {
  return { id, label, detail, icon };
}

function fileItem({ path, uri, isIgnored: ignored }: FoundFile): Offered {
  const at = path.lastIndexOf("/");
  const folder = at < 0 ? "" : path.slice(0, at);
  return {
    id: `file:${uri.toString()}`,
    label: path.slice(at + 1),
    detail: ignored ? vscode.l10n.t("{0} (ignored by Git)", path) : folder,
    icon: "file",
  };
}

function symbolItem({ name, uri, range, kind }: SymbolPlace, detail: string): Offered {
  return {
    id: symbolId({ uri: uri.toString(), name, line: range.start.line }),
    label: name,
    detail,
    icon: symbolIcon(kind),
  };
}

function pickItem<T>({ label, detail, icon }: Offered, value: T): SearchPickItem<T> {
  return { label: `$(${icon}) ${plainLabel(label)}`, description: plainLabel(detail), value };
}
