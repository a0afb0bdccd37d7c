import { type ChildProcess, spawn } from "node:child_process";
import os from "node:os";
import { createInterface } from "node:readline";
import { engineEnvironment } from "../../engine/client/engineProcess";
import { cancelled, PaddockError, toPaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { RpcPeer } from "../../platform/core/rpc";
import { streamPeer } from "../../platform/node/streamRpc";
import {
  QUANTIZER_PROTOCOL_VERSION,
  type QuantizerContract,
  quantizerContract,
  type QuantizerEventsContract,
  quantizerEventsContract,
} from "../core/protocol";

export interface QuantizerLaunch {
  /** The bundled process, dist/quantizer.mjs. */
  readonly processPath: string;
  readonly log: Logger;
  /** Node, or an Electron that runs as Node; this process's own by default. */
  readonly execPath?: string;
  /** Where llama.cpp's libraries are; beside the binding by default. */
  readonly libraryFolder?: string;
}

export type QuantizerPeer = RpcPeer<QuantizerEventsContract, QuantizerContract>;

/** How much of what a dying process said is worth a line in the log. */
const LAST_WORDS = 2000;

/**
 * Starts the process, has it do something and ends it. It has the lowest priority, so that nobody who types or chats
 * waits for it. Aborting ends it in the middle of its work, and this rejects only when it is gone.
 * @throws PaddockError quantizer/refused, quantizer/failed, cancelled.
 */
export async function withQuantizer<T>(
  { processPath, log, execPath = process.execPath, libraryFolder }: QuantizerLaunch,
  signal: AbortSignal,
  work: (peer: QuantizerPeer) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const child = spawn(execPath, [processPath, ...(libraryFolder === undefined ? [] : [`--library=${libraryFolder}`])], {
    // Its own calls wait on the pool's threads while llama.cpp works on one of them.
    env: { ...engineEnvironment(process.env), UV_THREADPOOL_SIZE: "4" },
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  if (child.pid !== undefined) lowerPriority(child.pid);
  const peer = streamPeer(child.stdout, child.stdin, quantizerEventsContract, quantizerContract, (problem) =>
    log.warn(`quantizer contract: ${problem}`),
  );
  peer.listen({}, { log: ({ level, message }) => log[level](`quantizer: ${message}`) });
  let lastWords = "";
  createInterface({ input: child.stderr }).on("line", (line) => {
    lastWords = `${lastWords}\n${line}`.slice(-LAST_WORDS);
  });
  const gone = exitOf(child, () => peer.dispose());
  const stop = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  try {
    await peer.request("hello", { protocolVersion: QUANTIZER_PROTOCOL_VERSION });
    return await work(peer);
  } catch (error) {
    if (signal.aborted) throw cancelled();
    const known = toPaddockError(error);
    if (known.code !== "disconnected") throw known;
    const how = await gone;
    throw new PaddockError("quantizer/failed", "The quantizer crashed.", {
      remedy: "The model may be damaged, or memory too short. The log says more.",
      detail: `${how}${lastWords}`,
    });
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await gone;
  }
}

/** Resolves, never rejects, with how the process ended. */
function exitOf(child: ChildProcess, onExit: () => void): Promise<string> {
  return new Promise((resolve) => {
    const end = (how: string): void => {
      // A dead child settles no request by itself.
      onExit();
      resolve(how);
    };
    child.on("error", (error) => end(`it could not be started: ${error.message}`));
    child.on("exit", (code, signal) =>
      end(signal === null ? `it ended with code ${code ?? "unknown"}` : `it was ended by ${signal}`),
    );
  });
}

function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, os.constants.priority.PRIORITY_LOW);
  } catch {
    // It may be gone already, or the system does not let us; it works either way.
  }
}
