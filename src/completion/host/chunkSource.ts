import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import { isCancellation } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { ChunkKind, ChunkSource, ContextChunk } from "../core/contextChunk";
import type { TextLines } from "../core/editorSnapshot";
import { definitionExtent, type Extent, headExtent, textOf } from "../core/extent";
import { type ImportStatement, importsOf } from "../core/imports";
import type { MayRead } from "../core/mayRead";
import type { EditedRegion } from "../core/recentEdits";
import { documentLines, isWritten, openDocument } from "./documentLines";
import { GatedTexts } from "./gatedTexts";
import { ImportedDefinitions } from "./importedDefinitions";
import { OpenEditors } from "./openEditors";
import { nameOf } from "./snapshots";

/** Lines shown around an edited one. */
const aroundLines = 8;
/** Regions begin and end at multiples of it, so that scrolling by a line gives the same chunk. */
const gridLines = 8;
const maxLines = 40;
const maxCells = 4;
/** An imported name used so near counts before the others. The cursor's line is taken roughly, for the same reason. */
const nearLines = 100;
const cursorGrid = 50;

/** The heads of the symbols that a place stands in, the outermost first: "class A {", "  run(): void {". */
export type EnclosingHeads = (
  document: vscode.TextDocument,
  position: vscode.Position,
) => readonly { readonly line: number; readonly text: string }[];

export interface ChunkSourceDeps {
  readonly gate: MayRead;
  readonly recentEdits: { readonly regions: readonly EditedRegion[] };
  readonly enclosingHeads?: EnclosingHeads;
  /**
   * What another room knows of a document, such as the schema of the database that a SQL file is for. No model that runs
   * elsewhere is shown it.
   */
  readonly known?: (document: vscode.TextDocument) => readonly Omit<ContextChunk, "kind">[];
  readonly log: Logger;
}

/**
 * What of the editor may help a completion. May take a second, for the languages' answers: it is for idle time, not for
 * a key. Files are read only here, through the gate.
 */
