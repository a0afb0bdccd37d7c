import { createServer, type Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import type { ServerTarget } from "./sqlServers";

export interface PgliteServer {
  readonly database: PGlite;
  target(): ServerTarget;
  stop(): Promise<void>;
}

const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;
const TERMINATE = 0x58;

/** PGlite, which is PostgreSQL in this process, behind a socket: the protocol's messages go to it one after the other. */
export async function startPglite(): Promise<PgliteServer> {
  const database = await PGlite.create();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let waiting = Buffer.alloc(0);
    let started = false;
    let turn = Promise.resolve();
    socket.on("data", (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      for (;;) {
        // The first message has no type before its length.
        const head = started ? 1 : 0;
        const length = waiting.length >= head + 4 ? waiting.readInt32BE(head) + head : Number.POSITIVE_INFINITY;
        if (waiting.length < length) return;
        const message = waiting.subarray(0, length);
        waiting = waiting.subarray(length);
        if (!started && message.readInt32BE(4) === SSL_REQUEST) {
          socket.write("N");
          continue;
        }
        // It does one thing at a time, and could not be told to stop.
        if (!started && message.readInt32BE(4) === CANCEL_REQUEST) {
          socket.end();
          continue;
        }
        // Whoever leaves takes nobody else's server along.
        if (started && message[0] === TERMINATE) {
          socket.end();
          continue;
        }
        started = true;
        turn = turn.then(async () => {
          const answer = await database.execProtocolRaw(message);
          if (!socket.destroyed) socket.write(answer);
        });
      }
    });
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    database,
    target: () => ({
      ...{ engine: "postgres", host: "127.0.0.1", port, database: "postgres", user: "postgres" },
      tls: { mode: "prefer" },
    }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await database.close();
    },
  };
}
