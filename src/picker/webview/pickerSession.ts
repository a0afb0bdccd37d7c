import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { type Params, RpcPeer } from "../../platform/core/rpc";
import { hostConnection } from "../../platform/webview/hostConnection";
import { type VsCodeApi, vsCodeApi } from "../../platform/webview/vscodeApi";
import {
  type KeptState,
  type PickerHostContract,
  pickerHostContract,
  type PickerPageContract,
  pickerPageContract,
  type PickerView,
} from "../core/pickerContract";

export type PickerRequest = Exclude<keyof PickerHostContract["requests"], "ready">;
export type Ask = <N extends PickerRequest>(name: N, params: Params<PickerHostContract, N>) => void;

/** The page's end of the line to the host, and what it was told last. */
export class PickerSession {
  view: PickerView | undefined;
  /** Why nothing could be asked for; undefined while all is well. */
  failure: string | undefined;
  private readonly api: VsCodeApi = vsCodeApi();
  private readonly peer: RpcPeer<PickerPageContract, PickerHostContract>;

  constructor(
    private readonly changed: () => void,
    announce: (text: string) => void,
  ) {
    this.peer = new RpcPeer(hostConnection(this.api), pickerPageContract, pickerHostContract, (problem) =>
      this.report(problem),
    );
    this.peer.listen(
      {},
      {
        view: (view) => {
          this.take(view);
          changed();
        },
        announce: ({ text }) => announce(text),
      },
    );
    window.addEventListener("error", this.onError);
    window.addEventListener("unhandledrejection", this.onRejection);
  }

  /** Asks for all there is to show. */
  async start(): Promise<void> {
    this.failure = undefined;
    this.changed();
    try {
      this.take(await this.peer.request("ready", {}));
    } catch (error) {
      this.failure = toPaddockError(error).message;
    }
    this.changed();
  }

  /** What comes of it is in the next view; what cannot be asked is in the log. */
  readonly ask: Ask = (name, params) => {
    this.peer.request(name, params).catch((error: unknown) => {
      if (!isCancellation(error)) this.report(`${name}: ${toPaddockError(error).message}`);
    });
  };

  dispose(): void {
    window.removeEventListener("error", this.onError);
    window.removeEventListener("unhandledrejection", this.onRejection);
    this.peer.dispose();
  }

  private take(view: PickerView): void {
    const kept = this.view?.sourceKey ?? null;
    this.view = view;
    if (view.sourceKey === kept) return;
    this.api.setState(view.sourceKey === null ? undefined : ({ sourceKey: view.sourceKey } satisfies KeptState));
  }

  private report(problem: string): void {
    this.peer.notify("problem", { message: problem.slice(0, 2000) });
  }

  private readonly onError = ({ message }: ErrorEvent): void => this.report(message);
  private readonly onRejection = ({ reason }: PromiseRejectionEvent): void => this.report(String(reason));
}
