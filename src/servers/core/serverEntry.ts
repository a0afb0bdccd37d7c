import type { ModelId } from "../../engine/backend";
import { serverAddress } from "../../platform/core/serverAddress";

/** A server that the person has added, as the setting paddock.servers has it. */
export interface SavedServer {
  /** For people; absent: the address says it. */
  readonly name?: string | undefined;
  /** As a person typed it; see platform's serverAddress. */
  readonly url: string;
}

export interface ServerEntry extends SavedServer {
  /** Names it in the ids of its models; see serverEntries. */
  readonly id: string;
}

const ID_PREFIX = "server:";

/** What the ids of all models of a server begin with, and of no other's. */
export function serverModelPrefix(server: string): string {
  return `${ID_PREFIX}${server}/`;
}

/** The id of a server's model: the same for the same server and name, always. */
export function serverModelId(server: string, model: string): ModelId {
  return `${serverModelPrefix(server)}${model}` as ModelId;
}

/** @returns undefined: it is not the id of a server's model. */
export function parseServerModelId(id: string): { readonly server: string; readonly model: string } | undefined {
  const [, server, model] = /^server:([^/]+)\/(.+)$/su.exec(id) ?? [];
  return server === undefined || model === undefined ? undefined : { server, model };
}

/**
 * Those of the setting, each with its id. The id is the address and nothing that somebody could write beside it: what
 * was chosen of one server goes to no other, whatever the setting says later.
 */
export function serverEntries(saved: readonly SavedServer[]): ServerEntry[] {
  const byId = new Map<string, ServerEntry>();
  for (const { name, url } of saved) {
    const id = serverId(url);
    if (!byId.has(id)) byId.set(id, { id, name, url });
  }
  return [...byId.values()];
}

/** Scheme, host, port and path, each address with another id; what is no address has one too, and is never asked. */
export function serverId(url: string): string {
  try {
    return escaped(serverAddress(url).replace(/^http:\/\//, ""));
  } catch {
    // No host has such a sign in it.
    return `?${escaped(url)}`;
  }
}

/** A model's id is parted at the first slash. */
function escaped(text: string): string {
  return text.replace(/[%/]/g, (sign) => (sign === "%" ? "%25" : "%2F"));
}

/** Where text goes that is sent to the server, for people: always with the address, whatever it is called. */
export function serverDestination({ name }: Pick<ServerEntry, "name">, address: string): string {
  const { host } = new URL(address);
  return name === undefined || name === host ? host : `${name} (${host})`;
}
