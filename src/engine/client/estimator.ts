import { abortable } from "../../platform/core/abortable";
import { cancelled } from "../../platform/core/errors";
import type { EngineInfo } from "../protocol";
import type { EngineProcess } from "./engineProcess";
import { measuringError } from "./measuringError";

/** Estimates come in bursts, one for each file of a folder; they share a process until none has come for this long. */
const IDLE_MS = 3_000;

export interface EstimatorNeeds {
  readonly launch: () => EngineProcess;
  readonly hello: (engine: EngineProcess) => Promise<EngineInfo>;
}

interface Shared {
  readonly engine: EngineProcess;
  readonly ready: Promise<EngineInfo>;
  users: number;
  idle?: NodeJS.Timeout;
}

/** The process that estimates share: it loads no model and computes nothing, so that it needs no turn. */
export class Estimator {
  private current: Shared | undefined;

  constructor(private readonly needs: EstimatorNeeds) {}

  /** @throws PaddockError cancelled; engine/crashed: the next one gets a new process. */
  async use<T>(signal: AbortSignal, work: (engine: EngineProcess, info: EngineInfo) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const shared = (this.current ??= this.start());
    clearTimeout(shared.idle);
    shared.users++;
    try {
      return await abortable(
        shared.ready.then((info) => work(shared.engine, info)),
        signal,
      );
    } catch (error) {
      if (signal.aborted) throw cancelled();
      const known = measuringError(error, "estimated the memory of");
      if (known.code.startsWith("engine/")) this.end(shared);
      throw known;
    } finally {
      shared.users--;
      if (shared.users === 0 && this.current === shared) shared.idle = setTimeout(() => this.end(shared), IDLE_MS);
    }
  }

  private start(): Shared {
    const engine = this.needs.launch();
    return { engine, ready: this.needs.hello(engine), users: 0 };
  }

  private end(shared: Shared): void {
    clearTimeout(shared.idle);
    if (this.current === shared) this.current = undefined;
    shared.engine.dispose();
  }
}
