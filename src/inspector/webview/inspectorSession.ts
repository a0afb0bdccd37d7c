import * as v from "valibot";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { RpcPeer } from "../../platform/core/rpc";
import { hostConnection } from "../../platform/webview/hostConnection";
import { type VsCodeApi, vsCodeApi } from "../../platform/webview/vscodeApi";
import {
  type Inspection,
  type InspectorHostContract,
  inspectorHostContract,
  type InspectorWebviewContract,
  inspectorWebviewContract,
  type MetadataRow,
  type TensorRow,
  type TypeMap,
} from "../core/inspectorContract";

export const tabNames = ["architecture", "tensors", "layers", "metadata"] as const;
export type TabName = (typeof tabNames)[number];

/** All that the page itself remembers: what the person was looking at. */
const rememberedSchema = v.object({
  tab: v.picklist(tabNames),
  tensorFilter: v.string(),
  metadataFilter: v.string(),
});
export type Remembered = v.InferOutput<typeof rememberedSchema>;

export interface InspectorEvents {
  changed(): void;
  /** There is another file to show: what tabs show must be asked for anew. */
  replaced(): void;
}

/** The page's end of the line to the host, and what it knows from there. */
export class InspectorSession {
  view: Inspection | undefined;
  tensors: { readonly tensors: readonly TensorRow[]; readonly map: TypeMap } | undefined;
  metadata: readonly MetadataRow[] | undefined;
  /** The host could not be asked. */
  failure: { readonly message: string; readonly remedy: string | undefined } | undefined;
  /** How often the file was read anew while the page looked. */
  changes = 0;
  private readonly api: VsCodeApi = vsCodeApi();
  private readonly peer: RpcPeer<InspectorWebviewContract, InspectorHostContract>;

  constructor(private readonly events: InspectorEvents) {
    this.peer = new RpcPeer(hostConnection(this.api), inspectorWebviewContract, inspectorHostContract, (problem) =>
      this.report(problem),
    );
    this.peer.listen(
      {},
      {
        changed: (view) => {
          this.changes++;
          this.show(view);
        },
      },
    );
    window.addEventListener("error", ({ error, message }) => this.report(stackOf(error) ?? message));
    window.addEventListener("unhandledrejection", ({ reason }) => this.report(stackOf(reason) ?? String(reason)));
  }

  get remembered(): Remembered {
    const parsed = v.safeParse(rememberedSchema, this.api.getState());
    return parsed.success ? parsed.output : { tab: "architecture", tensorFilter: "", metadataFilter: "" };
  }

  remember(change: Partial<Remembered>): void {
    this.api.setState({ ...this.remembered, ...change });
  }

  async start(again = false): Promise<void> {
    await this.ask(async () => this.show(await this.peer.request(again ? "retry" : "ready", {})));
  }

  /** What a tab shows is asked for when it is first opened. */
  async load(tab: TabName): Promise<void> {
    if (this.view?.kind !== "model") return;
    const { view } = this;
    if ((tab === "tensors" || tab === "layers") && this.tensors === undefined) {
      await this.ask(async () => {
        const tensors = await this.peer.request("tensors", {});
        if (this.view === view) this.tensors = tensors;
      });
    } else if (tab === "metadata" && this.metadata === undefined) {
      await this.ask(async () => {
        const { rows } = await this.peer.request("metadata", {});
        if (this.view === view) this.metadata = rows;
      });
    }
  }

  /** A piece of a long value; undefined where the host could not be asked. */
  async value(key: string, from: number): Promise<{ readonly text: string; readonly total: number } | undefined> {
    let piece: { text: string; total: number } | undefined;
    await this.ask(async () => {
      piece = await this.peer.request("value", { key, from });
    });
    return piece;
  }

  copy(text: string): Promise<void> {
    return this.ask(async () => {
      await this.peer.request("copy", { text });
    });
  }

  private show(view: Inspection): void {
    this.view = view;
    this.tensors = undefined;
    this.metadata = undefined;
    this.events.changed();
    this.events.replaced();
  }

  private async ask(request: () => Promise<void>): Promise<void> {
    try {
      this.failure = undefined;
      await request();
    } catch (error) {
      if (isCancellation(error)) return;
      const { message, remedy } = toPaddockError(error);
      this.failure = { message, remedy };
    }
    this.events.changed();
  }

  private report(problem: string): void {
    this.peer.notify("problem", { message: problem.slice(0, 10_000) });
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? (error.stack ?? error.message) : undefined;
}
