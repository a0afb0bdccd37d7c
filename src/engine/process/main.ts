import { rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { RpcPeer } from "../../platform/core/rpc";
import { streamPeer } from "../../platform/node/streamRpc";
import { engineContract, type EngineEventsContract, engineEventsContract, type EngineContract } from "../protocol";
import { Engine } from "./engine";
import { EngineLog } from "./runtime";

/**
 * One engine process: `--stdio` answers over stdin and stdout, `--pipe=PATH` over a named pipe or Unix socket.
 * It lives as long as somebody is connected.
 */
type Peer = RpcPeer<EngineContract, EngineEventsContract>;

// stdout carries the contract; whatever else is printed, by any library, goes to stderr.
const contractOut = process.stdout;
Object.defineProperty(process, "stdout", { value: process.stderr });

const peers = new Set<Peer>();
const tell = (level: "debug" | "info" | "warn" | "error", message: string): void => {
  for (const peer of peers) peer.notify("log", { level, message: message.slice(0, 4000) });
};
const logger = {
  debug: (message: string) => tell("debug", message),
  info: (message: string) => tell("info", message),
  warn: (message: string) => tell("warn", message),
  error: (message: string) => tell("error", message),
};
const engine = new Engine(new EngineLog(logger));

/**
 * Gone at once, in the middle of native work too: an ordinary exit would wait for the pool's thread and run llama.cpp's
 * destructors under it. The system frees everything.
 */
function end(): void {
  process.kill(process.pid, "SIGKILL");
}

function serve(input: Readable, output: Writable): Peer {
  const peer = streamPeer(input, output, engineContract, engineEventsContract, (problem) => tell("warn", problem));
  peers.add(peer);
  peer.onClose(() => {
    peers.delete(peer);
    if (peers.size === 0) end();
  });
  peer.listen(engine.handlers, {
    pause: ({ job }) => engine.jobs.pause(job),
    resume: ({ job }) => engine.jobs.resume(job),
    shutdown: () => {
      engine.jobs.cancelAll();
      end();
    },
  });
  return peer;
}

process.on("uncaughtException", (error) => tell("error", error.stack ?? error.message));
process.on("unhandledRejection", (reason) =>
  tell("error", reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
);

const pipe = process.argv.find((argument) => argument.startsWith("--pipe="))?.slice("--pipe=".length);
if (pipe === undefined) {
  process.stdin.on("end", end).on("close", end);
  serve(process.stdin, contractOut);
} else {
  const server = createServer((socket: Socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket, socket);
  });
  if (process.platform !== "win32") await rm(pipe, { force: true });
  server.listen(pipe);
}
