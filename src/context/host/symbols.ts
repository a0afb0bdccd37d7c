import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { withPatience } from "./patience";
import { linesOf, nameOf, rangeText } from "./workspaceSources";
import type { WorkspaceReference } from "./taken";

/** A symbol, and where all of it stands. */
export interface SymbolPlace {
  readonly name: string;
  /** The one it belongs to, such as a method's class; empty at the top. */
  readonly container: string;
  readonly kind: vscode.SymbolKind;
  readonly uri: vscode.Uri;
  readonly range: vscode.Range;
}

/** A language server that starts needs seconds; one that has hung never answers. */
const patienceMs = 8_000;

/** All symbols of a document, those inside others too, in the order of the document. Undefined: no answer in time. */
export async function documentSymbols(
  uri: vscode.Uri,
  signal?: AbortSignal,
  ms = patienceMs,
): Promise<readonly SymbolPlace[] | undefined> {
  const found = await withPatience(
    vscode.commands.executeCommand<(vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined>(
      "vscode.executeDocumentSymbolProvider",
      uri,
    ),
    ms,
    signal,
  );
  return found === undefined ? undefined : found.flatMap((symbol) => flat(symbol, uri, ""));
}

/** Symbols of the workspace by their name, from whichever languages answer in time. */
export async function workspaceSymbols(query: string, signal?: AbortSignal, ms = patienceMs): Promise<SymbolPlace[]> {
  const found = await withPatience(
    vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
      "vscode.executeWorkspaceSymbolProvider",
      query,
    ),
    ms,
    signal,
  );
  return (found ?? []).map(fromInformation);
}

/**
 * The text of a whole symbol, from the beginning of its first line. Languages tell for the workspace often only where
 * the name stands, so it is looked up in the document again.
 * @param line where its name or its text begins, from 0; the document may have changed since.
 * @throws PaddockError where it is gone, or refused by the gate.
 */
export async function symbolText(uri: vscode.Uri, name: string, line: number): Promise<WorkspaceReference> {
  const document = await vscode.workspace.openTextDocument(uri);
  const all = (await documentSymbols(uri)) ?? [];
  const distance = ({ range }: SymbolPlace): number =>
    range.start.line <= line && line <= range.end.line
      ? line - range.start.line
      : Math.abs(range.start.line - line) + 1e6;
  const [symbol] = all.filter((other) => other.name === name).sort((a, b) => distance(a) - distance(b));
  if (symbol === undefined) {
    throw new PaddockError("unsupported", vscode.l10n.t("{0} is not found in {1} any more.", name, nameOf(uri)), {
      remedy: vscode.l10n.t("Choose it again, or select its lines and attach the selection."),
    });
  }
  const range = symbol.range.with(symbol.range.start.with({ character: 0 }));
  return rangeText(document, range, `${name} in ${nameOf(uri)}:${linesOf(range)}`);
}

/** Codicons have one for each kind of symbol, named after it. */
export function symbolIcon(kind: vscode.SymbolKind): string {
  const name = (vscode.SymbolKind as Readonly<Record<number, string | undefined>>)[kind] ?? "misc";
  return `symbol-${name.replace(/[A-Z]/gu, (letter, at: number) => (at === 0 ? "" : "-") + letter.toLowerCase())}`;
}

function flat(
  symbol: vscode.DocumentSymbol | vscode.SymbolInformation,
  uri: vscode.Uri,
  container: string,
): SymbolPlace[] {
  // Older providers answer with a flat list.
  if (!("selectionRange" in symbol)) return [fromInformation(symbol)];
  const { name, kind, range, children } = symbol;
  return [{ name, container, kind, uri, range }, ...children.flatMap((child) => flat(child, uri, name))];
}

function fromInformation({ name, containerName, kind, location }: vscode.SymbolInformation): SymbolPlace {
  return { name, container: containerName, kind, uri: location.uri, range: location.range };
}
