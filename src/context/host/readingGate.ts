import { realpath } from "node:fs/promises";
import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import { type Refusal, refusalOfPath, refusalOfSize, refusalOfText } from "../core/gate";
import { GitIgnored } from "./gitIgnored";
import { withPatience } from "./patience";

/** Files that Git ignores are left out here, where nobody has chosen them and nobody can be asked. */
export type ReadRefusal = Refusal["why"] | "ignored" | "unreadable";
export type ReadAnswer = "yes" | ReadRefusal;

/** Links and rules above the workspace change without an event; after this time they are looked at again. */
const freshMs = 30_000;
/** A file system that needs longer is left out. */
const patienceMs = 2_000;
/** More answers than anybody's open files; the oldest go. */
const maxAnswers = 1_000;

type Checked =
  /** `real`: where links lead. */
  { readonly answer: "yes"; readonly real: vscode.Uri } | { readonly answer: ReadRefusal };

interface Known {
  at: number;
  answer: Promise<ReadAnswer>;
}

/**
 * The gate for files that the model is shown without a person's asking, as for a completion: the same rules as for what
 * is attached, answered ahead and kept. Methods reject only when their signal is aborted.
 */
export class ReadingGate implements vscode.Disposable {
  private readonly subscriptions = new DisposableStore();
  /** By URI; the latest last. */
  private readonly known = new Map<string, Known>();
  private rules = { at: performance.now(), ignored: new GitIgnored() };

  constructor() {
    const forget = (): void => this.forget();
    const rules = this.subscriptions.add(vscode.workspace.createFileSystemWatcher("**/{.gitignore,.git/info/exclude}"));
    this.subscriptions.add(rules.onDidChange(forget));
    this.subscriptions.add(rules.onDidCreate(forget));
    this.subscriptions.add(rules.onDidDelete(forget));
    // The watcher tells a moment later.
    this.subscriptions.add(
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (uri.path.endsWith("/.gitignore")) this.forget();
      }),
    );
    this.subscriptions.add(vscode.workspace.onDidRenameFiles(forget));
    this.subscriptions.add(vscode.workspace.onDidChangeWorkspaceFolders(forget));
  }

  /** By the path, where its links lead and Git's rules; nothing is opened. Kept, so that it can be asked at each key. */
  async mayShow(uri: string, signal?: AbortSignal): Promise<ReadAnswer> {
    // What the name says is known, however slow the disk is.
    const refusal = refusalOfPath(vscode.Uri.parse(uri).path);
    if (refusal !== undefined) return refusal.why;
    return (await withPatience(this.answerFor(uri), patienceMs, signal)) ?? "unreadable";
  }

  /** The same in the words of a suggestion's reasons: undefined where the file may be completed. */
  async mayComplete(uri: vscode.Uri): Promise<"secret" | "ignored" | undefined> {
    const answer = await this.mayShow(uri.toString());
    // What cannot be looked at may hold a secret.
    return answer === "yes" ? undefined : answer === "ignored" ? "ignored" : "secret";
  }

  /** By a text that is all of its file. */
  mayShowText(text: string): ReadAnswer {
    // A character has a byte at least; what has more only passes a limit that is generous.
    return (refusalOfSize(text.length) ?? refusalOfText(text))?.why ?? "yes";
  }

  /** A file as it is on disk. Its path is asked about anew, so that no link can have been turned in between. */
  async read(
    uri: string,
    signal?: AbortSignal,
  ): Promise<{ readonly text: string } | { readonly refusal: ReadRefusal }> {
    const checked = await withPatience(this.check(uri), patienceMs, signal);
    if (checked === undefined) return { refusal: "unreadable" };
    if (checked.answer !== "yes") return { refusal: checked.answer };
    const found = (await withPatience(readText(checked.real), patienceMs, signal)) ?? { refusal: "unreadable" };
    if ("refusal" in found) return found;
    const ofText = this.mayShowText(found.text);
    return ofText === "yes" ? found : { refusal: ofText };
  }

  dispose(): void {
    this.subscriptions.dispose();
    this.known.clear();
  }

  private forget(): void {
    this.known.clear();
    this.rules = { at: performance.now(), ignored: new GitIgnored() };
  }

  private answerFor(uri: string): Promise<ReadAnswer> {
    const known = this.known.get(uri);
    if (known === undefined) {
      const answer = this.ask(uri);
      this.known.set(uri, { at: performance.now(), answer });
      const [oldest] = this.known.keys();
      if (this.known.size > maxAnswers && oldest !== undefined) this.known.delete(oldest);
      return answer;
    }
    if (performance.now() - known.at > freshMs) {
      // The old answer serves until the new one is there: nobody's key waits for a disk.
      known.at = performance.now();
      void this.ask(uri).then((answer) => {
        known.answer = Promise.resolve(answer);
      });
    }
    return known.answer;
  }

  private async ask(uri: string): Promise<ReadAnswer> {
    return (await this.check(uri)).answer;
  }

  /** Never rejects: what cannot be looked at is not read. */
  private async check(uri: string): Promise<Checked> {
    try {
      const target = onDisk(vscode.Uri.parse(uri, true));
      const real = await realUri(target);
      const refusal = refusalOfPath(target.path) ?? refusalOfPath(real.path);
      if (refusal !== undefined) return { answer: refusal.why };
      const ignored = this.currentRules();
      const isIgnored =
        (await ignored.isIgnored(target)) || (real.path !== target.path && (await ignored.isIgnored(real)));
      return isIgnored ? { answer: "ignored" } : { answer: "yes", real };
    } catch {
      return { answer: "unreadable" };
    }
  }

  private currentRules(): GitIgnored {
    if (performance.now() - this.rules.at > freshMs) this.rules = { at: performance.now(), ignored: new GitIgnored() };
    return this.rules.ignored;
  }
}

/** A cell has its notebook's rules, an unsaved file those of the place it is meant for. */
function onDisk(uri: vscode.Uri): vscode.Uri {
  if (uri.scheme === "vscode-notebook-cell") {
    const key = uri.toString();
    const notebook = vscode.workspace.notebookDocuments.find((one) =>
      one.getCells().some(({ document }) => document.uri.toString() === key),
    );
    return notebook === undefined ? uri.with({ scheme: "file", fragment: "" }) : onDisk(notebook.uri);
  }
  return uri.scheme === "untitled" && uri.path.startsWith("/") ? uri.with({ scheme: "file" }) : uri;
}

/** Where links lead; what is not on this disk yet is where it says. */
async function realUri(uri: vscode.Uri): Promise<vscode.Uri> {
  if (uri.scheme !== "file") return uri;
  try {
    return vscode.Uri.file(await realpath(uri.fsPath));
  } catch {
    return uri;
  }
}

async function readText(uri: vscode.Uri): Promise<{ readonly text: string } | { readonly refusal: ReadRefusal }> {
  let bytes: Uint8Array;
  try {
    const { size, type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0) return { refusal: "unreadable" };
    const tooLarge = refusalOfSize(size);
    if (tooLarge !== undefined) return { refusal: tooLarge.why };
    bytes = await vscode.workspace.fs.readFile(uri);
  } catch {
    return { refusal: "unreadable" };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { refusal: "binary" };
  }
}
