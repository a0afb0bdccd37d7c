import { describe, expect, it } from "vitest";
import type { InfillResult } from "../../src/engine/infill";
import { type Around, type LanePrompt, Lanes } from "../../src/completion/core/lanes";
import { linesOfText } from "../../src/completion/core/editorSnapshot";
import { snapshotAt } from "../support/editorSnapshots";

const order = "prefix-only";
const around: Around = { repository: "", chunks: () => [] };
const file = Array.from({ length: 300 }, (_, line) => `const value${line} = ${line};`).join("\n");
const at = (line: number, character = 0, text = file) => ({
  ...snapshotAt("|"),
  lines: linesOfText(text),
  cursor: { line, character },
});

/** A result that has processed so much of a prompt of 100 tokens. */
const processed = (done: number, ms = 10): InfillResult =>
  ({
    parts: [{ part: "prefix", tokens: 100, cached: 0 }],
    timings: { prompt_n: done, cache_n: 0, prompt_ms: ms },
  }) as unknown as InfillResult;
const whole = (lanes: Lanes, asked: LanePrompt): void => lanes.processed(asked, processed(100), "");

describe("the two prompts for a place", () => {
  it("the short one is asked where the long one would take too long, and the long one catches up", () => {
    const lanes = new Lanes();
    const asked = lanes.choose(at(200), order, around);
    expect(asked.lane).toBe("near");
    expect(asked.prompt.prefix.length).toBeLessThan(1000);
    const behind = lanes.behind(at(200), order, around);
    expect(behind).toMatchObject({ lane: "far" });
    expect(behind?.prompt.prefix.length).toBeGreaterThan(asked.prompt.prefix.length);
    if (behind === undefined) throw new Error("nothing is behind");
    whole(lanes, behind);
    expect(lanes.behind(at(200), order, around)).toBeUndefined();
    expect(lanes.choose(at(200, 3), order, around)).toMatchObject({ lane: "far", isNew: false, newTokens: 1 });
  });

  it("after a jump the short one is made ready first where the next key would wait for either", () => {
    const lanes = new Lanes();
    const near = lanes.nearFirst(at(200), order, around);
    if (near === undefined) throw new Error("the short one is not wanted");
    expect(near.lane).toBe("near");
    lanes.processed(near, processed(100, 500), "");
    expect(lanes.nearFirst(at(200), order, around)).toBeUndefined();
    expect(lanes.choose(at(200, 1), order, around)).toMatchObject({ lane: "near", newTokens: 1 });
    const fast = new Lanes();
    for (let index = 0; index < 20; index++) fast.measured(1000, 100);
    expect(fast.nearFirst(at(200), order, around)).toBeUndefined();
  });

  it("the long one is asked at once where it is short or the machine is fast", () => {
    expect(new Lanes().choose(at(2), order, around).lane).toBe("far");
    const fast = new Lanes();
    for (let index = 0; index < 20; index++) fast.measured(1000, 100);
    expect(fast.choose(at(200), order, around).lane).toBe("far");
  });

  it("counts what was processed of a prompt that was cut off", () => {
    const lanes = new Lanes();
    const asked = lanes.behind(at(200), order, around);
    if (asked === undefined) throw new Error("nothing is behind");
    lanes.processed(asked, processed(50), "");
    const rest = lanes.behind(at(200), order, around);
    expect(rest?.newTokens).toBeLessThan(asked.newTokens * 0.6);
    expect(rest?.newTokens).toBeGreaterThan(asked.newTokens * 0.4);
  });

  it("counts what was generated as processed, since it was typed from there", () => {
    const lanes = new Lanes();
    const first = lanes.choose(snapshotAt("let a = |"), order, around);
    lanes.processed(first, processed(100), "compute(1);");
    expect(lanes.choose(snapshotAt("let a = compute(1);|"), order, around).newTokens).toBe(1);
  });

  it("knows nothing any more when the engine has lost its KV caches", () => {
    const lanes = new Lanes();
    whole(lanes, lanes.choose(at(2), order, around));
    lanes.reset();
    expect(lanes.choose(at(2), order, around).newTokens).toBeGreaterThan(5);
  });

  it("does not take a few tokens for a measure of pp", () => {
    const lanes = new Lanes();
    const before = lanes.tokensPerSecond;
    lanes.measured(3, 20);
    expect(lanes.tokensPerSecond).toBe(before);
    lanes.measured(300, 1000);
    expect(lanes.tokensPerSecond).toBe(300);
  });
});
