/** Waiting times between attempts, milliseconds. */
export interface RetryRules {
  readonly firstMs: number;
  readonly mostMs: number;
  /** Attempts in a row without any progress before giving up. */
  readonly attempts: number;
}

export const lookRetry: RetryRules = { firstMs: 300, mostMs: 5_000, attempts: 3 };

/** About twelve minutes without a byte: a laptop changes networks, a router starts anew. */
export const downloadRetry: RetryRules = { firstMs: 1_000, mostMs: 30_000, attempts: 28 };

/** Longer than this nobody waits for a server that asks for patience, seconds. */
export const mostPatience = 300;

/**
 * How long to wait before attempt number `failures` + 1: twice as long each time, with a quarter of chance in it, so
 * that many windows do not come back at once. What the server asks for goes first.
 * @param retryAfter seconds.
 * @returns milliseconds; undefined to give up.
 */
export function retryDelay(
  rules: RetryRules,
  failures: number,
  retryAfter: number | undefined,
  random: () => number,
): number | undefined {
  if (failures >= rules.attempts) return undefined;
  if (retryAfter !== undefined && retryAfter > mostPatience) return undefined;
  const own = Math.min(rules.mostMs, rules.firstMs * 2 ** (failures - 1));
  return Math.max((retryAfter ?? 0) * 1000, own * (0.75 + random() / 2));
}

/**
 * @param header as servers send it: seconds, or a date.
 * @param now milliseconds since the epoch.
 * @returns seconds; undefined for what is neither.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,7}$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
