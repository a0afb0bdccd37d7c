import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Disposable } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { RpcPeer } from "../../platform/core/rpc";
import { streamPeer } from "../../platform/node/streamRpc";
import { type EngineContract, engineContract, type EngineEventsContract, engineEventsContract } from "../protocol";

/** How long an engine that was asked to shut down may take. It frees nothing that the system would not. */
const GRACE_MS = 300;

export interface EngineLaunch {
  /** The bundled engine, dist/engine.mjs. */
  readonly enginePath: string;
  readonly log: Logger;
  /** Node, or an Electron that runs as Node; this process's own by default. */
  readonly execPath?: string;
  /** Threads of the process's pool; 1 by default. */
  readonly poolThreads?: number;
}

export interface EngineExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The process was ended by us. */
  readonly expected: boolean;
}

/** One engine process and the connection to it. */
export class EngineProcess implements Disposable {
  readonly peer: RpcPeer<EngineEventsContract, EngineContract>;
  private readonly exited = new Emitter<EngineExit>();
  readonly onExit = this.exited.event;
  private readonly child: ChildProcess;
  /** Resolves when the process has ended and `onExit` has been told. */
  readonly gone: Promise<void>;
  private stopping = false;
  private disconnected = false;

  /** Never throws: a program that cannot be started is an exit. */
  constructor({ enginePath, log, execPath = process.execPath, poolThreads }: EngineLaunch) {
    const child = spawn(execPath, [enginePath, "--stdio"], {
      env: engineEnvironment(process.env, poolThreads),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.child = child;
    this.peer = streamPeer(child.stdout, child.stdin, engineEventsContract, engineContract, (problem) =>
      log.warn(`engine contract: ${problem}`),
    );
    this.peer.onClose(() => (this.disconnected = true));
    this.peer.listen({}, { log: ({ level, message }) => log[level](`engine ${child.pid ?? "?"}: ${message}`) });
    createInterface({ input: child.stderr }).on("line", (line) =>
      log.debug(`engine ${child.pid ?? "?"} stderr: ${line}`),
    );
    this.gone = new Promise((resolve) => {
      let ended = false;
      const end = (exit: EngineExit): void => {
        if (ended) return;
        ended = true;
        // A dead child settles no request by itself.
        this.peer.dispose();
        this.exited.fire(exit);
        resolve();
      };
      child.on("error", (error) => {
        log.error("The engine could not be started", error);
        end({ code: null, signal: null, expected: this.stopping });
      });
      child.on("exit", (code, signal) => end({ code, signal, expected: this.stopping }));
    });
  }

  /** The connection has ended: the process is dying, or is gone already. */
  get lost(): boolean {
    return this.disconnected;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends the process; resolves when it is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.peer.notify("shutdown", {});
    const timer = setTimeout(() => this.child.kill("SIGKILL"), GRACE_MS);
    await this.gone;
    clearTimeout(timer);
  }

  /** Ends a process that does not answer; its exit is reported as a crash. */
  kill(): void {
    this.child.kill("SIGKILL");
  }

  dispose(): void {
    this.stopping = true;
    this.child.kill("SIGKILL");
  }
}

/**
 * The engine gets no switch that is meant for the editor: an inspector port would be taken twice, and NODE_OPTIONS of a
 * debug session would load code into it. One pool thread, because one mostly runs faster than several that sleep in turns.
 */
export function engineEnvironment(from: NodeJS.ProcessEnv, poolThreads = 1): NodeJS.ProcessEnv {
  const kept = Object.entries(from).filter(
    ([name]) => !/^(NODE_OPTIONS|NODE_INSPECT|VSCODE_|ELECTRON_|UV_THREADPOOL_SIZE$)/.test(name),
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1", UV_THREADPOOL_SIZE: String(poolThreads) };
}

/** Rejects with engine/unresponsive when `work` shows no sign of life for `ms`; it calls `alive` for each sign. */
export async function withWatchdog<T>(ms: number, what: string, work: (alive: () => void) => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const expire = (): void => reject(new PaddockError("engine/unresponsive", `The engine did not answer (${what}).`));
    let timer = setTimeout(expire, ms);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(expire, ms);
    };
    work(alive)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
