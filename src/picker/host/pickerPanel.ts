import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Disposable, DisposableStore, toDisposable } from "../../platform/core/disposables";
import type { Logger } from "../../platform/core/logger";
import { RpcPeer } from "../../platform/core/rpc";
import { webviewConnection } from "../../platform/host/webviewRpc";
import { pickerHtml } from "../core/pickerHtml";
import { pickerHostContract, pickerPageContract } from "../core/pickerContract";
import { pickerTexts } from "../core/pickerTexts";
import type { PickerDesk } from "../node/pickerDesk";

export const panelType = "paddock.picker";
const done = {};
/** Progress comes often; a view is sent at most so often, ms. */
const VIEW_EVERY = 60;

export interface PanelDeps {
  readonly extensionUri: vscode.Uri;
  readonly desk: PickerDesk;
  /** Asks for a folder and shows what is in it. */
  readonly chooseFolder: () => Promise<void>;
  /** Asks for a server and shows what it tells of its models; what fails is told. */
  readonly chooseServer: () => Promise<void>;
  readonly log: Logger;
}

/** The picker in the editor area. It holds nothing: the desk has the data, and outlives the page. */
export class PickerPanel implements Disposable {
  private readonly subscriptions = new DisposableStore();

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly deps: PanelDeps,
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
    const texts = pickerTexts(vscode.l10n);
    panel.title = texts.title;
    webview.html = pickerHtml({
      nonce: randomBytes(16).toString("base64"),
      cspSource: webview.cspSource,
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, "picker.js")).toString(),
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
      new RpcPeer(webviewConnection(webview), pickerHostContract, pickerPageContract, (problem) =>
        log.warn(`picker view: ${problem}`),
      ),
    );
    peer.listen(
      {
        ready: () => desk.view(),
        setLimits: (limits) => {
          desk.setLimits(limits);
          return done;
        },
        chooseModel: ({ key }) => {
          desk.chooseModel(key);
          return done;
        },
        chooseFolder: () => this.deps.chooseFolder().then(() => done),
        chooseServer: () => this.deps.chooseServer().then(() => done),
        calibrate: () => desk.calibrate().then(() => done),
        cancelCalibration: () => {
          desk.cancelCalibration();
          return done;
        },
        act: ({ row, action }) => desk.act(row, action).then(() => done),
        cancelWork: ({ row }) => {
          desk.cancelWork(row);
          return done;
        },
        dismissFailure: () => {
          desk.dismissFailure();
          return done;
        },
      },
      { problem: ({ message }) => log.warn(`picker page: ${message}`) },
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
        if (this.panel.visible) desk.refresh();
      }),
    );
  }
}