export class EditorChunks implements ChunkSource, vscode.Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly texts: GatedTexts;
  private readonly definitions = new ImportedDefinitions();
  private readonly editors = this.subscriptions.add(new OpenEditors());

  constructor(private readonly deps: ChunkSourceDeps) {
    this.texts = new GatedTexts(deps.gate);
  }

  /** Where the signal is aborted, what was there by then. */
  async chunks(uri: string, signal: AbortSignal): Promise<readonly ContextChunk[]> {
    const document = openDocument(uri);
    if (document === undefined) return [];
    const all = await Promise.all([
      this.none(this.importedDefinitions(document, signal)),
      this.none(this.known(document)),
      this.none(this.ownLines(document, signal)),
      this.none(this.recentlyEdited(document, signal)),
      this.none(this.visible(document, signal)),
      this.none(this.earlierCells(document, signal)),
      this.none(this.openEditors(document, signal)),
    ]);
    return all.flat();
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** What fails is left out: a completion is there without it too. */
  private async none(work: Promise<readonly ContextChunk[]>): Promise<readonly ContextChunk[]> {
    try {
      return await work;
    } catch (error) {
      if (!isCancellation(error)) this.deps.log.warn(`Context of a completion was left out: ${String(error)}`);
      return [];
    }
  }

  private async importedDefinitions(
    document: vscode.TextDocument,
    signal: AbortSignal,
  ): Promise<readonly ContextChunk[]> {
    if ((await this.deps.gate.mayShow(document.uri.toString(), signal)) !== "yes") return [];
    const statements = importsOf(documentLines(document), document.languageId);
    const places = await this.definitions.places(document, namesByUse(document, statements), signal);
    const chunks: ContextChunk[] = [];
    for (const { uri, line } of places) {
      const lines = await this.texts.ofUri(uri.toString(), signal);
      if (lines === undefined || line >= lines.lineCount) continue;
      chunks.push(...chunkOf("definition", uri, lines, definitionExtent(lines, line)));
    }
    return chunks;
  }

  /** Imports and the heads around the cursor. The document may be larger than what else is shown. */
  private async ownLines(document: vscode.TextDocument, signal: AbortSignal): Promise<readonly ContextChunk[]> {
    if ((await this.deps.gate.mayShow(document.uri.toString(), signal)) !== "yes") return [];
    const imports = importsOf(documentLines(document), document.languageId);
    const position = cursorOf(document);
    const heads = position === undefined ? [] : (this.deps.enclosingHeads?.(document, position) ?? []);
    return [
      ...this.listOf(
        "imports",
        document,
        imports[0]?.firstLine ?? 0,
        imports.flatMap(({ lines }) => lines),
      ),
      ...this.listOf(
        "enclosing",
        document,
        heads[0]?.line ?? 0,
        heads.map(({ text }) => text),
      ),
    ];
  }

  /** As valuable as definitions: what is written is made of it. */
  private known(document: vscode.TextDocument): Promise<readonly ContextChunk[]> {
    const chunks = this.deps.known?.(document) ?? [];
    return Promise.resolve(chunks.map((chunk) => ({ ...chunk, kind: "definition" as const, staysHere: true })));
  }

  private listOf(
    kind: ChunkKind,
    document: vscode.TextDocument,
    firstLine: number,
    lines: readonly string[],
  ): readonly ContextChunk[] {
    const text = lines.map((line) => `${line}\n`).join("");
    if (text === "" || !this.texts.mayShow(text)) return [];
    return [{ kind, name: chunkName(document.uri), uri: document.uri.toString(), firstLine, text }];
  }

  private async recentlyEdited(document: vscode.TextDocument, signal: AbortSignal): Promise<readonly ContextChunk[]> {
    const chunks: ContextChunk[] = [];
    for (const { uri, from, to } of this.deps.recentEdits.regions) {
      const edited = openDocument(uri);
      if (edited === undefined || !belongTogether(document, edited)) continue;
      const lines = await this.texts.ofDocument(edited, signal);
      if (lines === undefined) continue;
      const extent = { from: Math.max(0, from - aroundLines), to: Math.min(lines.lineCount, to + aroundLines) };
      chunks.push(...chunkOf("recentEdit", edited.uri, lines, extent));
    }
    return chunks;
  }

  private async visible(document: vscode.TextDocument, signal: AbortSignal): Promise<readonly ContextChunk[]> {
    const chunks: ContextChunk[] = [];
    for (const editor of vscode.window.visibleTextEditors) {
      const shown = editor.document;
      if (shown === document || !isWritten(shown.uri) || isCellOfSame(document, shown)) continue;
      const lines = await this.texts.ofDocument(shown, signal);
      const range = editor.visibleRanges[0];
      if (lines === undefined || range === undefined) continue;
      chunks.push(...chunkOf("visible", shown.uri, lines, visibleExtent(range, editor.selection.active.line, lines)));
    }
    return chunks;
  }

  /** The nearest first. */
  private async earlierCells(document: vscode.TextDocument, signal: AbortSignal): Promise<readonly ContextChunk[]> {
    const notebook = notebookOf(document);
    const own = notebook?.getCells().find((cell) => cell.document === document);
    if (notebook === undefined || own === undefined) return [];
    const earlier = notebook
      .getCells(new vscode.NotebookRange(0, own.index))
      .filter(
        ({ kind, document: cell }) => kind === vscode.NotebookCellKind.Code && cell.languageId === document.languageId,
      )
      .slice(-maxCells)
      .reverse();
    const chunks: ContextChunk[] = [];
    for (const { document: cell } of earlier) {
      const lines = await this.texts.ofDocument(cell, signal);
      if (lines === undefined) continue;
      // The end of a cell is what the next one goes on from.
      const extent = { from: Math.max(0, lines.lineCount - maxLines), to: lines.lineCount };
      chunks.push(...chunkOf("cell", cell.uri, lines, extent));
    }
    return chunks;
  }

  private async openEditors(document: vscode.TextDocument, signal: AbortSignal): Promise<readonly ContextChunk[]> {
    const chunks: ContextChunk[] = [];
    for (const { uri, languageId } of this.editors.others(document)) {
      const lines = await this.texts.ofUri(uri.toString(), signal);
      if (lines === undefined) continue;
      chunks.push(...chunkOf("openEditor", uri, lines, headExtent(lines, languageId)));
    }
    return chunks;
  }
}

