import { renderQueue } from "./renderQueue";

/** So much of a frame goes into it. Milliseconds. */
const sliceMs = 2;

/** Does something with each item, in order, over as many frames as it takes; what is to be rendered comes first. */
export function inFrames<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  const left = items[Symbol.iterator]();
  return new Promise((resolve) => {
    renderQueue.add(() => {
      const until = performance.now() + sliceMs;
      for (let next = left.next(); next.done !== true; next = left.next()) {
        work(next.value);
        if (performance.now() >= until) return true;
      }
      resolve();
      return false;
    }, "later");
  });
}
