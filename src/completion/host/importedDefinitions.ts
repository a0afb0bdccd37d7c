import * as vscode from "vscode";
import type { ImportedName, ImportStatement } from "../core/imports";
import { isWritten, openDocument } from "./documentLines";

/** Each is a question to a language server. */
const maxNames = 8;
/** What has not answered by then comes with the next gathering. */
const patienceMs = 1_000;
/** A definition is looked for again after this time, or once its file has changed. */
const freshMs = 60_000;
/** One that was not found, sooner: language servers need a while to start. */
const retryMs = 10_000;
const maxKnown = 500;

export interface DefinitionPlace {
  readonly uri: vscode.Uri;
  readonly line: number;
}

interface Known {
  readonly at: number;
  readonly place: DefinitionPlace | undefined;
  /** Of the place's document; undefined where it was open in no editor. */
  readonly version: number | undefined;
}

/** Where the names that a file imports are defined in the workspace, by the languages' own answers. */
export class ImportedDefinitions {
  /** By the file, the statement's text and the name: typing elsewhere in the file changes none. The latest last. */
  private readonly known = new Map<string, Known>();
  /** A language server that hangs is asked once. */
  private readonly pending = new Set<string>();

  /**
   * The places of a file's imported names, in their order, without those that lie outside the workspace. Takes a second
   * at most; what comes later is kept for the next time.
   */
  async places(
    document: vscode.TextDocument,
    names: readonly { readonly statement: ImportStatement; readonly name: ImportedName }[],
    signal: AbortSignal,
  ): Promise<readonly DefinitionPlace[]> {
    const wanted = names.slice(0, maxNames).map(({ statement, name }) => ({
      key: [document.uri.toString(), ...statement.lines, name.name].join("\n"),
      at: new vscode.Position(name.at.line, name.at.character),
    }));
    const asked = wanted
      .filter(({ key }) => !this.pending.has(key) && !this.isFresh(key))
      .map(({ key, at }) => this.ask(document.uri, key, at));
    if (asked.length > 0) await settled(Promise.all(asked), signal);
    return wanted.flatMap(({ key }) => this.known.get(key)?.place ?? []);
  }

  private isFresh(key: string): boolean {
    const known = this.known.get(key);
    if (known === undefined) return false;
    const age = performance.now() - known.at;
    if (known.place === undefined) return age < retryMs;
    return age < freshMs && openDocument(known.place.uri.toString())?.version === known.version;
  }

  private async ask(uri: vscode.Uri, key: string, at: vscode.Position): Promise<void> {
    this.pending.add(key);
    const place =
      (await placeBy("vscode.executeDefinitionProvider", uri, at)) ??
      (await placeBy("vscode.executeTypeDefinitionProvider", uri, at));
    this.pending.delete(key);
    const version = place === undefined ? undefined : openDocument(place.uri.toString())?.version;
    this.remember(key, { at: performance.now(), place, version });
  }

  private remember(key: string, known: Known): void {
    this.known.delete(key);
    this.known.set(key, known);
    const [oldest] = this.known.keys();
    if (this.known.size > maxKnown && oldest !== undefined) this.known.delete(oldest);
  }
}

/** Never rejects: a provider that fails has no answer. */
async function placeBy(command: string, uri: vscode.Uri, at: vscode.Position): Promise<DefinitionPlace | undefined> {
  let found: readonly (vscode.Location | vscode.LocationLink)[];
  try {
    found =
      (await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[] | undefined>(command, uri, at)) ??
      [];
  } catch {
    return undefined;
  }
  return found
    .map((one) =>
      "targetUri" in one
        ? { uri: one.targetUri, line: one.targetRange.start.line }
        : { uri: one.uri, line: one.range.start.line },
    )
    .find(
      (place) =>
        place.uri.toString() !== uri.toString() &&
        isWritten(place.uri) &&
        vscode.workspace.getWorkspaceFolder(place.uri) !== undefined,
    );
}

/** Waits for the work, a second at most and no longer than it is wanted. */
async function settled(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let end: (() => void) | undefined;
  const late = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stop = (): void => end?.();
  const timer = setTimeout(stop, patienceMs);
  signal.addEventListener("abort", stop);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
