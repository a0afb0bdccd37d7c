import * as vscode from "vscode";
import { linesOfText, type TextLines } from "../core/editorSnapshot";
import type { MayRead } from "../core/mayRead";
import { documentLength, documentLines, openDocument } from "./documentLines";

/** A file that no editor holds is read again after this time. */
const freshMs = 30_000;
const maxFiles = 32;
/** A larger document's text is not looked through; the gate takes no larger file either. */
const maxDocumentLength = 256 * 1024;

/** Texts of documents and files as far as the gate lets them through. */
export class GatedTexts {
  /** What is in a document, by its version: some have a hundred thousand characters. */
  private readonly checked = new WeakMap<vscode.TextDocument, { readonly version: number; readonly may: boolean }>();
  /** By URI; the latest last. */
  private readonly files = new Map<string, { readonly at: number; readonly lines: TextLines | undefined }>();

  constructor(private readonly gate: MayRead) {}

  /** The document's lines, or undefined where the gate refuses it. */
  async ofDocument(document: vscode.TextDocument, signal: AbortSignal): Promise<TextLines | undefined> {
    if ((await this.gate.mayShow(document.uri.toString(), signal)) !== "yes" || document.isClosed) return undefined;
    let known = this.checked.get(document);
    if (known?.version !== document.version) {
      // A key's lines say nothing by themselves, so all of the document is looked through.
      const may =
        document.lineCount <= maxDocumentLength &&
        documentLength(document) <= maxDocumentLength &&
        this.gate.mayShowText(document.getText()) === "yes";
      known = { version: document.version, may };
      this.checked.set(document, known);
    }
    return known.may ? documentLines(document) : undefined;
  }

  /** The same for what may be in no editor: then it is read from the disk. */
  async ofUri(uri: string, signal: AbortSignal): Promise<TextLines | undefined> {
    const document = openDocument(uri);
    if (document !== undefined) return this.ofDocument(document, signal);
    const known = this.files.get(uri);
    if (known !== undefined && performance.now() - known.at <= freshMs) {
      // It was let through once; Git's rules may be others by now.
      return (await this.gate.mayShow(uri, signal)) === "yes" ? known.lines : undefined;
    }
    const read = await this.gate.read(uri, signal);
    const lines = "text" in read ? linesOfText(read.text) : undefined;
    this.files.delete(uri);
    this.files.set(uri, { at: performance.now(), lines });
    const [oldest] = this.files.keys();
    if (this.files.size > maxFiles && oldest !== undefined) this.files.delete(oldest);
    return lines;
  }

  /** Whether these lines may be shown; for a document that is too large to look through. */
  mayShow(text: string): boolean {
    return this.gate.mayShowText(text) === "yes";
  }
}
