import { cancelled } from "./errors";

/**
 * Waits for what nobody can stop, such as another extension's answer, no longer than it is wanted. What comes later is
 * dropped. @throws PaddockError `cancelled` when the signal is aborted.
 */
export async function abortable<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  let leave: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      // Attached in any case: nobody else hears of a failure that comes too late.
      work.then(resolve, reject);
      leave = () => reject(cancelled());
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
    });
  } finally {
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}
