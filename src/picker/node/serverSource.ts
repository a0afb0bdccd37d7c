import { isCancellation, PaddockError } from "../../platform/core/errors";
import type { CandidateSource } from "../core/candidateSource";
import { mergeLists, serverCandidate, serverLists, type ServerModel } from "../core/serverModels";

/** Asks a server by GET. */
export interface ServerAsking {
  /**
   * @param key sent to the address' own origin, where there is one.
   * @returns the status, and the answer where it is JSON of a sensible length.
   * Rejects with a PaddockError where nobody answers, and with what the signal was aborted with.
   */
  get(
    address: string,
    key: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly json: unknown }>;
}

/** Thrown when a server wants a key, or another one. */
export class KeyNeeded extends PaddockError {}

/**
 * The models that a server lists, with what it says of them; it is asked for its lists and for nothing else.
 * @param server as serverAddress gives it.
 * @throws KeyNeeded; PaddockError hub/*; what the signal was aborted with.
 */
export async function modelsOfServer(
  server: string,
  asking: ServerAsking,
  key: string | undefined,
  signal: AbortSignal,
): Promise<ServerModel[]> {
  const { host } = new URL(server);
  const answers = await Promise.all(
    serverLists.map(async ({ path, read }) => {
      try {
        const { status, json } = await asking.get(`${server}${path}`, key, signal);
        return { status, models: status === 200 ? read(json) : undefined };
      } catch (error) {
        if (isCancellation(error) || signal.aborted) throw error;
        return { error };
      }
    }),
  );
  const lists = answers.flatMap((answer) => (answer.models === undefined ? [] : [answer.models]));
  if (lists.length > 0) return mergeLists(lists);
  if (answers.some(({ status }) => status === 401 || status === 403))
    throw new KeyNeeded("hub/no-access", `${host} tells its models only to those who have a key.`, {
      remedy: "Give the key that the server was started with, or that its owner gave you.",
    });
  // One that answers at all is there, and is just none of those that Paddock knows.
  if (answers.some(({ status }) => status !== undefined))
    throw new PaddockError("hub/bad-answer", `${host} does not list its models in a way that Paddock knows.`, {
      remedy: "Give the address of a llama-server, Ollama, LM Studio, or another server with OpenAI's API.",
    });
  throw new PaddockError("hub/offline", `${host} does not answer.`, {
    remedy: "Check that the server runs, and its address.",
    cause: answers[0]?.error,
  });
}

/** What a server was found to have. */
export function serverSource(server: string, models: readonly ServerModel[]): CandidateSource {
  return {
    label: server,
    list: (found) => {
      for (const model of models) found(serverCandidate(server, model));
      return Promise.resolve();
    },
  };
}
