import { describe, expect, it } from "vitest";
import type { ModelId, ModelState, TimingRecord } from "../../src/engine/backend";
import { PaddockError } from "../../src/platform/core/errors";
import { speedReport, speedSummary } from "../../src/speed/core/speedReport";
import { statusOf } from "../../src/speed/core/status";
import { TimingHistory } from "../../src/speed/core/timingHistory";

const modelA = "a" as ModelId;

function record(over: { model?: string; tg?: number | null; at?: number } = {}): TimingRecord {
  return {
    at: over.at ?? 0,
    model: (over.model ?? "a") as ModelId,
    feature: "chat",
    stopReason: "end",
    timings: {
      prompt_n: 10,
      cache_n: 5,
      prompt_ms: 100,
      prompt_per_second: 100,
      predicted_n: 20,
      predicted_ms: 190,
      predicted_per_second: over.tg === undefined ? 100 : over.tg,
      draft_n: 0,
      draft_n_accepted: 0,
      queue_ms: 0,
      paused_ms: 0,
      ttft_ms: 101,
      tpot_ms: 10,
      itl_ms: { p50: 10, p95: 12, p99: 13 },
    },
    machine: {
      backend: "cpu",
      threads: 2,
      gpuLayers: 0,
      batchSize: 512,
      contextSize: 8192,
      contextUsed: 35,
      rssBytes: 1,
      vramBytes: 0,
      identityKey: "k",
    },
  };
}

describe("TimingHistory", () => {
  it("drops the oldest beyond its capacity and tells of every record", () => {
    const history = new TimingHistory(3);
    const heard: number[] = [];
    history.onDidRecord(({ at }) => heard.push(at));
    for (let at = 0; at < 5; at++) history.record(record({ at }));
    expect(history.all().map(({ at }) => at)).toEqual([2, 3, 4]);
    expect(heard).toEqual([0, 1, 2, 3, 4]);
  });

  it("finds the last figure of a model and passes over answers too short to have one", () => {
    const history = new TimingHistory();
    history.record(record({ tg: 50 }));
    history.record(record({ tg: null }));
    history.record(record({ model: "b", tg: 70 }));
    expect(history.lastWithSpeed("a")?.timings.predicted_per_second).toBe(50);
    expect(history.lastWithSpeed("c")).toBeUndefined();
  });
});

describe("statusOf", () => {
  const failed: ModelState = { status: "failed", error: new PaddockError("engine/crashed", "It crashed.") };

  it("shows the percentage while loading and no speed", () => {
    expect(statusOf({ status: "loading", fraction: 0.437 }, record())).toMatchObject({
      kind: "loading",
      percent: 43,
      tokensPerSecond: null,
    });
  });

  it("shows an error only when the engine has given up", () => {
    expect(statusOf(failed, undefined).severity).toBe("error");
    expect(statusOf({ status: "restarting", attempt: 1, reason: "crash" }, undefined).severity).toBe("normal");
  });
});

describe("speedReport", () => {
  it("teaches when there is nothing yet", () => {
    expect(speedReport([])).toContain("Ask something");
  });

  it("lists newest first and never lets a model's name become markup", () => {
    const report = speedReport([
      record({ model: "old", at: 1000 }),
      record({ model: "[x](command:evil)|<b>", at: 2000 }),
    ]);
    expect(report).toContain("\\[x\\]\\(command:evil\\)\\|\\<b\\>");
    expect(report.indexOf("evil")).toBeLessThan(report.indexOf("old"));
  });

  it("prints a dash where there is no figure", () => {
    expect(speedReport([record({ model: modelA, tg: null })])).toContain("| 20 | – | 101.0 |");
  });
});

describe("speedSummary", () => {
  it("teaches when there is nothing yet", () => {
    expect(speedSummary([])).toContain("Ask something");
  });

  it("has no table, and names a model once for the requests that follow each other", () => {
    const summary = speedSummary([
      record({ model: "b", at: 1000 }),
      record({ model: "[x](command:evil)", at: 2000, tg: null }),
      record({ model: "[x](command:evil)", at: 3000, tg: 70 }),
    ]);
    expect(summary).not.toContain("|");
    expect(summary.match(/evil/g)).toHaveLength(1);
    expect(summary).toContain("**\\[x\\]\\(command:evil\\)** · CPU · threads: 2");
    expect(summary).toMatch(
      /- \d\d:\d\d:\d\d chat: TTFT 101 ms · pp 100 tok\/s · tg 70\.0 tok\/s · 15 in · 5 cached · 20 out/,
    );
    expect(summary.indexOf("70.0")).toBeLessThan(summary.indexOf("**b**"));
  });
});
