import { vi } from "vitest";

/** Waits until the check passes: at once when it does, and long enough for a machine that is busy. */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 10 });
}
