import * as vscode from "vscode";
import { type Disposable, DisposableStore, toDisposable } from "../../platform/core/disposables";
import type { Logger } from "../../platform/core/logger";
import { RpcPeer } from "../../platform/core/rpc";
import { toStorageError } from "../../platform/node/storageError";
import { pageParts } from "../../platform/host/pageParts";
import { webviewConnection } from "../../platform/host/webviewRpc";
import { writeWhole } from "../../platform/host/writeWhole";
import { askHostContract, askPageContract, type AskPageContract, type AskHostContract } from "../core/askContract";
import type { CopyRequest, Written } from "../core/askContract";
import { askHtml } from "../core/askHtml";
import { askTexts } from "../core/askTexts";
import type { ResultFormat } from "../core/grid/resultWriter";
import type { AskPanelDeps } from "./askPanelDeps";
import type { AskSession } from "./askSession";

export const askPanelType = "paddock.ask";
const done = {};
/** Progress comes often; a view is sent at most so often, ms. */
const viewEvery = 60;
const extensions: Readonly<Record<ResultFormat, string>> = {
  csv: "csv",
  tsv: "tsv",
  json: "json",
  markdown: "md",
  insert: "sql",
};

export interface AskPanelParts extends Pick<AskPanelDeps, "extensionUri" | "reveal" | "allowWriting" | "openSql"> {
  /** Of the connection. */
  readonly id: string;
  readonly session: AskSession;
  readonly log: Logger;
}

/** The panel of one connection in the editor area. It holds nothing: the session has the data, and outlives the page. */
export class AskPanel implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly peer: RpcPeer<AskHostContract, AskPageContract>;
  private readonly closing = new AbortController();

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly parts: AskPanelParts,
    closed: () => void,
  ) {
    const { webview } = panel;
    const page = pageParts(webview, parts.extensionUri, "ask");
    this.subscriptions.add(
      panel.onDidDispose(() => {
        this.closing.abort();
        this.subscriptions.dispose();
        closed();
      }),
    );
    this.peer = this.subscriptions.add(
      new RpcPeer(webviewConnection(webview), askHostContract, askPageContract, (problem) =>
        parts.log.warn(`database panel: ${problem}`),
      ),
    );
    this.answerPage();
    this.follow();
    const texts = askTexts(vscode.l10n);
    panel.title = this.title();
    panel.iconPath = vscode.Uri.joinPath(parts.extensionUri, "media", "paddock.svg");
    webview.html = askHtml({
      ...page,
      title: panel.title,
      texts,
    });
  }

  /** Shows it, with the keyboard in the question box. */
  reveal(): void {
    this.panel.reveal();
    this.peer.notify("focus", {});
  }

  dispose(): void {
    this.panel.dispose();
  }

  private title(): string {
    return vscode.l10n.t("Ask {0}", this.parts.session.view().connection.name);
  }

  private answerPage(): void {
    const { id, session, reveal, allowWriting, openSql, log } = this.parts;
    const at = <P>(act: (params: P) => void) => {
      return (params: P) => {
        act(params);
        return done;
      };
    };
    // What goes on for minutes is in the view; a request that waited for it would only hold a promise.
    const begin = <P>(act: (params: P) => Promise<void>) =>
      at((params: P) => {
        act(params).catch((error: unknown) => log.warn(`database panel: ${String(error)}`));
      });
    this.peer.listen(
      {
        ready: async () => {
          await session.ready;
          return session.view();
        },
        reconnect: begin(() => session.connect()),
        ask: begin(({ question }) => session.ask(question)),
        cancel: at(({ turn }) => session.cancel(turn)),
        run: begin(({ turn }) => session.run(turn)),
        allowWrite: begin(({ turn, rows }) => session.allowWrite(turn, rows)),
        allowWriting: begin(async ({ turn }) => {
          if (await allowWriting(id)) await session.run(turn);
        }),
        declineWrite: at(({ turn }) => session.declineWrite(turn)),
        correct: begin(({ turn, sql }) => session.correct(turn, sql)),
        plan: begin(({ turn }) => session.plan(turn)),
        fix: begin(({ turn }) => session.fix(turn)),
        edit: async ({ turn }) => {
          const sql = session.sqlOf(turn);
          if (sql !== undefined) await openSql(id, sql);
          return done;
        },
        copySql: async ({ turn }) => {
          await vscode.env.clipboard.writeText(session.sqlOf(turn) ?? "");
          return done;
        },
        reveal: ({ schema, table, column }) =>
          reveal(id, {
            ...(schema === null ? {} : { schema }),
            table,
            ...(column === null ? {} : { column }),
          }).then(() => done),
        confirm: at(({ turn, isRight }) => session.confirm(turn, isRight)),
        favourite: at(({ turn, isFavourite }) => session.setFavourite(turn, isFavourite)),
        remove: at(({ turn }) => session.remove(turn)),
        clear: at(() => session.clear()),
        rows: ({ result, from }) => ({ rows: session.results.rows(result, from) }),
        copy: (request) => this.copy(request),
        copyText: async ({ text }) => {
          await vscode.env.clipboard.writeText(text);
          return done;
        },
        export: (request) => this.export(request),
        history: ({ search, list }) => session.history(search, list),
        recall: begin(({ entry }) => session.recall(entry)),
        forgetEntry: begin(({ entry }) => session.forgetEntry(entry)),
      },
      { problem: ({ message }) => log.warn(`database page: ${message}`) },
    );
  }

  private follow(): void {
    const { session } = this.parts;
    let timer: NodeJS.Timeout | undefined;
    const send = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        this.panel.title = this.title();
        this.peer.notify("view", session.view());
      }, viewEvery);
    };
    this.subscriptions.add(session.onDidChange(send));
    this.subscriptions.add(session.onAnnounce((text) => this.peer.notify("announce", { text })));
    this.subscriptions.add(toDisposable(() => clearTimeout(timer)));
    // A hidden page hears nothing; what it missed comes when it is shown again.
    this.subscriptions.add(
      this.panel.onDidChangeViewState(() => {
        if (this.panel.visible) send();
      }),
    );
  }

  private async copy(request: CopyRequest): Promise<Written> {
    const written = { done: true, rows: 0, guarded: 0, cut: 0 };
    const pieces: string[] = [];
    for await (const piece of this.pieces(request, written)) pieces.push(piece);
    await vscode.env.clipboard.writeText(pieces.join(""));
    return written;
  }

  /** @throws PaddockError storage/*; internal, where the result is no longer kept. */
  private async export(request: CopyRequest): Promise<Written> {
    const written = { done: false, rows: 0, guarded: 0, cut: 0 };
    const { table } = this.parts.session.target(request.result);
    const extension = extensions[request.format];
    // The table's name may hold anything, and a name of a file may not.
    const name = table.replace(/[^\p{L}\p{N}._ -]+/gu, "_").slice(0, 80);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const to = await vscode.window.showSaveDialog({
      title: vscode.l10n.t("Export the result"),
      filters: { [extension.toUpperCase()]: [extension] },
      ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `${name}.${extension}`) }),
    });
    if (to === undefined) return written;
    try {
      await writeWhole(to, this.pieces(request, written));
    } catch (error) {
      throw toStorageError(error);
    }
    return { ...written, done: true };
  }

  private pieces(request: CopyRequest, written: Written): AsyncGenerator<string> {
    const { session } = this.parts;
    return session.results.write(request, session.target(request.result), written, this.closing.signal);
  }
}