function chunkOf(kind: ChunkKind, uri: vscode.Uri, lines: TextLines, extent: Extent): readonly ContextChunk[] {
  const text = textOf(lines, extent);
  if (text === undefined) return [];
  return [{ kind, name: chunkName(uri), uri: uri.toString(), firstLine: extent.from, text }];
}

/** What is on no disk has its tab's name here, to be told from the other chunks. */
function chunkName(uri: vscode.Uri): string {
  const name = nameOf(uri);
  return name === "" ? uri.path : name;
}

/** Names used near the cursor first, then those of the project's own files, else in the file's order. */
function namesByUse(
  document: vscode.TextDocument,
  statements: readonly ImportStatement[],
): readonly { readonly statement: ImportStatement; readonly name: ImportStatement["names"][number] }[] {
  const cursor = cursorOf(document)?.line ?? 0;
  const middle = cursor - (cursor % cursorGrid);
  const used = new Set<string>();
  const importEnd = (statements.at(-1)?.firstLine ?? 0) + (statements.at(-1)?.lines.length ?? 0);
  const end = Math.min(document.lineCount, middle + cursorGrid + nearLines);
  for (let line = Math.max(importEnd, middle - nearLines); line < end; line++) {
    const { text } = document.lineAt(line);
    if (text.length <= 500) for (const [word] of text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) used.add(word);
  }
  const rank = (statement: ImportStatement, name: string): number =>
    (used.has(name) ? 0 : 2) + (statement.isLocal ? 0 : 1);
  return statements
    .flatMap((statement) => statement.names.map((name) => ({ statement, name })))
    .sort((a, b) => rank(a.statement, a.name.name) - rank(b.statement, b.name.name));
}

function cursorOf(document: vscode.TextDocument): vscode.Position | undefined {
  const active = vscode.window.activeTextEditor;
  const editor =
    active?.document === document ? active : vscode.window.visibleTextEditors.find((one) => one.document === document);
  return editor?.selection.active;
}

/** At most 40 lines of what is seen, those around the cursor where it is among them. */
function visibleExtent(range: vscode.Range, cursor: number, lines: TextLines): Extent {
  const start = range.start.line - (range.start.line % gridLines);
  const end = Math.min(lines.lineCount, range.end.line + gridLines - (range.end.line % gridLines));
  if (end - start <= maxLines) return { from: start, to: end };
  const isSeen = cursor >= start && cursor < end;
  const wanted = isSeen ? cursor - (cursor % gridLines) - maxLines / 2 : start;
  const from = Math.min(Math.max(start, wanted), Math.max(start, end - maxLines));
  return { from, to: Math.min(end, from + maxLines) };
}

function notebookOf(document: vscode.TextDocument): vscode.NotebookDocument | undefined {
  if (document.uri.scheme !== "vscode-notebook-cell") return undefined;
  return vscode.workspace.notebookDocuments.find((notebook) =>
    notebook.getCells().some((cell) => cell.document === document),
  );
}

/** The other cells on the screen are there as earlier cells; later ones were not run yet. */
function isCellOfSame(document: vscode.TextDocument, other: vscode.TextDocument): boolean {
  const notebook = notebookOf(document);
  return notebook !== undefined && notebook === notebookOf(other);
}

/** An edit in a file of the workspace says something about any other; one elsewhere only about its own folder. */
function belongTogether(document: vscode.TextDocument, other: vscode.TextDocument): boolean {
  return (
    other === document ||
    other.uri.scheme === "untitled" ||
    other.uri.scheme === "vscode-notebook-cell" ||
    vscode.workspace.getWorkspaceFolder(other.uri) !== undefined ||
    vscode.workspace.getWorkspaceFolder(document.uri) === undefined
  );
}
