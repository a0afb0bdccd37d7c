import * as v from "valibot";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { type Params, RpcPeer } from "../../platform/core/rpc";
import { hostConnection } from "../../platform/webview/hostConnection";
import { type VsCodeApi, vsCodeApi } from "../../platform/webview/vscodeApi";
import {
  keptTabSchema,
  type SpeedHostContract,
  speedHostContract,
  type SpeedPageContract,
  speedPageContract,
  type SpeedTab,
  type SpeedView,
} from "../core/speedContract";

export type SpeedRequest = Exclude<keyof SpeedHostContract["requests"], "ready">;
export type Ask = <N extends SpeedRequest>(name: N, params: Params<SpeedHostContract, N>) => void;

/** The page's end of the line to the host, and what it was told last. */
export class SpeedSession {
  view: SpeedView | undefined;
  /** Why nothing could be asked for; undefined while all is well. */
  failure: string | undefined;
  private readonly api: VsCodeApi = vsCodeApi();
  private readonly peer: RpcPeer<SpeedPageContract, SpeedHostContract>;

  constructor(
    private readonly changed: () => void,
    announce: (text: string) => void,
  ) {
    this.peer = new RpcPeer(hostConnection(this.api), speedPageContract, speedHostContract, (problem) =>
      this.report(problem),
    );
    this.peer.listen(
      {},
      {
        view: (view) => {
          this.view = view;
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
      this.view = await this.peer.request("ready", {});
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

  /** What was looked at before the page was built anew; undefined: nothing is known of it. */
  keptTab(): SpeedTab | undefined {
    const kept = v.safeParse(keptTabSchema, this.api.getState());
    return kept.success ? kept.output.tab : undefined;
  }

  keepTab(tab: SpeedTab): void {
    this.api.setState({ tab });
  }

  dispose(): void {
    window.removeEventListener("error", this.onError);
    window.removeEventListener("unhandledrejection", this.onRejection);
    this.peer.dispose();
  }

  private report(problem: string): void {
    this.peer.notify("problem", { message: problem.slice(0, 2000) });
  }

  private readonly onError = ({ message }: ErrorEvent): void => this.report(message);
  private readonly onRejection = ({ reason }: PromiseRejectionEvent): void => this.report(String(reason));
}
