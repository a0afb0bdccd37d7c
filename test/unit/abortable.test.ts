import { expect, it } from "vitest";
import { abortable } from "../../src/platform/core/abortable";

const forever = new Promise<never>(() => undefined);

it("what nobody can stop is waited for no longer than it is wanted", async () => {
  const abort = new AbortController();
  const waiting = abortable(forever, abort.signal);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
  await expect(abortable(forever, abort.signal)).rejects.toMatchObject({ code: "cancelled" });
});

it("what comes in time is had, and a failure that comes too late is nobody's", async () => {
  const { signal } = new AbortController();
  await expect(abortable(Promise.resolve(7), signal)).resolves.toBe(7);
  await expect(abortable(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  // Unheard, it would end the test run.
  const gone = abortable(Promise.reject(new Error("late")), AbortSignal.abort());
  await expect(gone).rejects.toMatchObject({ code: "cancelled" });
});
