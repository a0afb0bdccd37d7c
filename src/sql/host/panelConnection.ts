import { isCancellation, toPaddockError } from "../../platform/core/errors";
import type { ConnectionView, FailureView } from "../core/askContract";
import type { ConnectionProfile } from "../core/connection";
import type { ConnectedDatabase } from "./askPanelDeps";

export interface PanelConnectionDeps {
  readonly id: string;
  readonly profile: () => ConnectionProfile | undefined;
  readonly connect: (signal: AbortSignal) => Promise<ConnectedDatabase>;
  readonly failure: (error: unknown) => FailureView;
  readonly changed: () => void;
}

/** How a panel's connection stands. */
export class PanelConnection {
  private state: Pick<ConnectionView, "state" | "failure" | "version"> = {
    state: "closed",
    failure: null,
    version: "",
  };

  constructor(private readonly deps: PanelConnectionDeps) {}

  view(): ConnectionView {
    const profile = this.deps.profile();
    return {
      id: this.deps.id,
      name: profile?.name ?? this.deps.id,
      engine: profile?.target.engine ?? "sqlite",
      isWritable: profile?.writable === true,
      ...(profile === undefined ? { state: "gone", failure: null, version: "" } : this.state),
    };
  }

  /** The database, opened where it is not. Rejects as `connect` does; the view tells it too. */
  async open(signal: AbortSignal): Promise<ConnectedDatabase> {
    const before = this.state;
    if (before.state !== "ready") this.set("connecting");
    try {
      const connected = await this.deps.connect(signal);
      signal.throwIfAborted();
      this.set("ready", connected.schema.version);
      return connected;
    } catch (error) {
      if (isCancellation(error)) this.set(before.state === "ready" ? "ready" : "closed", before.version);
      else this.set("failed", "", this.deps.failure(toPaddockError(error)));
      throw error;
    }
  }

  private set(state: ConnectionView["state"], version = "", failure: FailureView | null = null): void {
    this.state = { state, version, failure };
    this.deps.changed();
  }
}
