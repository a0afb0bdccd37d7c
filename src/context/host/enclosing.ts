import * as vscode from "vscode";
import { documentSymbols } from "./symbols";

/** A language server that has just started; somebody waits for an action to begin. ms. */
const patienceMs = 2_500;

/** Kinds that are a piece of work of their own. */
const definitions: ReadonlySet<vscode.SymbolKind> = new Set([
  vscode.SymbolKind.Class,
  vscode.SymbolKind.Constructor,
  vscode.SymbolKind.Enum,
  vscode.SymbolKind.Function,
  vscode.SymbolKind.Interface,
  vscode.SymbolKind.Method,
  vscode.SymbolKind.Namespace,
  vscode.SymbolKind.Struct,
]);
/** A constant may hold a function, or a table of many lines. */
const values: ReadonlySet<vscode.SymbolKind> = new Set([
  vscode.SymbolKind.Constant,
  vscode.SymbolKind.Field,
  vscode.SymbolKind.Property,
  vscode.SymbolKind.Variable,
]);

/** The innermost definition around a place, as the language's own extension knows it. Undefined: it knows none in time. */
export async function enclosingSymbol(
  uri: vscode.Uri,
  position: vscode.Position,
  signal: AbortSignal,
): Promise<vscode.Range | undefined> {
  const symbols = (await documentSymbols(uri, signal, patienceMs)) ?? [];
  const lines = ({ start, end }: vscode.Range): number => end.line - start.line;
  return symbols
    .filter(({ kind, range }) => definitions.has(kind) || (values.has(kind) && lines(range) > 0))
    .map(({ range }) => range)
    .filter(
      (range) => range.contains(position) || (range.start.line <= position.line && range.end.line >= position.line),
    )
    .sort((a, b) => lines(a) - lines(b))[0];
}
