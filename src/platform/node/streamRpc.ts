import type { Readable, Writable } from "node:stream";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { type Contract, RpcPeer } from "../core/rpc";

/**
 * An RPC peer over any pair of byte streams: a child's stdio, a named pipe, a Unix socket. Not yet listening.
 * @param onProblem what went wrong on the wire or in a handler, for the log.
 */
export function streamPeer<Local extends Contract, Remote extends Contract>(
  input: Readable,
  output: Writable,
  local: Local,
  remote: Remote,
  onProblem: (problem: string) => void,
): RpcPeer<Local, Remote> {
  const writer = new StreamMessageWriter(output);
  // A write after the other side has gone fails here; the connection's end is noticed by the reader.
  output.on("error", () => undefined);
  const peer = new RpcPeer(createMessageConnection(new StreamMessageReader(input), writer), local, remote, onProblem);
  // Leaving is told to the other side, which may live only as long as somebody is connected.
  peer.onClose(() => output.end());
  return peer;
}
