import { silentLogger } from "../../src/platform/core/logger";
import { AskStore } from "../../src/sql/node/askStore";

/** A window as far as the history of a connection goes: FOLDER CONNECTION NAME COUNT. It adds so many questions. */
async function main([folder = "", connection = "", name = "", count = "0"]: string[]): Promise<void> {
  const store = new AskStore(folder, silentLogger);
  for (let at = 0; at < Number(count); at++) {
    await store.put(connection, {
      ...{ id: `${name}-${at}`, at, question: `${name} ${at}?`, sql: "SELECT 1", explanation: "", effect: "read" },
      ...{ confidence: null, isCorrected: false, tables: [], columns: [], assumptions: [], attempts: [] },
      ...{ isFavourite: false, isConfirmed: false },
    });
  }
}

void main(process.argv.slice(2));
