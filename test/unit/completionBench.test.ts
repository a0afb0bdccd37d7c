import { describe, expect, it } from "vitest";
import { Emitter } from "../../src/platform/core/event";
import type { Answer, Assistant } from "../bench/completion/assistant";
import { type Keystroke, replay, typedThrough } from "../bench/completion/replay";
import { isFrom, RequestLog } from "../bench/completion/requests";
import { editDistance, percentile, scoreOf, similarity } from "../bench/completion/score";
import { ServerCompletions } from "../bench/completion/serverCompletions";
import { snapshotOf, type Trace } from "../bench/completion/trace";
import { soon } from "../support/soon";

const base = {
  format: 1 as const,
  name: "a test",
  language: "typescript",
  file: "a.ts",
  licence: "MIT",
  provenance: "by hand",
  indent: { spaces: true, size: 2 },
};
const rules = { wanted: () => true, multiLine: () => false };

describe("a key's score", () => {
  const key = (more: Partial<Keystroke>): Keystroke => ({
    wanted: true,
    gapMs: 300,
    shownMs: null,
    declined: null,
    text: null,
    afterwards: "abcd\n",
    ...more,
  });

  it("counts where somebody could look; what is not there by the deadline counts as the deadline", () => {
    const score = scoreOf([
      key({ shownMs: 100, text: "abcd" }),
      key({ shownMs: 300, text: "abxx" }),
      key({ declined: { ms: 200, reason: "empty" } }),
      key({ shownMs: 1200, text: "late" }),
      key({ gapMs: 249, shownMs: 1, text: "abcd" }),
      key({ wanted: false }),
    ]);
    expect(score).toMatchObject({ keys: 4, shown: 2, declined: 1, p50: 300, p95: 1000, similarity: 0.75 });
    expect(score.answeredP50).toBe(200);
  });

  it("takes percentiles that are values, and edit distances", () => {
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
    expect(percentile([1], 0.95)).toBe(1);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("", "abc")).toBe(3);
  });

  it("compares the first line that has text with as much of what stands there", () => {
    expect(similarity("foo();\nbar();", "foo();")).toBe(1);
    expect(similarity("\n  foo", "\n  fox")).toBeCloseTo(5 / 6);
    expect(similarity("abcd", "")).toBe(0);
  });
});

describe("the log of requests", () => {
  it("finds the request that a shown text comes from, typed on since or indented anew", () => {
    const request = { base: "let a = ", generated: "first(\n\tsecond)" };
    expect(isFrom(request, "x\nlet a = ", "first(")).toBe(true);
    expect(isFrom(request, "x\nlet a = fi", "rst(")).toBe(true);
    expect(isFrom(request, "x\nlet a = first(\n  ", "second)")).toBe(true);
    expect(isFrom(request, "x\nlet a = fo", "rst(")).toBe(false);
    expect(isFrom(request, "x\nlet b = ", "first(")).toBe(false);
    expect(isFrom({ ...request, generated: "" }, "x\nlet a = ", "first(")).toBe(false);
  });

  it("sums what was cached where only typing changed the prompt, and what nobody saw", () => {
    const log = new RequestLog();
    expect([log.cachedShare, log.wastedShare]).toEqual([null, null]);
    const request = { base: "ab", generated: "cd", prompt_n: 8, cache_n: 0, predicted_n: 2, typedOnly: false };
    log.add(request);
    log.add({ ...request, base: "abx", prompt_n: 1, cache_n: 9, typedOnly: true, predicted_n: 9 });
    log.add({ ...request, base: "q", generated: "", prompt_n: 10, predicted_n: 0 });
    log.shown("ab", "cd");
    expect(log.cachedShare).toBe(0.9);
    expect(log.wastedShare).toBeCloseTo(20 / 30);
    expect(log.aheadShare).toBeCloseTo(10 / 30);
  });
});

class Scripted implements Assistant {
  readonly growth = new Emitter<unknown>();
  readonly onDidGrow = this.growth.event;
  readonly log: string[] = [];

  constructor(private readonly answer: (line: string, signal: AbortSignal) => Promise<Answer>) {}

