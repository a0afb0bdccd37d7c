import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Disposable, DisposableStore, toDisposable } from "../../platform/core/disposables";
import type { Logger } from "../../platform/core/logger";
import { RpcPeer } from "../../platform/core/rpc";
import { webviewConnection } from "../../platform/host/webviewRpc";
import { speedHostContract, speedPageContract } from "../core/speedContract";
import { speedHtml } from "../core/speedHtml";
import { speedTexts } from "../core/speedTexts";
import type { SpeedDesk } from "../node/speedDesk";

export const panelType = "paddock.speed";
const done = {};
/** Progress comes often; a view is sent at most so often, ms. */
const VIEW_EVERY = 100;

export interface SpeedPanelDeps {
  readonly extensionUri: vscode.Uri;
  readonly desk: SpeedDesk;
  readonly exportResults: () => Promise<void>;
  readonly importResults: () => Promise<void>;
  readonly clearHistory: () => Promise<void>;
  readonly log: Logger;
}

/** The speed panel in the editor area. It holds nothing: the desk has the data, and outlives the page. */
export class SpeedPanel implements Disposable {
  private readonly subscriptions = new DisposableStore();

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly deps: SpeedPanelDeps,
    closed: () => void,
  ) {
    const { webview } = panel;
    const folder = vscode.Uri.joinPath(deps.extensionUri, "dist", "webview");
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    this.subscriptions.add(
      panel.onDidDispose(() => {
        this.subscriptions.dispose();
        closed();
      }),
    );
    this.listen(webview);
    const texts = speedTexts(vscode.l10n);
    panel.title = texts.title;
    webview.html = speedHtml({
      nonce: randomBytes(16).toString("base64"),
      cspSource: webview.cspSource,
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, "speed.js")).toString(),
      codiconsUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, "codicon.css")).toString(),
      language: vscode.env.language,
      texts,
    });
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private listen(webview: vscode.Webview): void {
    const { desk, log } = this.deps;
    const peer = this.subscriptions.add(
      new RpcPeer(webviewConnection(webview), speedHostContract, speedPageContract, (problem) =>
        log.warn(`speed view: ${problem}`),
      ),
    );
    /** What takes long is not waited for: it tells of itself in views. */
    const begin = (work: Promise<unknown>): typeof done => {
      work.catch((error: unknown) => desk.fail(error));
      return done;
    };
    peer.listen(
      {
        ready: () => desk.view(),
        benchmark: (request) => begin(desk.benchmark(request)),
        resume: () => begin(desk.resume()),
        cancel: () => begin(desk.cancel()),
        probe: () => begin(desk.probe()),
        explain: ({ file }) => begin(desk.explain(file)),
        tune: (request) => begin(desk.tune(request)),
        applyTuning: ({ offer }) => begin(desk.applyTuning(offer)),
        undoTuning: ({ id }) => begin(desk.undoTuning(id)),
        exportResults: () => begin(this.deps.exportResults()),
        importResults: () => begin(this.deps.importResults()),
        clearHistory: () => begin(this.deps.clearHistory()),
        dismiss: () => {
          desk.dismiss();
          return done;
        },
      },
      { problem: ({ message }) => log.warn(`speed page: ${message}`) },
    );
    let timer: NodeJS.Timeout | undefined;
    this.subscriptions.add(
      desk.onDidChange(() => {
        timer ??= setTimeout(() => {
          timer = undefined;
          peer.notify("view", desk.view());
        }, VIEW_EVERY);
      }),
    );
    this.subscriptions.add(toDisposable(() => clearTimeout(timer)));
    this.subscriptions.add(desk.onAnnounce((text) => peer.notify("announce", { text })));
    // A hidden page hears nothing; what it missed comes when it is shown again.
    this.subscriptions.add(
      this.panel.onDidChangeViewState(() => {
        if (this.panel.visible) void desk.refresh();
      }),
    );
  }
}
