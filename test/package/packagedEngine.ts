import { spawn } from "node:child_process";
import path from "node:path";
import { type EngineContract, engineContract, engineEventsContract, PROTOCOL_VERSION } from "../../src/engine/protocol";
import type { RpcPeer } from "../../src/platform/core/rpc";
import { streamPeer } from "../../src/platform/node/streamRpc";

export interface Answer {
  readonly text: string;
  readonly bindingVersion: string;
  readonly llamaCppVersion: string;
  readonly backend: string;
  /** From the start of the process to the end of hello, of loading with a context, and to the first token. Milliseconds. */
  readonly startMs: number;
  readonly readyMs: number;
  readonly firstTokenMs: number;
  /** Resident memory after the answer, bytes. */
  readonly rssBytes: number;
}

/**
 * Starts the engine of an unpacked extension the way the extension host does, and asks the model one thing.
 * @param model path of the .gguf file.
 * @throws {Error} with what the engine wrote to stderr, when it answers nothing.
 */
export async function askPackagedEngine(extension: string, model: string, question: string): Promise<Answer> {
  const started = performance.now();
  const since = (): number => performance.now() - started;
  const { NODE_PATH: _, ...env } = process.env;
  const child = spawn(process.execPath, [path.join(extension, "dist/engine.mjs"), "--stdio"], {
    cwd: extension,
    env: { ...env, ELECTRON_RUN_AS_NODE: "1", UV_THREADPOOL_SIZE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const peer: RpcPeer<typeof engineEventsContract, EngineContract> = streamPeer(
    child.stdout,
    child.stdin,
    engineEventsContract,
    engineContract,
    (problem) => (complaints += `${problem}\n`),
  );
  try {
    peer.listen({}, { log: ({ level, message }) => (complaints += `${level}: ${message}\n`) });
    const info = await peer.request("hello", { protocolVersion: PROTOCOL_VERSION, gpu: "auto" });
    const startMs = since();
    await peer.request("loadModel", { path: model });
    await peer.request("createContext", { context: "chat", contextSize: 512 });
    const readyMs = since();
    let firstTokenMs = Number.NaN;
    const result = await peer.request(
      "chat",
      {
        job: "one",
        context: "chat",
        messages: [{ role: "user", text: question }],
        sampling: { temperature: 0 },
        maxTokens: 24,
      },
      {
        onProgress: ({ predicted_n }) => {
          if (predicted_n > 0 && Number.isNaN(firstTokenMs)) firstTokenMs = since();
        },
      },
    );
    const { rssBytes } = await peer.request("stats", {});
    const text = result.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    const { bindingVersion, llamaCppVersion, backend } = info;
    return { text, bindingVersion, llamaCppVersion, backend, startMs, readyMs, firstTokenMs, rssBytes };
  } catch (cause) {
    throw new Error(`The packaged engine did not answer. ${complaints}`, { cause });
  } finally {
    peer.dispose();
    child.kill("SIGKILL");
  }
}
