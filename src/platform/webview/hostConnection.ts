import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
} from "vscode-jsonrpc/browser";
import { toDisposable } from "../core/disposables";
import type { VsCodeApi } from "./vscodeApi";

/** The webview's end of postMessage as a JSON-RPC connection; the peer on top checks each message against its contract. */
export function hostConnection(api: VsCodeApi): MessageConnection {
  return createMessageConnection(new WindowReader(), new HostWriter(api));
}

class WindowReader extends AbstractMessageReader {
  private subscription: Disposable | undefined;

  listen(callback: DataCallback): Disposable {
    const onMessage = (event: MessageEvent<unknown>): void => {
      if (isFromHost(event) && isMessage(event.data)) callback(event.data);
    };
    window.addEventListener("message", onMessage);
    this.subscription = toDisposable(() => window.removeEventListener("message", onMessage));
    return this.subscription;
  }

  override dispose(): void {
    this.subscription?.dispose();
    super.dispose();
  }
}

class HostWriter extends AbstractMessageWriter {
  constructor(private readonly api: VsCodeApi) {
    super();
  }

  write(message: Message): Promise<void> {
    this.api.postMessage(message);
    return Promise.resolve();
  }

  end(): void {
    // The page's own life ends it.
  }
}

/**
 * The host's messages come through the frame around this one, which has the same origin; each webview's origin is its
 * own, so another webview's frame fails here. VS Code replaces `window.parent`, so the source can't be compared with
 * it, but it is never this window.
 */
function isFromHost(event: MessageEvent<unknown>): boolean {
  return event.isTrusted && event.origin === window.origin && event.source !== null && event.source !== window;
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "jsonrpc" in value && value.jsonrpc === "2.0";
}
