import { describe, expect, it } from "vitest";
import { CompletionStats } from "../../src/completion/core/completionStats";
import { Debounce } from "../../src/completion/core/debounce";
import { reasonAgainstFile } from "../../src/completion/core/fileRules";
import { reasonAgainst } from "../../src/completion/core/when";
import { snapshotAt } from "../support/editorSnapshots";

describe("when the model is asked", () => {
  const asked = { explicit: false, suggestWidget: false, seesSuffix: false };
  it.each([
    ["at a line's end", "return |", undefined],
    ["before what the editor closed", "call(|);", undefined],
    ["inside a word", "re|turn", "insideWord"],
    ["before a word", "return |value", "insideWord"],
    ["before an umlaut's word", "return |über", "insideWord"],
    ["before other text", "a | + b", "midLine"],
    ["in a very long line", `${"x".repeat(1001)}|`, "longLine"],
  ])("%s", (_, marked, reason) => {
    expect(reasonAgainst(snapshotAt(marked), asked)).toBe(reason);
  });

  it("not while the list of suggestions completes the word", () => {
    expect(reasonAgainst(snapshotAt("con|"), { ...asked, suggestWidget: true })).toBe("suggestWidget");
  });

  it("before other text by a model that sees it, and by whoever asks for it", () => {
    expect(reasonAgainst(snapshotAt("a | + b"), { ...asked, seesSuffix: true })).toBeUndefined();
    expect(reasonAgainst(snapshotAt("a | + b"), { ...asked, explicit: true })).toBeUndefined();
    expect(reasonAgainst(snapshotAt("con|"), { ...asked, explicit: true, suggestWidget: true })).toBeUndefined();
    expect(reasonAgainst(snapshotAt("con|st"), { ...asked, explicit: true })).toBe("insideWord");
  });
});

describe("which files are completed", () => {
  const rules = { enabled: true, languages: { "*": true, markdown: false }, exclude: ["**/generated/**", "*.min.js"] };
  const file = { scheme: "file", languageId: "typescript", path: "src/a.ts" };
  it.each([
    ["code", file, rules, undefined],
    ["with suggestions turned off", file, { ...rules, enabled: false }, "off"],
    ["a language turned off", { ...file, languageId: "markdown" }, rules, "languageOff"],
    [
      "a language turned on where all are off",
      file,
      { ...rules, languages: { "*": false, typescript: true } },
      undefined,
    ],
    ["all languages off", file, { ...rules, languages: { "*": false } }, "languageOff"],
    ["a language called like a member of objects", { ...file, languageId: "constructor" }, rules, undefined],
    ["an excluded folder", { ...file, path: "src/generated/a.ts" }, rules, "excluded"],
    ["an excluded name anywhere", { ...file, path: "web/app.min.js" }, rules, "excluded"],
    ["a new file", { ...file, scheme: "untitled" }, rules, undefined],
    ["a notebook's cell", { ...file, scheme: "vscode-notebook-cell" }, rules, undefined],
    ["output", { ...file, scheme: "output" }, rules, "notEditable"],
    ["a comparison's old side", { ...file, scheme: "git" }, rules, "notEditable"],
  ])("%s", (_, document, given, reason) => {
    expect(reasonAgainstFile(document, given)).toBe(reason);
  });
});

describe("how long a key waits", () => {
  const typing = (gap: number, answer: number): Debounce => {
    const debounce = new Debounce();
    for (let key = 0; key < 20; key++) debounce.key(key * gap);
    for (let index = 0; index < 20; index++) debounce.answered(answer);
    return debounce;
  };
  it("not at all before anything is measured, or where answers come before the next key", () => {
    expect(new Debounce().ms).toBe(0);
    expect(typing(150, 60).ms).toBe(0);
  });

  it("until typing has paused where answers come later, and never long", () => {
    expect(typing(120, 400).ms).toBe(180);
    expect(typing(400, 2000).ms).toBe(250);
  });

  it("by what was measured last; pauses to think say nothing", () => {
    const debounce = typing(120, 400);
    for (let index = 0; index < 20; index++) debounce.answered(50);
    expect(debounce.ms).toBe(0);
    const slow = typing(120, 400);
    for (let index = 0; index < 20; index++) slow.key(10_000 + index * 5000);
    expect(slow.ms).toBe(180);
  });
});

describe("the figures of a session", () => {
  const timings = {
    ...{ prompt_n: 10, cache_n: 90, prompt_ms: 20, prompt_per_second: 500, predicted_n: 5, predicted_ms: 30 },
    ...{ predicted_per_second: 130, draft_n: 0, draft_n_accepted: 0, queue_ms: 0, paused_ms: 0, ttft_ms: 21 },
    ...{ tpot_ms: 7, itl_ms: null },
  };
  it("are none before anything happened", () => {
    expect(new CompletionStats().figures()).toMatchObject({ p50: null, cachedShare: null, acceptanceRate: null });
  });

  it("count latencies of requests, not of what was typed through", () => {
    const stats = new CompletionStats();
    for (let ms = 1; ms <= 100; ms++) stats.ended({ shownMs: ms, typedThrough: false, reason: undefined });
    stats.ended({ shownMs: 0.1, typedThrough: true, reason: undefined });
    stats.ended({ shownMs: null, typedThrough: false, reason: "late" });
    expect(stats.figures()).toMatchObject({ p50: 50, p95: 95, shown: 101, reasons: new Map([["late", 1]]) });
  });

  it("count what was cached, wasted, cancelled and accepted", () => {
    const stats = new CompletionStats();
    stats.request(timings, { cancelled: false, wasted: false });
    stats.request(timings, { cancelled: true, wasted: true });
    for (const id of [1, 2, 2, 3, 4]) stats.suggestion(id);
    stats.accepted(2);
    stats.accepted(2);
    stats.accepted(99);
    expect(stats.figures()).toMatchObject({
      ...{ cachedShare: 0.9, wastedShare: 0.5, cancelled: 1, requests: 2, acceptanceRate: 0.25, accepted: 1 },
    });
  });
});
