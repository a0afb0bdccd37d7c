import type { GgufHeader } from "../../gguf/core/ggufHeader";
import type { HubFile, Repository } from "../core/hub";
import { mainRevision } from "../core/hubAddress";
import { type RemoteModel, runnableModels } from "../core/hubFiles";
import type { HubClient } from "./hubClient";
import { readRemoteHeaders } from "./remoteHeaders";

/** Of all parts, in order; or why one of them has none. */
export type RemoteHeaders = readonly GgufHeader[] | Error;

/**
 * The models of a repository that can be run by themselves and are whole, each as soon as its headers are read.
 * @param id "owner/name".
 * @throws PaddockError hub/*; what the signal was aborted with.
 */
export async function readRepository(
  hub: HubClient,
  id: string,
  found: (model: RemoteModel, headers: RemoteHeaders) => void,
  signal: AbortSignal,
): Promise<void> {
  const repository = await hub.repository({ repository: id, revision: mainRevision }, signal);
  const models = runnableModels(repository.files).filter(({ missingParts }) => missingParts === 0);
  await readModels(hub, repository, models, signal, found);
}

/**
 * Reads the headers of models of a repository, by ranges. `found` hears of each model once, when its last part is read.
 * @throws only what the signal was aborted with.
 */
export async function readModels(
  hub: HubClient,
  repository: Repository,
  models: readonly RemoteModel[],
  signal: AbortSignal,
  found: (model: RemoteModel, headers: RemoteHeaders) => void,
): Promise<void> {
  const read = new Map<HubFile, GgufHeader | Error>();
  const wanted = models.flatMap((model) =>
    model.files.map((file) => ({ name: file.path, file, model, source: hub.source(repository, file) })),
  );
  await readRemoteHeaders(wanted, signal, ({ file, model }, header) => {
    read.set(file, header);
    const all = model.files.map((part) => read.get(part));
    const headers = all.flatMap((one) => (one === undefined || one instanceof Error ? [] : [one]));
    if (headers.length === all.length) found(model, headers);
    else if (all.every((one) => one !== undefined)) found(model, all.find((one) => one instanceof Error) ?? []);
  });
}
