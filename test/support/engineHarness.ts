import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { RpcPeer } from "../../src/platform/core/rpc";
import { engineEnvironment } from "../../src/engine/client/engineProcess";
import {
  type EngineContract,
  engineContract,
  type EngineEventsContract,
  engineEventsContract,
} from "../../src/engine/protocol";
import { streamPeer } from "../../src/platform/node/streamRpc";

export type Peer = RpcPeer<EngineEventsContract, EngineContract>;
export interface TestEngine {
  readonly peer: Peer;
  readonly child: ChildProcess;
  readonly logs: string[];
  stop(): Promise<void>;
}

/**
 * A real engine process, spoken to directly, over stdio or over a pipe.
 * @param poolThreads absent: as the product has it.
 */
export async function startEngine(enginePath: string, pipe?: string, poolThreads?: number): Promise<TestEngine> {
  const logs: string[] = [];
  const child = spawn(process.execPath, [enginePath, pipe === undefined ? "--stdio" : `--pipe=${pipe}`], {
    env: engineEnvironment(process.env, poolThreads),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const problem = (text: string): void => void logs.push(text);
  const peer = await (async (): Promise<Peer> => {
    if (pipe === undefined) return streamPeer(child.stdout, child.stdin, engineEventsContract, engineContract, problem);
    const socket = await connected(pipe);
    return streamPeer(socket, socket, engineEventsContract, engineContract, problem);
  })();
  peer.listen({}, { log: ({ message }) => void logs.push(message) });
  child.on("exit", () => peer.dispose());
  return {
    peer,
    child,
    logs,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      peer.notify("shutdown", {});
      const late = setTimeout(() => child.kill("SIGKILL"), 2000);
      await gone;
      clearTimeout(late);
    },
  };
}

async function connected(pipe: string): Promise<ReturnType<typeof connect>> {
  for (let attempt = 0; ; attempt++) {
    const socket = connect(pipe);
    const error = await new Promise<Error | undefined>((resolve) =>
      socket.once("connect", () => resolve(undefined)).once("error", resolve),
    );
    if (error === undefined) return socket;
    if (attempt > 100) throw error;
    await sleep(50);
  }
}

/** Ready to answer: hello, model, the context "main". */
export async function ready(engine: TestEngine, path: string, contextSize = 2048, sequences = 2): Promise<TestEngine> {
  await engine.peer.request("hello", { protocolVersion: 1, gpu: "cpu" });
  await engine.peer.request("loadModel", { path });
  await engine.peer.request("createContext", { context: "main", contextSize, sequences });
  return engine;
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
