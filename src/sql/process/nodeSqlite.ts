import type * as sqlite from "node:sqlite";
import { PaddockError } from "../../platform/core/errors";

/**
 * Node's own SQLite, asked for when it is needed: the Node of an older VS Code has none, or one whose statements nobody
 * can be asked about, and must still start for the other engines.
 * @throws PaddockError unsupported
 */
export function nodeSqlite(): typeof sqlite {
  // The types know only Nodes that have it.
  const found = process.getBuiltinModule("node:sqlite") as typeof sqlite | undefined;
  if (found !== undefined && "setAuthorizer" in found.DatabaseSync.prototype) return found;
  throw new PaddockError("unsupported", "SQLite needs a newer version of VS Code.", {
    remedy: "Update VS Code. Other databases work with this version.",
    detail: `Node ${process.versions.node}`,
  });
}
