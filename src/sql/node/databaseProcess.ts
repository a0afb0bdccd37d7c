import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { engineEnvironment } from "../../engine/client/engineProcess";
import type { Logger } from "../../platform/core/logger";
import type { RpcPeer } from "../../platform/core/rpc";
import { streamPeer } from "../../platform/node/streamRpc";
import {
  type DatabaseContract,
  databaseContract,
  type DatabaseEventsContract,
  databaseEventsContract,
} from "../core/protocol";

export interface DatabaseLaunch {
  /** The bundled process, dist/database.mjs. */
  readonly processPath: string;
  readonly log: Logger;
  /** Node, or an Electron that runs as Node; this process's own by default. */
  readonly execPath?: string;
  /** How long a DuckDB file is held without a call, ms; 20 s where absent. */
  readonly idleMs?: number;
}

/** How much of what a dying process said is worth a line in the log, characters. */
const LAST_WORDS = 2000;
/** How long a process that was asked to close its database may take, ms. */
const GRACE_MS = 1000;

/** One database process and the connection to it. */
export class DatabaseProcess {
  readonly peer: RpcPeer<DatabaseEventsContract, DatabaseContract>;
  /** Resolves, never rejects, with how the process ended and its last words. */
  readonly gone: Promise<string>;
  private readonly child: ChildProcess;
  private ended = false;

  /** Never throws: a program that cannot be started is one that has ended. */
  constructor({ processPath, log, execPath = process.execPath }: DatabaseLaunch) {
    const child = spawn(execPath, [processPath], {
      env: databaseEnvironment(process.env),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.child = child;
    this.peer = streamPeer(child.stdout, child.stdin, databaseEventsContract, databaseContract, (problem) =>
      log.warn(`database contract: ${problem}`),
    );
    this.peer.listen({}, { log: ({ level, message }) => log[level](`database: ${message}`) });
    let lastWords = "";
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastWords = `${lastWords}\n${line}`.slice(-LAST_WORDS);
      log.debug(`database ${child.pid ?? "?"} stderr: ${line}`);
    });
    this.gone = new Promise((resolve) => {
      const end = (how: string): void => {
        this.ended = true;
        // A dead child settles no request by itself.
        this.peer.dispose();
        resolve(`${how}${lastWords}`);
      };
      child.on("error", (error) => end(`it could not be started: ${error.message}`));
      child.on("exit", (code, signal) =>
        end(signal === null ? `it ended with code ${code ?? "unknown"}` : `it was ended by ${signal}`),
      );
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The process is gone, whether it was asked to or not. */
  get over(): boolean {
    return this.ended;
  }

  /** Has it close the database and end; resolves when it is gone. */
  async stop(): Promise<void> {
    this.peer.notify("shutdown", {});
    const timer = setTimeout(() => this.child.kill("SIGKILL"), GRACE_MS);
    await this.gone;
    clearTimeout(timer);
  }

  /** Ends it in the middle of whatever it does; resolves when it is gone. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.gone;
  }
}

/** Drivers take hosts, users and passwords from the environment, too: only what a connection says counts. */
function databaseEnvironment(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(engineEnvironment(from)).filter(([name]) => !/^(PG|MYSQL_|MARIADB_)/i.test(name));
  return { ...Object.fromEntries(kept), UV_THREADPOOL_SIZE: "4" };
}
