import type { ModelId } from "../../engine/backend";

/** A server that the person has added, as the setting paddock.servers has it. */
export interface ServerEntry {
  /** Names it in the ids of its models; never changes. */
  readonly id: string;
  /** For people; absent: the address says it. */
  readonly name?: string | undefined;
  /** As a person typed it; see platform's serverAddress. */
  readonly url: string;
}

const ID_PREFIX = "server:";

/** The id of a server's model: the same for the same server and name, always. */
export function serverModelId(server: string, model: string): ModelId {
  return `${ID_PREFIX}${server}/${model}` as ModelId;
}

/** @returns undefined: it is not the id of a server's model. */
export function parseServerModelId(id: string): { readonly server: string; readonly model: string } | undefined {
  const [, server, model] = /^server:([^/]+)\/(.+)$/su.exec(id) ?? [];
  return server === undefined || model === undefined ? undefined : { server, model };
}

/** An id for a new server that none of the others has: its host and port, with a number where that is taken. */
export function newServerId(address: string, taken: readonly string[]): string {
  const base =
    new URL(address).host
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 50) || "server";
  for (let count = 1; ; count++) {
    const id = count === 1 ? base : `${base}-${count}`;
    if (!taken.includes(id)) return id;
  }
}

/** Where text goes that is sent to the server, for people: always with the address, whatever it is called. */
export function serverDestination({ name }: Pick<ServerEntry, "name">, address: string): string {
  const { host } = new URL(address);
  return name === undefined || name === host ? host : `${name} (${host})`;
}
