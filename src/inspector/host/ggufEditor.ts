import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { pageHtml } from "../../platform/core/pageHtml";
import { RpcPeer } from "../../platform/core/rpc";
import type { ErrorWords } from "../../platform/host/errorWords";
import { pageParts } from "../../platform/host/pageParts";
import { webviewConnection } from "../../platform/host/webviewRpc";
import {
  type Inspection,
  type InspectorHostContract,
  inspectorHostContract,
  type InspectorWebviewContract,
  inspectorWebviewContract,
} from "../core/inspectorContract";
import { inspectorTexts } from "../core/inspectorTexts";
import { GgufDocument } from "./ggufDocument";

export interface GgufEditorDeps {
  readonly extensionUri: vscode.Uri;
  readonly describeError: (error: PaddockError) => ErrorWords;
  readonly log: Logger;
  /** A page was told what to show. */
  readonly onShown: (uri: vscode.Uri, view: Inspection) => void;
  /** The last editor of a file is closed. */
  readonly onClosed: (uri: vscode.Uri) => void;
}

const done = {};

/** The read-only editor of .gguf files. It holds nothing but the documents: each page asks for all it shows. */
export class GgufEditor implements vscode.CustomReadonlyEditorProvider<GgufDocument> {
  constructor(private readonly deps: GgufEditorDeps) {}

  openCustomDocument(uri: vscode.Uri): GgufDocument {
    const { describeError, onClosed } = this.deps;
    return new GgufDocument(uri, { describeError, onClosed: () => onClosed(uri) });
  }

  resolveCustomEditor(document: GgufDocument, panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    // One page, one session: an answer to a page that is gone must not reach the next one, whose ids start anew.
    let session: DisposableStore | undefined = this.startSession(document, webview);
    const end = (): void => {
      session?.dispose();
      session = undefined;
    };
    panel.onDidChangeViewState(() => {
      if (!panel.visible) end();
      else session ??= this.startSession(document, webview);
    });
    panel.onDidDispose(end);
    webview.html = pageHtml({
      ...pageParts(webview, this.deps.extensionUri, "inspector"),
      element: "paddock-inspector",
      title: document.name,
      texts: inspectorTexts(vscode.l10n),
    });
  }

  private startSession(document: GgufDocument, webview: vscode.Webview): DisposableStore {
    const { log, onShown } = this.deps;
    const session = new DisposableStore();
    const shown = (view: Inspection): Inspection => {
      onShown(document.uri, view);
      return view;
    };
    const peer = session.add(
      new RpcPeer<InspectorHostContract, InspectorWebviewContract>(
        webviewConnection(webview),
        inspectorHostContract,
        inspectorWebviewContract,
        (problem) => log.warn(`inspector: ${problem}`),
      ),
    );
    peer.listen(
      {
        ready: () => document.view().then(shown),
        tensors: () => document.tensors(),
        metadata: async () => ({ rows: await document.metadata() }),
        value: ({ key, from }) => document.value(key, from),
        copy: async ({ text }) => {
          await vscode.env.clipboard.writeText(text);
          return done;
        },
        retry: () => document.reread().then(shown),
      },
      { problem: ({ message }) => log.warn(`inspector page: ${message}`) },
    );
    session.add(document.onDidChange((view) => peer.notify("changed", shown(view))));
    return session;
  }
}
