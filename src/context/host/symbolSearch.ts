import * as vscode from "vscode";
import { refusalOfPath } from "../core/gate";
import { rankNames } from "../core/ranking";
import { documentSymbols, type SymbolPlace, workspaceSymbols } from "./symbols";

/** Symbols by name: of the file in front, and of the workspace. Asks for the former once for each version of the file. */
export class SymbolSearch {
  private known:
    { readonly uri: string; readonly version: number; readonly symbols: readonly SymbolPlace[] } | undefined;

  /** @returns those of the file in front; all of them, in its order, where nothing was typed. */
  async own(query: string, limit: number, ms: number, signal: AbortSignal): Promise<readonly SymbolPlace[]> {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || refusalOfPath(document.uri.path) !== undefined) return [];
    const uri = document.uri.toString();
    const { version } = document;
    if (this.known?.uri !== uri || this.known.version !== version) {
      const symbols = await documentSymbols(document.uri, signal, ms);
      if (symbols === undefined) return [];
      // A language that is only starting says that there are none.
      this.known = symbols.length === 0 ? undefined : { uri, version, symbols };
    }
    return rankNames(query, this.known?.symbols ?? [], ({ name }) => name, limit);
  }

  /** @returns those of other files. */
  async others(query: string, limit: number, ms: number, signal: AbortSignal): Promise<readonly SymbolPlace[]> {
    if (query.trim().length < 2) return [];
    const front = vscode.window.activeTextEditor?.document.uri.toString();
    const found = await workspaceSymbols(query.trim(), signal, ms);
    const fitting = found.filter(({ uri }) => uri.toString() !== front && refusalOfPath(uri.path) === undefined);
    return rankNames(query, fitting, ({ name }) => name, limit);
  }
}