  open(): void {
    this.log.push("open");
  }
  changed(_snapshot: unknown, what: string): void {
    this.log.push(what);
  }
  suggest({ lines, cursor }: ReturnType<typeof snapshotOf>, signal: AbortSignal): Promise<Answer> {
    this.log.push("asked");
    return this.answer(lines.line(cursor.line).slice(0, cursor.character), signal);
  }
  shown(before: string, text: string): void {
    this.log.push(`${before}|${text}`);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe("the replay", () => {
  const keys = (text: string, gap: number): Trace => ({
    ...base,
    text: "",
    events: Array.from(text, (key, index) => ({
      at: index * gap,
      kind: "insert",
      offset: index,
      text: key,
      over: 0,
      cursor: index + 1,
    })),
  });

  it("tells at once, asks a moment later, and keeps what is typed through", async () => {
    const assistant = new Scripted((line) =>
      Promise.resolve(line === "a" ? { text: "bc" } : { none: "nothing to say" }),
    );
    const [a, b, x] = await replay(keys("abx", 400), assistant, rules, () => undefined);
    expect(a?.shownMs).toBeGreaterThanOrEqual(45);
    expect(a).toMatchObject({ text: "bc", afterwards: "bx", gapMs: 400 });
    expect(b?.shownMs).toBeLessThan(40);
    expect(b).toMatchObject({ text: "c" });
    expect(x).toMatchObject({ shownMs: null, text: null, gapMs: Infinity });
    expect(x?.declined?.reason).toBe("nothing to say");
    expect(x?.declined?.ms).toBeGreaterThanOrEqual(45);
    expect(assistant.log).toEqual(["open", "edit", "asked", "a|bc", "ab|c", "edit", "asked", "edit", "asked"]);
  });

  it("shows nothing that comes after the next key, asks for nobody who types on, and passes failures on", async () => {
    const late = new Scripted(
      (_line, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ text: "late" }));
        }),
    );
    const [first] = await replay(keys("ab", 100), late, rules, () => undefined);
    expect(first).toMatchObject({ shownMs: null, declined: null });
    const fast = new Scripted(() => Promise.resolve({ text: "x" }));
    await replay(keys("abcd", 10), fast, rules, () => undefined);
    expect(fast.log.filter((line) => line === "asked")).toHaveLength(1);
    const failing = new Scripted(() => Promise.reject(new Error("broken")));
    await expect(replay(keys("ab", 100), failing, rules, () => undefined)).rejects.toThrow("broken");
  });

  it("takes of brackets that come in pairs what the person typed", () => {
    const event = { at: 0, kind: "insert", offset: 3, text: "()", over: 0, cursor: 4 } as const;
    expect(typedThrough({ offset: 3, text: "(x)" }, event)).toBe("x)");
    expect(typedThrough({ offset: 4, text: "(x)" }, event)).toBe("");
    expect(typedThrough({ offset: 3, text: "()" }, { at: 0, kind: "move", offset: 3 })).toBe("");
  });
});

describe("the yardstick", () => {
  const at = (text: string) => snapshotOf(base, { text, cursor: text.length }, 1);
  const signal = new AbortController().signal;
  const server = (answers: (payload: Readonly<Record<string, unknown>>) => string) => {
    const asked: Readonly<Record<string, unknown>>[] = [];
    return {
      asked,
      infills: true,
      shares: { prefix: 768, extra: 3000 },
      infill: async (payload: Readonly<Record<string, unknown>>) => {
        asked.push(payload);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { content: answers(payload), timings: { prompt_n: 1, cache_n: 2, predicted_n: 3 } };
      },
      completion: () => Promise.reject(new Error("not here")),
      tokenize: () => Promise.resolve([]),
      beginning: () => Promise.resolve([]),
    };
  };

  it("asks with the published constants, then for what follows, and answers what is typed on from its cache", async () => {
    const fake = server(({ prompt }) => (prompt === "let a" ? " = 1;" : ""));
    const yardstick = new ServerCompletions(fake, rules, new RequestLog());
    expect(await yardstick.suggest(at("x\nlet a"), signal)).toEqual({ text: " = 1;" });
    expect(await yardstick.suggest(at("x\nlet a ="), signal)).toEqual({ text: " 1;" });
    await soon(() => expect(new Set(fake.asked.map(({ prompt }) => prompt))).toEqual(new Set(["let a", "let a = 1;"])));
    await yardstick.close();
    expect(fake.asked[0]).toMatchObject({
      input_prefix: "x\n",
      n_predict: 128,
      top_k: 40,
      top_p: 0.99,
      t_max_predict_ms: 500,
      cache_prompt: true,
      temperature: 0,
      stop: ["\n"],
    });
  });

  it("waits while a request is in progress and then asks no more for one who typed on", async () => {
    const fake = server(() => "y");
    const yardstick = new ServerCompletions(fake, { ...rules, multiLine: () => true }, new RequestLog());
    const typed = new AbortController();
    const first = yardstick.suggest(at("a"), signal);
    const second = yardstick.suggest(at("ab"), typed.signal);
    typed.abort();
    expect(await first).toEqual({ text: "y" });
    expect(await second).toEqual({ none: "typed on" });
    expect(fake.asked[0]).not.toHaveProperty("stop");
    await yardstick.close();
  });

  it("asks nothing where much follows on the line, and shows nothing that stands below", async () => {
    const fake = server(() => "below();");
    const yardstick = new ServerCompletions(fake, rules, new RequestLog());
    const long = snapshotOf(base, { text: "a = something(long)", cursor: 4 }, 1);
    expect(await yardstick.suggest(long, signal)).toEqual({ none: "long suffix" });
    const blank = snapshotOf(base, { text: "a\n\nbelow();\n", cursor: 2 }, 1);
    expect(await yardstick.suggest(blank, signal)).toEqual({ none: "empty" });
    await yardstick.close();
  });
});
