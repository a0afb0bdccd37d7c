import { type Params, RpcPeer } from "../../platform/core/rpc";
import { DeskSession } from "../../platform/webview/deskSession";
import { hostConnection } from "../../platform/webview/hostConnection";
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

/** The picker's end of the line, which keeps what is compared over a reload. */
export class PickerSession extends DeskSession<PickerView> {
  protected readonly peer: RpcPeer<PickerPageContract, PickerHostContract>;

  constructor(changed: () => void, announce: (text: string) => void) {
    super(changed);
    this.peer = new RpcPeer(hostConnection(this.api), pickerPageContract, pickerHostContract, (problem) =>
      this.report(problem),
    );
    this.peer.listen({}, { view: (view) => this.show(view), announce: ({ text }) => announce(text) });
  }

  readonly ask: Ask = (name, params) => this.asked(name, this.peer.request(name, params));

  protected override take(view: PickerView): void {
    const kept = this.view?.sourceKey ?? null;
    super.take(view);
    if (view.sourceKey === kept) return;
    this.api.setState(view.sourceKey === null ? undefined : ({ sourceKey: view.sourceKey } satisfies KeptState));
  }

  protected ready(): Promise<PickerView> {
    return this.peer.request("ready", {});
  }

  protected tell(message: string): void {
    this.peer.notify("problem", { message });
  }
}
