import * as v from "valibot";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import { type Params, type Result, RpcPeer } from "../../platform/core/rpc";
import { hostConnection } from "../../platform/webview/hostConnection";
import { type VsCodeApi, vsCodeApi } from "../../platform/webview/vscodeApi";
import {
  type AskHostContract,
  askHostContract,
  type AskPageContract,
  askPageContract,
  type AskView,
  pageStateSchema,
  type ResultView,
} from "../core/askContract";
import { LoadedRows } from "./loadedRows";

export type AskRequest = Exclude<keyof AskHostContract["requests"], "ready">;
export type Send = <N extends AskRequest>(name: N, params: Params<AskHostContract, N>) => void;

export interface LinkEvents {
  changed(): void;
  announce(text: string): void;
  /** What was asked of the host could not be done: a sentence, with what can be done about it. */
  failed(message: string): void;
  focus(): void;
}

/** The page's end of the line to the host, what it was told last, and the rows that it has fetched. */
export class AskLink {
  view: AskView | undefined;
  /** Why nothing could be asked for; undefined while all is well. */
  failure: string | undefined;
  private readonly api: VsCodeApi = vsCodeApi();
  private readonly peer: RpcPeer<AskPageContract, AskHostContract>;
  private readonly loaded = new Map<string, LoadedRows>();

  constructor(private readonly events: LinkEvents) {
    this.peer = new RpcPeer(hostConnection(this.api), askPageContract, askHostContract, (problem) =>
      this.report(problem),
    );
    this.peer.listen(
      {},
      {
        view: (view) => this.show(view),
        announce: ({ text }) => events.announce(text),
        focus: () => events.focus(),
      },
    );
    window.addEventListener("error", this.onError);
    window.addEventListener("unhandledrejection", this.onRejection);
  }

  /** Asks for all there is to show. */
  async start(): Promise<void> {
    this.failure = undefined;
    this.events.changed();
    try {
      this.show(await this.peer.request("ready", {}));
    } catch (error) {
      this.failure = toPaddockError(error).message;
      this.events.changed();
    }
  }

  /** What comes of it is in the next view; what cannot be asked is said, and in the log. */
  readonly send: Send = (name, params) => {
    this.peer.request(name, params).catch((error: unknown) => this.failed(name, error));
  };

  /** For what has an answer of its own. @returns undefined where it failed, which has been said. */
  async ask<N extends AskRequest>(
    name: N,
    params: Params<AskHostContract, N>,
  ): Promise<Result<AskHostContract, N> | undefined> {
    try {
      return await this.peer.request(name, params);
    } catch (error) {
      this.failed(name, error);
      return undefined;
    }
  }

  /** The rows of a result, which are fetched from the first time on that somebody wants them. */
  rowsOf(result: ResultView): LoadedRows {
    const known = this.loaded.get(result.id);
    if (known !== undefined) return known;
    const made = new LoadedRows(result, (from) => this.ask("rows", { result: result.id, from }));
    this.loaded.set(result.id, made);
    return made;
  }

  /** What the person had begun to write. */
  get draft(): string {
    const state = v.safeParse(pageStateSchema, this.api.getState());
    return state.success ? state.output.draft : "";
  }

  set draft(draft: string) {
    this.keepState(draft);
  }

  dispose(): void {
    window.removeEventListener("error", this.onError);
    window.removeEventListener("unhandledrejection", this.onRejection);
    for (const rows of this.loaded.values()) rows.dispose();
    this.peer.dispose();
  }

  private show(view: AskView): void {
    this.view = view;
    const there = new Set(view.turns.map(({ result }) => result?.id));
    for (const [id, rows] of this.loaded) {
      if (there.has(id)) continue;
      rows.dispose();
      this.loaded.delete(id);
    }
    this.keepState(this.draft);
    this.events.changed();
  }

  /** The editor makes the page again with this, and the connection is how the host knows whose page it is. */
  private keepState(draft: string): void {
    if (this.view !== undefined) this.api.setState({ connection: this.view.connection.id, draft });
  }

  private failed(name: string, error: unknown): void {
    if (isCancellation(error)) return;
    const { message, remedy } = toPaddockError(error);
    this.events.failed(remedy === undefined ? message : `${message} ${remedy}`);
    this.report(`${name}: ${message}`);
  }

  private report(problem: string): void {
    this.peer.notify("problem", { message: problem.slice(0, 2000) });
  }

  private readonly onError = ({ message }: ErrorEvent): void => this.report(message);
  private readonly onRejection = ({ reason }: PromiseRejectionEvent): void => this.report(String(reason));
}
