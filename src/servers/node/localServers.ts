import { PaddockError } from "../../platform/core/errors";
import type { ServerLook } from "../core/serverLook";
import { usualPorts } from "../core/serverKinds";
import { ServerClient } from "./serverClient";
import type { ServerHttp } from "./serverHttp";

/** A program on this machine answers at once, or is not there. */
const PROBE_MS = 2_000;

export interface LocalServer {
  readonly address: string;
  /** undefined: it is there, and tells its models only to those who have a key. */
  readonly look: ServerLook | undefined;
}

/**
 * Looks where servers on this machine usually listen, when a person asks. Never rejects: who does not answer is not
 * there.
 * @param known addresses that need no look.
 */
export async function findLocalServers(
  http: ServerHttp,
  known: readonly string[],
  signal: AbortSignal,
  ports: readonly number[] = usualPorts,
): Promise<LocalServer[]> {
  const found = ports
    .map((port) => `http://localhost:${port}`)
    .filter((address) => !known.includes(address))
    .map(async (address): Promise<LocalServer | undefined> => {
      const destination = new URL(address).host;
      const client = new ServerClient(http, () => Promise.resolve({ address, destination, key: undefined }));
      try {
        return { address, look: await client.look(AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)])) };
      } catch (error) {
        const wantsKey = error instanceof PaddockError && error.code === "server/key";
        return wantsKey ? { address, look: undefined } : undefined;
      }
    });
  return (await Promise.all(found)).filter((server) => server !== undefined);
}
