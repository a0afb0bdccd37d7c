import * as vscode from "vscode";
import { cancelled, PaddockError } from "../../platform/core/errors";
import { plainLabel } from "../../platform/host/plainLabel";
import { isNamed, type SymbolLink, symbolLinkOfCode } from "../../platform/core/symbolLinks";
import type { ChatTexts } from "../core/chatTexts";
import { isInside } from "../../platform/host/insideFolder";

/** For so long an answer about a symbol counts. */
const freshMs = 10_000;
const maxKnown = 1_000;
/** A language's server answers one after the other anyway, and the person's own requests wait behind these. */
const atOnce = 2;
/** All of a request; what has not been found by then is left out. */
const patienceMs = 3_000;
/** Of one question: a server that matches loosely may answer with thousands. */
const maxLooked = 2_000;
/** More are no help to a person. */
const maxPlaces = 50;

/**
 * Symbols that an answer names. Names come from a model: they are asked of the languages' own search, must be met
 * exactly, and count only where the definition is in a file below a folder of the workspace, links on the disk followed.
 */
export class WorkspaceSymbols {
  /** By text; the one used longest ago comes first. */
  private readonly known = new Map<string, { readonly at: number; readonly found: boolean }>();

  constructor(private readonly texts: Pick<ChatTexts, "symbolGone" | "pickSymbol">) {}

  /** @returns those of the texts that name symbols of the workspace. What cannot be told in time is left out. */
  async existing(names: readonly string[], signal: AbortSignal): Promise<string[]> {
    const found: string[] = [];
    const waiting = [...new Set(names)];
    const over = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const look = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined && !over.aborted; next = waiting.shift()) {
        if (await this.lookUp(next)) found.push(next);
      }
    };
    const stopped = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, look)), stopped]);
    return [...found];
  }

  /**
   * Opens the definition; of several the person picks one.
   * @throws PaddockError unsupported where there is none in the workspace, or not any more; cancelled where none was picked.
   */
  async open(text: string): Promise<void> {
    const link = symbolLinkOfCode(text);
    const places = link === undefined ? [] : await find(link);
    const [first] = places;
    if (first === undefined) throw new PaddockError("unsupported", this.texts.symbolGone);
    const place = places.length === 1 ? first : await this.pick(places);
    const { uri, range } = place.location;
    const at = new vscode.Range(range.start, range.start);
    await vscode.commands.executeCommand("vscode.open", uri, { preview: true, selection: at });
  }

  private async pick(places: readonly vscode.SymbolInformation[]): Promise<vscode.SymbolInformation> {
    const items = places.map((place) => ({
      label: plainLabel(place.containerName === "" ? place.name : `${place.containerName} › ${place.name}`),
      description: plainLabel(
        `${vscode.workspace.asRelativePath(place.location.uri)}:${place.location.range.start.line + 1}`,
      ),
      place,
    }));
    const picked = await vscode.window.showQuickPick(items, {
      placeHolder: this.texts.pickSymbol,
      matchOnDescription: true,
    });
    if (picked === undefined) throw cancelled();
    return picked.place;
  }

  private async lookUp(text: string): Promise<boolean> {
    const known = this.known.get(text);
    if (known !== undefined && Date.now() - known.at < freshMs) return known.found;
    const link = symbolLinkOfCode(text);
    const found = link !== undefined && (await find(link)).length > 0;
    this.known.delete(text);
    this.known.set(text, { at: Date.now(), found });
    const [oldest] = this.known.keys();
    if (this.known.size > maxKnown && oldest !== undefined) this.known.delete(oldest);
    return found;
  }
}

async function find(link: SymbolLink): Promise<vscode.SymbolInformation[]> {
  // Without a folder nothing is of the workspace.
  if ((vscode.workspace.workspaceFolders ?? []).length === 0) return [];
  const all = await ask(link.name);
  const places = new Map<string, vscode.SymbolInformation>();
  for (const symbol of all.slice(0, maxLooked)) {
    if (places.size >= maxPlaces) break;
    if (!isNamed(link, symbol.name, symbol.containerName) || !(await isOfWorkspace(symbol.location))) continue;
    // Two servers may know the same one.
    const { uri, range } = symbol.location;
    places.set(`${uri.toString()}#${range.start.line}`, symbol);
  }
  return [...places.values()];
}

async function ask(name: string): Promise<readonly vscode.SymbolInformation[]> {
  try {
    const found = await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
      "vscode.executeWorkspaceSymbolProvider",
      name,
    );
    return found ?? [];
  } catch {
    // A provider that fails knows no symbol; its own log says why.
    return [];
  }
}

/** Another extension's word: its place may lack a range that it would only find out later. */
async function isOfWorkspace(location: { uri: vscode.Uri; range?: vscode.Range }): Promise<boolean> {
  const folder = vscode.workspace.getWorkspaceFolder(location.uri);
  if (folder === undefined || location.range === undefined) return false;
  try {
    return await isInside(folder.uri, location.uri);
  } catch {
    return false;
  }
}
