import type { IncomingMessage } from "node:http";

/** Of a connection on which nothing came for too long. */
export function silence(): Error {
  return Object.assign(new Error("no answer in time"), { code: "PADDOCK_TIMEOUT" });
}

/**
 * The body's chunks. What breaks on the way is an error, also where the connection just ends too early or says nothing
 * any more; while the reader is busy with a chunk, the server owes nothing. A reader that leaves ends the connection.
 * @param silenceMs without a byte.
 * @param toError what is thrown for what went wrong.
 */
export async function* httpChunks(
  response: IncomingMessage,
  silenceMs: number,
  toError: (error: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const timer = setTimeout(() => response.destroy(silence()), silenceMs);
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw toError(error);
  } finally {
    response.destroy();
  }
}
