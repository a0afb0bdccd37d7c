import type * as vscode from "vscode";
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
} from "vscode-jsonrpc/node";

/**
 * The host's end of a webview's postMessage as a JSON-RPC connection. Anything that is no JSON-RPC message is dropped
 * here; the peer on top checks the rest against its contract.
 */
export function webviewConnection(webview: vscode.Webview): MessageConnection {
  return createMessageConnection(new WebviewReader(webview), new WebviewWriter(webview));
}

class WebviewReader extends AbstractMessageReader {
  private subscription: vscode.Disposable | undefined;

  constructor(private readonly webview: vscode.Webview) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    this.subscription = this.webview.onDidReceiveMessage((message: unknown) => {
      if (isMessage(message)) callback(message);
    });
    return this.subscription;
  }

  override dispose(): void {
    this.subscription?.dispose();
    super.dispose();
  }
}

class WebviewWriter extends AbstractMessageWriter {
  constructor(private readonly webview: vscode.Webview) {
    super();
  }

  /** A webview that is hidden gets nothing, and needs nothing: it asks for everything when it is back. */
  async write(message: Message): Promise<void> {
    await this.webview.postMessage(message);
  }

  end(): void {
    // The webview's own life ends it.
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "jsonrpc" in value && value.jsonrpc === "2.0";
}
