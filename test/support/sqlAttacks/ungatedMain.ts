import { streamPeer } from "../../../src/platform/node/streamRpc";
import type { StatementGate } from "../../../src/sql/core/gate";
import { databaseContract, databaseEventsContract } from "../../../src/sql/core/protocol";
import { DatabaseService } from "../../../src/sql/process/databaseService";
import { openDriver } from "../../../src/sql/process/openDriver";

/** A database's process as it would be without the gate: what an engine's own guard stops is seen here. */
const everything: StatementGate = {
  check: (sql) => ({
    allowed: true,
    statement: { sql, effect: "read", tables: [], columns: [], unknown: [], ordered: false, explanation: "" },
  }),
  translate: (sql) => sql,
};

const service = new DatabaseService(() => Promise.resolve(everything), openDriver);
const peer = streamPeer(process.stdin, process.stdout, databaseContract, databaseEventsContract, () => undefined);
const end = (): void => void process.kill(process.pid, "SIGKILL");
peer.onClose(end);
process.stdin.on("end", end).on("close", end);
peer.listen(service.handlers, { shutdown: end });
