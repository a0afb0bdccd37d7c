import * as v from "valibot";
import { type Params, RpcPeer } from "../../platform/core/rpc";
import { DeskSession } from "../../platform/webview/deskSession";
import { hostConnection } from "../../platform/webview/hostConnection";
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

/** The panel's end of the line, which keeps what is looked at over a reload. */
export class SpeedSession extends DeskSession<SpeedView> {
  protected readonly peer: RpcPeer<SpeedPageContract, SpeedHostContract>;

  constructor(changed: () => void, announce: (text: string) => void) {
    super(changed);
    this.peer = new RpcPeer(hostConnection(this.api), speedPageContract, speedHostContract, (problem) =>
      this.report(problem),
    );
    this.peer.listen({}, { view: (view) => this.show(view), announce: ({ text }) => announce(text) });
  }

  readonly ask: Ask = (name, params) => this.asked(name, this.peer.request(name, params));

  /** What was looked at before the page was built anew; undefined: nothing is known of it. */
  keptTab(): SpeedTab | undefined {
    const kept = v.safeParse(keptTabSchema, this.api.getState());
    return kept.success ? kept.output.tab : undefined;
  }

  keepTab(tab: SpeedTab): void {
    this.api.setState({ tab });
  }

  protected ready(): Promise<SpeedView> {
    return this.peer.request("ready", {});
  }

  protected tell(message: string): void {
    this.peer.notify("problem", { message });
  }
}
