import type { ModelId } from "../../../src/engine/backend";
import { serverModelId } from "../../../src/servers/core/serverEntry";
import { ServerBackend } from "../../../src/servers/node/serverBackend";
import { ServerHttp } from "../../../src/servers/node/serverHttp";
import { Servers } from "../../../src/servers/node/servers";
import type { AskedModel } from "./askedModel";

const server = "eval";

/**
 * A model of an OpenAI-compatible server, through the product's own client. Its key is in $PADDOCK_SERVER_KEY, if it
 * wants one.
 * @param name absent: the server's first.
 * @throws PaddockError server/* where it can't be asked. Error where it has no such model.
 */
export async function serverModel(url: string, name: string | undefined, signal: AbortSignal): Promise<AskedModel> {
  const key = process.env.PADDOCK_SERVER_KEY;
  const servers = new Servers({
    http: new ServerHttp("paddock-eval"),
    entries: () => [{ id: server, url }],
    keyFor: () => Promise.resolve(key),
  });
  const { kind, version = "unknown", models } = await servers.look(server, signal);
  const model = models.find((one) => name === undefined || one.name === name);
  if (model === undefined) {
    const there = models.map((one) => one.name).join(", ");
    throw new Error(`${url} has ${name === undefined ? "no model" : `no model ${name}`}. It has: ${there || "none"}.`);
  }
  const id: ModelId = serverModelId(server, model.name);
  const backend = new ServerBackend(servers, { record: () => undefined });
  return {
    ...{ backend, id },
    // As in the product, what a server serves is taken for a model of some size.
    facts: {
      parameters: 7_000_000_000,
      ...(model.contextSize === undefined ? {} : { contextSize: model.contextSize }),
    },
    versions: { model: model.name, [kind]: version },
    close: () => {
      backend.dispose();
      servers.dispose();
      return Promise.resolve();
    },
  };
}
