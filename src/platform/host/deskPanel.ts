import type * as vscode from "vscode";
import type { MessageConnection } from "vscode-jsonrpc/node";
import { type Disposable, DisposableStore, toDisposable } from "../core/disposables";
import { type PageParts, pageParts } from "./pageParts";
import { webviewConnection } from "./webviewRpc";

/** What has all that a panel shows and does. It outlives the page. */
export interface PanelDesk {
  onDidChange(listener: () => void): Disposable;
  /** For a screen reader. */
  onAnnounce(listener: (text: string) => void): Disposable;
  /** Looks again at what may have changed behind it. */
  refresh(): void | Promise<void>;
}

/** What a page is told. */
export interface PageLine extends Disposable {
  sendView(): void;
  announce(text: string): void;
}

export interface DeskPanelParts {
  readonly extensionUri: vscode.Uri;
  readonly desk: PanelDesk;
  readonly title: string;
  /** Of dist/webview, without its ending. */
  readonly script: string;
  readonly html: (parts: PageParts) => string;
  /** Begins to answer the page. */
  readonly connect: (connection: MessageConnection) => PageLine;
  /** Progress comes often; a view is sent at most so often, ms. */
  readonly viewEvery: number;
}

/** A panel in the editor area. It holds nothing: the desk has the data. */
export class DeskPanel implements Disposable {
  private readonly subscriptions = new DisposableStore();

  constructor(
    private readonly panel: vscode.WebviewPanel,
    parts: DeskPanelParts,
    closed: () => void,
  ) {
    const { webview } = panel;
    this.subscriptions.add(
      panel.onDidDispose(() => {
        this.subscriptions.dispose();
        closed();
      }),
    );
    const page = pageParts(webview, parts.extensionUri, parts.script);
    this.follow(parts.desk, this.subscriptions.add(parts.connect(webviewConnection(webview))), parts.viewEvery);
    panel.title = parts.title;
    webview.html = parts.html(page);
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private follow(desk: PanelDesk, line: PageLine, viewEvery: number): void {
    let timer: NodeJS.Timeout | undefined;
    this.subscriptions.add(
      desk.onDidChange(() => {
        timer ??= setTimeout(() => {
          timer = undefined;
          line.sendView();
        }, viewEvery);
      }),
    );
    this.subscriptions.add(toDisposable(() => clearTimeout(timer)));
    this.subscriptions.add(desk.onAnnounce((text) => line.announce(text)));
    // A hidden page hears nothing; what it missed comes when it is shown again.
    this.subscriptions.add(
      this.panel.onDidChangeViewState(() => {
        if (this.panel.visible) void desk.refresh();
      }),
    );
  }
}
