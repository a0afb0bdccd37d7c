import { describe, expect, it } from "vitest";
import { readConversations } from "../../src/chat/node/readConversations";

/** Half the largest size that is taken, so that the suite stays short; what grows faster than the file shows all the same. */
const size = 32 * 1024 * 1024;
const limit = 64 * 1024 * 1024;
const around = (conversations: string): string =>
  `{"paddock":"conversations","version":1,"conversations":[${conversations}]}`;
const message = (id: string, parent: string | null, text: string): string =>
  JSON.stringify({ id, parent, role: "user", parts: [{ type: "text", text }], at: 1, status: "complete" });
const filled = (unit: string, wrap: (inner: string) => string): string =>
  wrap(unit.repeat(Math.floor(size / unit.length)));

const chain = Array.from({ length: 15_000 }, (_, n) =>
  message(`m-${n}`, n === 0 ? null : `m-${n - 1}`, "word ".repeat(400)),
);
const files: Record<string, () => string> = {
  "one conversation of 15,000 messages": () => around(`{"messages":[${chain.join(",")}]}`),
  "the same, last message first": () => around(`{"messages":[${[...chain].reverse().join(",")}]}`),
  "messages without a way to the first": () => around(`{"messages":[${chain.slice(1).join(",")}]}`),
  "messages of nearly 8 MB": () =>
    around(
      `{"messages":[${Array.from({ length: 4 }, (_, n) => message(`m-${n}`, null, "x".repeat(7_900_000))).join(",")}]}`,
    ),
  "one string": () => filled("a", (inner) => around(`{"title":"${inner}"}`)),
  "one string of quotes": () => filled('\\"', (inner) => around(`{"messages":["${inner}"]}`)),
  "one string of backslashes": () => filled("\\\\", (inner) => around(`{"messages":["${inner}"]}`)),
  "millions of empty objects": () => filled("{},", (inner) => around(`{"messages":[${inner}0]}`)),
  "millions of empty conversations": () => filled("{},", (inner) => around(`${inner}{}`)),
  "a message of millions of values": () => filled("0,", (inner) => around(`{"messages":[[${inner}0]]}`)),
  "nothing but brackets": () => filled("[", (inner) => around(inner)),
};

/** The most that the event loop was held for, in the processor's time: what runs beside the test does not count. */
async function longestStall(work: () => Promise<unknown>): Promise<number> {
  let since = process.cpuUsage();
  let most = 0;
  let ended = false;
  const look = (): void => {
    most = Math.max(most, process.cpuUsage(since).user / 1_000);
    since = process.cpuUsage();
    if (!ended) setImmediate(look);
  };
  setImmediate(look);
  await new Promise((resolve) => setTimeout(resolve, 1));
  most = 0;
  await work();
  ended = true;
  return most;
}

describe("a large file", () => {
  for (const [name, make] of Object.entries(files)) {
    it(`never holds the event loop up: ${name}`, { timeout: 120_000 }, async () => {
      const bytes = Buffer.from(make());
      const stall = await longestStall(() => readConversations(bytes, new AbortController().signal));
      // Parsed in one go, 64 MB of these take 0.3 to 70 s; slices are 8 ms, one message of 8 MB with its parts up to 40.
      expect(stall).toBeLessThan(150);
    });
  }

  it("is given up between two slices", async () => {
    const bytes = Buffer.from(files["one conversation of 15,000 messages"]?.() ?? "");
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    await expect(readConversations(bytes, abort.signal)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("is refused when it is larger", async () => {
    expect(await readConversations(Buffer.alloc(limit + 1, " "), new AbortController().signal)).toBe("too-large");
    expect(await readConversations(Buffer.alloc(9_000_000, "a"), new AbortController().signal)).toBe("too-large");
  });
});
