import { fileURLToPath } from "node:url";
import { streamPeer } from "../../platform/node/streamRpc";
import { createStatementGate } from "../core/parse/statementGate";
import { databaseContract, databaseEventsContract } from "../core/protocol";
import { loadSqlParser } from "../node/loadSqlParser";
import { DatabaseService } from "./databaseService";
import { openDriver } from "./openDriver";

/**
 * A database's process: one open database, told over stdin and stdout what to do. The embedded engines run on its
 * threads and are stopped by ending it, so it holds nothing that a kill would lose; and it ends itself when nobody is
 * connected any more.
 */
const contractOut = process.stdout;
// stdout carries the contract; whatever else is printed, by any library, goes to stderr.
Object.defineProperty(process, "stdout", { value: process.stderr });

/** How long closing a database may take, ms. Servers notice a connection that is gone by themselves. */
const CLOSING_MS = 500;

// The parser is loaded while the database opens; a statement that comes before waits for it.
const gate = loadSqlParser(fileURLToPath(new URL("sqlparser", import.meta.url))).then(createStatementGate);
// Without it no statement passes, and each says why.
gate.catch(() => undefined);
const service = new DatabaseService(() => gate, openDriver);

/** Gone at once, in the middle of native work too. The system frees everything. */
function end(): void {
  process.kill(process.pid, "SIGKILL");
}

function shutdown(): void {
  setTimeout(end, CLOSING_MS);
  service.close().then(end, end);
}

const peer = streamPeer(process.stdin, contractOut, databaseContract, databaseEventsContract, (message) =>
  peer.notify("log", { level: "warn", message }),
);
peer.onClose(end);
process.stdin.on("end", end).on("close", end);
process.on("uncaughtException", (error) =>
  peer.notify("log", { level: "error", message: error.stack ?? error.message }),
);
process.on("unhandledRejection", (reason) =>
  peer.notify("log", {
    level: "error",
    message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
  }),
);
peer.listen(service.handlers, { shutdown });
