import path from "node:path";
import * as vscode from "vscode";
import { fileProblem } from "../../gguf/core/fileProblem";
import { openModel } from "../../gguf/node/modelFiles";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { ErrorWords } from "../../platform/host/errorWords";
import { describing, inspect, type InspectedModel, tensorRows } from "../core/inspection";
import type { Inspection, MetadataRow, TensorRow, TypeMap } from "../core/inspectorContract";
import { metadataRows, valuePiece } from "../core/metadataRows";

/** A burst of changes, as while a file is written, is one. */
const settleMs = 500;

/** A model file that is looked at in one editor or several. It is read when the first of them asks, by ranges. */
export class GgufDocument implements vscode.CustomDocument {
  private readonly closed = new AbortController();
  private readonly changes = new Emitter<Inspection>();
  /** The file was read anew, since it is another one on the disk. */
  readonly onDidChange = this.changes.event;
  private readonly watcher: vscode.FileSystemWatcher | undefined;
  private settling: ReturnType<typeof setTimeout> | undefined;
  private reading: Promise<{ readonly view: Inspection; readonly model: InspectedModel | undefined }> | undefined;

  constructor(
    readonly uri: vscode.Uri,
    private readonly deps: {
      readonly describeError: (error: PaddockError) => ErrorWords;
      readonly onClosed: () => void;
    },
  ) {
    if (uri.scheme !== "file") return;
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, ".."), this.name.replaceAll(/[[\]{}*?]/g, "?"));
    this.watcher = vscode.workspace.createFileSystemWatcher(pattern);
    for (const event of [this.watcher.onDidChange, this.watcher.onDidCreate, this.watcher.onDidDelete])
      event(() => this.settle());
  }

  get name(): string {
    return path.posix.basename(this.uri.path);
  }

  /** What there is to show of it; an error is something to show, too. */
  async view(): Promise<Inspection> {
    return (await this.read()).view;
  }

  /** Reads the file anew. */
  reread(): Promise<Inspection> {
    this.reading = undefined;
    return this.view();
  }

  /** @throws PaddockError unsupported: the file could not be read. */
  async tensors(): Promise<{ readonly tensors: TensorRow[]; readonly map: TypeMap }> {
    return tensorRows(await this.model());
  }

  /** @throws PaddockError unsupported: the file could not be read. */
  async metadata(): Promise<MetadataRow[]> {
    return metadataRows(describing((await this.model()).files));
  }

  /** @throws PaddockError unsupported: the file could not be read, or has no such key. */
  async value(key: string, from: number): Promise<{ readonly text: string; readonly total: number }> {
    const piece = valuePiece(describing((await this.model()).files), key, from);
    if (piece === undefined) throw nothingThere();
    return piece;
  }

  dispose(): void {
    clearTimeout(this.settling);
    this.closed.abort();
    this.watcher?.dispose();
    this.changes.dispose();
    this.deps.onClosed();
  }

  private async model(): Promise<InspectedModel> {
    const { model } = await this.read();
    if (model === undefined) throw nothingThere();
    return model;
  }

  private read(): NonNullable<GgufDocument["reading"]> {
    this.reading ??= this.readFile();
    return this.reading;
  }

  private async readFile(): Promise<{ readonly view: Inspection; readonly model: InspectedModel | undefined }> {
    try {
      if (this.uri.scheme !== "file") {
        throw new PaddockError(
          "unsupported",
          vscode.l10n.t("Only a file on a disk of this machine can be inspected."),
          {
            remedy: vscode.l10n.t("Save it to a folder first."),
          },
        );
      }
      const { files, missing } = await openModel(this.uri.fsPath, this.closed.signal);
      const model: InspectedModel = {
        files: files.map(({ path: file, size, header }) => ({ name: path.basename(file), size, header })),
        missing,
      };
      return { view: inspect(this.name, model), model };
    } catch (error) {
      this.closed.signal.throwIfAborted();
      const { message, remedy } = this.deps.describeError(toPaddockError(fileProblem(error, this.name)));
      return { view: { kind: "failed", file: this.name, message, remedy: remedy ?? null }, model: undefined };
    }
  }

  private settle(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.reread().then(
        (view) => this.changes.fire(view),
        // The editor is closed.
        () => undefined,
      );
    }, settleMs);
  }
}

function nothingThere(): PaddockError {
  return new PaddockError("unsupported", vscode.l10n.t("The file has changed: there is no such value any more."));
}
