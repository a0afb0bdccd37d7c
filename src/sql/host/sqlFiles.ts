import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import { plainLabel } from "../../platform/host/plainLabel";
import type { ConnectionProfile } from "../core/connection";
import { type SqlFileParts, sqlFileParts } from "../core/text/statements";
import type { Connected, Connections } from "../node/connections";
import { connectWizard } from "./connectWizard";
import { engineName, placeWords, rightsWords } from "./databaseItems";

export const sqlLanguages: readonly string[] = ["sql", "mysql", "pgsql", "postgres", "sqlite"];
/** What somebody writes; not the other side of a comparison, or what a tool shows. */
const written: ReadonlySet<string> = new Set(["file", "untitled", "vscode-remote", "vscode-vfs"]);
const KEY = "paddock.databases.files";
/** The oldest go; a file that is opened again asks again. */
const mostFiles = 500;
/** A larger file is a dump: taking it apart at each key would hold up the editor, and nobody runs it by the piece. */
const mostCharacters = 1_000_000;
const nothing: SqlFileParts = { statements: [], questions: [], tokens: [] };

/** Which connection each SQL file uses, and what is in it. */
export class SqlFiles implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<void>());
  /** Another connection for a file, or another state of one. */
  readonly onDidChange = this.changes.event;
  private readonly status: vscode.StatusBarItem;
  private readonly parts = new WeakMap<vscode.TextDocument, { version: number; engine: string; parts: SqlFileParts }>();

  /** @param memento of the workspace. */
  constructor(
    private readonly connections: Connections,
    private readonly memento: vscode.Memento,
  ) {
    this.status = this.subscriptions.add(
      vscode.window.createStatusBarItem("paddock.sqlConnection", vscode.StatusBarAlignment.Right, 90),
    );
    this.status.name = vscode.l10n.t("Paddock: database of this file");
    this.status.command = "paddock.chooseSqlConnection";
    this.subscriptions.add(vscode.window.onDidChangeActiveTextEditor(() => this.showStatus()));
    this.subscriptions.add(vscode.workspace.onDidOpenTextDocument(() => this.showStatus()));
    const again = (): void => {
      this.showStatus();
      this.changes.fire();
    };
    this.subscriptions.add(connections.onDidChange(again));
    this.subscriptions.add(
      vscode.workspace.onDidCloseTextDocument(({ uri, isUntitled }) => {
        // Another document will have its name.
        if (isUntitled && uri.toString() in this.remembered()) void this.use(uri, undefined);
      }),
    );
    this.subscriptions.add(vscode.workspace.onDidRenameFiles(({ files }) => void this.follow(files)));
    this.subscriptions.add(vscode.workspace.onDidGrantWorkspaceTrust(again));
    this.showStatus();
  }

  isSql(document: vscode.TextDocument): boolean {
    const { languageId, uri } = document;
    return sqlLanguages.includes(languageId) && written.has(uri.scheme) && vscode.workspace.isTrusted;
  }

  /** Undefined: none was chosen, or it is gone. */
  profileOf(document: vscode.TextDocument): ConnectionProfile | undefined {
    const id = this.remembered()[document.uri.toString()];
    return id === undefined ? undefined : this.connections.get(id);
  }

  /** What is open of the file's connection; nothing is opened. */
  connectedOf(document: vscode.TextDocument): Connected | undefined {
    const profile = this.profileOf(document);
    return profile === undefined ? undefined : this.connections.connected(profile.id);
  }

  /** The file's statements, spelled as its connection's engine does; SQLite where it has none. */
  partsOf(document: vscode.TextDocument): SqlFileParts {
    const engine = this.profileOf(document)?.target.engine ?? "sqlite";
    const known = this.parts.get(document);
    if (known?.version === document.version && known.engine === engine) return known.parts;
    const text = document.getText();
    const parts = text.length > mostCharacters ? nothing : sqlFileParts(text, engine);
    this.parts.set(document, { version: document.version, engine, parts });
    return parts;
  }

  async use(document: vscode.Uri, connection: string | undefined): Promise<void> {
    const uri = document.toString();
    const others = Object.entries(this.remembered()).filter(([one]) => one !== uri);
    const all = connection === undefined ? others : [...others, [uri, connection] as const];
    await this.memento.update(KEY, Object.fromEntries(all.slice(-mostFiles)));
    this.showStatus();
    this.changes.fire();
  }

  /** The file's connection, or the one that the person chooses now. @returns undefined: they chose none. */
  async ensure(document: vscode.TextDocument): Promise<ConnectionProfile | undefined> {
    const known = this.profileOf(document);
    if (known !== undefined) return known;
    const chosen = await pickConnection(this.connections, vscode.l10n.t("Which database is this file for?"));
    if (chosen !== undefined) await this.use(document.uri, chosen.id);
    return chosen;
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** A file that got another name keeps its database. */
  private async follow(files: readonly { readonly oldUri: vscode.Uri; readonly newUri: vscode.Uri }[]): Promise<void> {
    for (const { oldUri, newUri } of files) {
      const connection = this.remembered()[oldUri.toString()];
      if (connection === undefined) continue;
      await this.use(oldUri, undefined);
      await this.use(newUri, connection);
    }
  }

  private remembered(): Readonly<Record<string, string>> {
    const kept = this.memento.get<unknown>(KEY);
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  }

  private showStatus(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || !this.isSql(document)) {
      this.status.hide();
      return;
    }
    const profile = this.profileOf(document);
    this.status.text =
      profile === undefined
        ? `$(database) ${vscode.l10n.t("No database")}`
        : `$(database) ${plainLabel(profile.name)} · ${rightsWords(profile)}`;
    this.status.tooltip =
      profile === undefined
        ? vscode.l10n.t("Choose the database that this file's statements run on")
        : vscode.l10n.t("This file's statements run on {0}. Choose another database.", placeWords(profile.target));
    this.status.show();
  }
}

/** Asks for one of the connections, or leads to making one. @returns undefined: none was chosen. */
export async function pickConnection(connections: Connections, title: string): Promise<ConnectionProfile | undefined> {
  const all = connections.list();
  const isOpen = ({ id }: ConnectionProfile): boolean => connections.state(id).status === "open";
  const items = [...all.filter(isOpen), ...all.filter((profile) => !isOpen(profile))].map((profile) => ({
    label: `$(database) ${plainLabel(profile.name)}`,
    description: [
      engineName(profile.target.engine),
      rightsWords(profile),
      ...(isOpen(profile) ? [vscode.l10n.t("connected")] : []),
    ].join(" · "),
    detail: plainLabel(placeWords(profile.target)),
    profile,
  }));
  const add = { label: `$(add) ${vscode.l10n.t("Connect to a database…")}`, profile: undefined };
  const picked = await vscode.window.showQuickPick([...items, add], {
    title,
    placeHolder: vscode.l10n.t("Type to search"),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined || picked.profile !== undefined) return picked?.profile;
  const id = await connectWizard({ connections });
  return id === undefined ? undefined : connections.get(id);
}
