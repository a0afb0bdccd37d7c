import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Emitter } from "../../src/platform/core/event";
import { benchChart } from "../../src/speed/core/benchCharts";
import { depthsWithin, readNumbers, readTests, testsAtDepths, writeTests } from "../../src/speed/core/benchText";
import { chartOf, MOST_SERIES } from "../../src/speed/core/chart";
import { binsOf, requestViews } from "../../src/speed/core/requestViews";
import type { RequestRecord } from "../../src/speed/core/requestHistory";
import { PauseWatch } from "../../src/speed/node/pauseWatch";
import { WorkBench } from "../../src/speed/node/workBench";
import { chartLayout, roundNumbers } from "../../src/speed/webview/chartLayout";
import { arrowTarget } from "../../src/ui/arrowKeys";
import { benchRows, row } from "../webview/speedPage";

describe("tests and numbers as people write them", () => {
  it("are read by llama-bench's names and written back the same", () => {
    const text = "pp512, tg128 @ d4096, pp64+tg16";
    expect(readTests(text)).toEqual([
      { promptTokens: 512, generatedTokens: 0, depth: 0 },
      { promptTokens: 0, generatedTokens: 128, depth: 4096 },
      { promptTokens: 64, generatedTokens: 16, depth: 0 },
    ]);
    expect(writeTests(readTests(text) ?? [])).toBe(text);
    expect(readTests(" PP8 , tg4@16 ")?.map(({ depth }) => depth)).toEqual([0, 16]);
    expect(readTests(writeTests(testsAtDepths([512])))).toEqual(testsAtDepths([512]));
  });

  it.each<[number, number[]]>([
    [512, []],
    [1024, []],
    [1025, [512]],
    [2048, [512, 1024]],
    [4096, [512, 3072]],
    [8192, [512, 4096, 7168]],
    [32_768, [512, 4096, 16_384, 31_744]],
    [40_960, [512, 4096, 16_384, 39_936]],
    [131_072, [512, 4096, 16_384, 65_536, 130_048]],
    [4e9, [512, 4096, 16_384, 65_536, 262_144, 1_047_552]],
  ])("reach what a context of %d tokens allows", (contextSize, depths) => {
    expect(depthsWithin(contextSize)).toEqual(depths);
  });

  it.each(["", "tg", "pp512 tg", "512", "@ d512", "pp512; tg128", "pp0", "pp99999999"])("are refused as %j", (text) => {
    expect(readTests(text)).toBeUndefined();
  });

  it("are lists and ranges in bounds, each once", () => {
    expect(readNumbers("1, 2-4, 3", 1, 512)).toEqual([1, 2, 3, 4]);
    expect(readNumbers("", 1, 512)).toEqual([]);
    for (const wrong of ["0", "513", "4-2", "1-40", "a", "1.5", "-1"])
      expect(readNumbers(wrong, 1, 512)).toBeUndefined();
  });
});

describe("charts of results", () => {
  it("put tg against depth, a line a model and machine, the newest of what was measured again", () => {
    const again = row({ id: "again", mean: 200, at: Date.UTC(2027, 0, 1) });
    const chart = benchChart("depth", [...benchRows(), again]);
    expect(chart?.across).toBe("number");
    expect(chart?.series.map(({ points }) => points.map(({ x }) => x))).toEqual([[0, 512, 4096], [0, 512, 4096], [0]]);
    expect(chart?.series[0]?.points.map(({ y }) => y)).toEqual([200, 98, 84]);
    expect(chart?.series.map(({ name }) => name)).toEqual([
      "starter-Q4_0.gguf · ngl 0 · A CPU, CPU, llama.cpp b6000",
      "bigger-1B-Q4_K_M.gguf · ngl 0 · A CPU, CPU, llama.cpp b6000",
      "starter-Q4_0.gguf · ngl 99 · Another CPU, CUDA (A GPU), llama.cpp b5900",
    ]);
  });

  it("put pp against batch size with its deviation, and nothing where nothing was measured", () => {
    const chart = benchChart("batch", benchRows());
    expect(chart?.series).toHaveLength(1);
    expect(chart?.series[0]?.points.map(({ x, error }) => [x, error])).toEqual([
      [64, 6],
      [128, 6],
      [256, 6],
      [512, 6],
    ]);
    expect(benchChart("batch", [row({ id: "tg", mean: 1 })])).toBeUndefined();
  });

  it("put models side by side at their best, and one model's history over time", () => {
    const models = benchChart("models", benchRows());
    expect(models?.names).toHaveLength(3);
    const pp = models?.series.find(({ name }) => name === "pp512");
    expect(pp?.points.map(({ y }) => y)).toEqual([705]);
    const later = row({ id: "later", mean: 90, at: Date.UTC(2026, 10, 1) });
    const history = benchChart("history", [later, row({ id: "sooner", mean: 100 })]);
    expect(history?.series[0]?.points.map(({ y }) => y)).toEqual([100, 90]);
  });

  it("say how many series there was no room for", () => {
    const points = [{ x: 0, y: 1, error: 0, at: "0" }];
    const many = Array.from({ length: MOST_SERIES + 3 }, (_, index) => ({ name: `${index}`, points }));
    expect(chartOf("number", many)).toMatchObject({ leftOut: 3 });
    expect(chartOf("number", [{ name: "empty", points: [] }])).toBeUndefined();
  });

  it("stay inside their frame, with error bars and bars down to the axis", () => {
    for (const kind of ["depth", "batch", "models", "history"] as const) {
      const chart = benchChart(kind, benchRows());
      if (chart === undefined) throw new Error(`There is a chart of ${kind}.`);
      const { plot, points, xTicks, yTicks } = chartLayout(chart, 400, 260);
      for (const { x, y, span } of points) {
        expect(x).toBeGreaterThanOrEqual(plot.x);
        expect(x).toBeLessThanOrEqual(plot.x + plot.width);
        expect(Math.min(y, span?.[0] ?? y)).toBeGreaterThanOrEqual(plot.y - 0.01);
        expect(Math.max(y, span?.[1] ?? y)).toBeLessThanOrEqual(plot.y + plot.height + 0.01);
      }
      expect(xTicks.length).toBeGreaterThan(0);
      expect(yTicks.length).toBeGreaterThan(2);
    }
    expect(roundNumbers(97, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  });
});

describe("arrow keys in a row of items", () => {
  it("stop at its ends or go on around, and other keys lead nowhere", () => {
    expect(["ArrowRight", "ArrowLeft", "Home", "End"].map((key) => arrowTarget(key, 2, 3))).toEqual([2, 1, 0, 2]);
    expect(arrowTarget("ArrowRight", 2, 3, { wraps: true })).toBe(0);
    expect(arrowTarget("ArrowLeft", 0, 3, { wraps: true })).toBe(2);
    expect(arrowTarget("ArrowDown", 0, 3)).toBeUndefined();
    expect(arrowTarget("ArrowDown", 0, 3, { vertical: true })).toBe(1);
    expect(arrowTarget("ArrowUp", 0, 3, { vertical: true })).toBe(0);
    expect(arrowTarget("Enter", 0, 3, { vertical: true })).toBeUndefined();
    expect(arrowTarget("End", 0, 0)).toBeUndefined();
  });
});

describe("names below bars", () => {
  const bars = (names: readonly string[], width: number) => {
    const points = names.map((at, x) => ({ x, y: 1, error: 0, at }));
    const chart = chartOf("names", [{ name: "", points }], names);
    if (chart === undefined) throw new Error("There is a chart.");
    return chartLayout(chart, width, 260);
  };
  const sizes = ["4.0 MiB", "16.0 MiB", "64.0 MiB", "256 MiB", "512 MiB"];
  const texts = (names: readonly string[], width: number) => bars(names, width).xTicks.map(({ text }) => text);

  it("lie where they fit, and are whole aslant where they don't", () => {
    expect(bars(sizes, 700)).toMatchObject({ isSlanted: false, height: 260 });
    expect(texts(sizes, 700)).toEqual(sizes);
    const narrow = bars(sizes, 260);
    expect(narrow.isSlanted).toBe(true);
    expect(texts(sizes, 260)).toEqual(sizes);
    // The plot has lost nothing, and what the axis is called stands below the names.
    expect(narrow.plot.height).toBe(bars(sizes, 700).plot.height);
    expect(narrow.height).toBeGreaterThan(260);
    expect(narrow.plot.y + narrow.plot.height + narrow.xNameBelow).toBeLessThan(narrow.height);
  });

  it("of many stand apart, of long ones the end is kept, and none begins left of the page", () => {
    const many = Array.from({ length: 20 }, (_, index) => `≤ ${index * 100} ms`);
    const { xTicks } = bars(many, 300);
    expect(xTicks.length).toBeLessThan(20);
    for (const [index, { at }] of xTicks.entries())
      expect(at - (xTicks[index - 1]?.at ?? -Infinity)).toBeGreaterThan(19);
    const files = ["a", "b", "c", "d"].map((one) => `a-model-with-a-very-long-name-${one}-Q4_K_M.gguf`);
    for (const { at, text } of bars(files, 320).xTicks) {
      expect(text).toMatch(/^…[\w-]*Q4_K_M$/);
      expect(at - text.length * 7 * Math.cos((40 * Math.PI) / 180)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("the timings of requests", () => {
  const day = (days: number): number => Date.UTC(2026, 2, 1 + days, 12);
  const request = (days: number, ttft: number): RequestRecord => ({
    ...{ at: day(days), model: "m", feature: "chat", stopReason: "eos" },
    timings: {
      ...{ prompt_n: 40, cache_n: 0, prompt_ms: 100, prompt_per_second: 400, predicted_n: 50, predicted_ms: 490 },
      ...{ predicted_per_second: 100, draft_n: 0, draft_n_accepted: 0, queue_ms: 0, paused_ms: 0, ttft_ms: ttft },
      ...{ tpot_ms: 10, itl_ms: { p50: 10, p95: 12, p99: 15 } },
    },
    machine: { backend: "cpu", threads: 4, gpuLayers: 0, batchSize: 512, contextSize: 4096, contextUsed: 90 },
  });
  const words = {
    model: () => "Starter",
    feature: (name: string) => name,
    change: (metric: string) => `${metric} changed`,
  };

  it("are told by model and feature, with their spread, their days and since when they changed", () => {
    const records = [
      ...Array.from({ length: 30 }, (_, index) => request(index % 3, 100 + (index % 5))),
      ...Array.from({ length: 30 }, (_, index) => request(3 + (index % 3), 200 + (index % 5))),
    ];
    const [group, ...others] = requestViews(records, words);
    expect(others).toEqual([]);
    expect(group).toMatchObject({ model: "Starter", feature: "chat", count: 60 });
    const ttft = group?.metrics.find(({ metric }) => metric === "ttft");
    expect(ttft?.change).toBe("ttft changed");
    expect(ttft?.trend.map(({ count }) => count)).toEqual([10, 10, 10, 10, 10, 10]);
    expect(ttft?.bins.reduce((sum, { count }) => sum + count, 0)).toBe(60);
    expect(group?.metrics.find(({ metric }) => metric === "tg")?.change).toBeNull();
  });

  it("lie in bins of equal width, strays in the last, all counted", () => {
    const values = [...Array.from({ length: 400 }, (_, index) => index % 100), 100_000];
    const bins = binsOf(values);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(401);
    expect(bins.at(-1)?.to).toBe(100_000);
    expect(bins[0]?.count).toBeGreaterThan(10);
    expect(binsOf([])).toEqual([]);
    expect(binsOf([5, 5])).toEqual([{ from: 5, to: 5, count: 2 }]);
  });
});

describe("one measurement at a time", () => {
  const changes = new Emitter<undefined>();
  let isBusy = false;
  const bench = () => {
    const told: unknown[] = [];
    const ignore = (): void => undefined;
    return {
      told,
      works: new WorkBench({
        ...{ urgent: { isBusy: () => isBusy, onDidChange: changes.event }, changed: ignore, announce: ignore },
        note: ignore,
        fail: (error) => told.push(error),
      }),
    };
  };

  it("refuses a second one, and says how far the first is", async () => {
    const { works } = bench();
    let end = (): void => undefined;
    const first = works.run("probe", "first", async (work) => {
      work.update({ fraction: 0.5 });
      await new Promise<void>((resolve) => (end = resolve));
    });
    expect(await works.run("probe", "second", () => Promise.resolve())).toBe(false);
    const view = { kind: "probe", label: "first", fraction: 0.5, timeLeftMs: null };
    expect(works.running()).toEqual({ ...view, isPaused: false });
    isBusy = true;
    changes.fire(undefined);
    await expect.poll(() => works.running()).toEqual({ ...view, isPaused: true });
    isBusy = false;
    end();
    expect(await first).toBe(true);
    expect(works.running()).toBeNull();
  });

  it("waits for what is cancelled, tells a failure, and keeps quiet about a cancel", async () => {
    const { works, told } = bench();
    let kept = false;
    const first = works.run("tune", "", (work) => {
      return new Promise<void>((_, reject) => {
        work.signal.addEventListener("abort", () => {
          kept = true;
          reject(work.signal.reason as Error);
        });
      });
    });
    await works.cancel();
    expect(kept).toBe(true);
    expect(await first).toBe(true);
    await works.run("tune", "", () => Promise.reject(new Error("broken")));
    expect(told.map(String)).toEqual(["Error: broken"]);
  });
});

describe("what is measured waits for what is more urgent", () => {
  const changes = new Emitter<undefined>();
  let busy = false;
  let told: boolean[];
  let watch: PauseWatch;
  const become = (now: boolean): void => {
    busy = now;
    changes.fire(undefined);
  };
  beforeEach(() => {
    vi.useFakeTimers();
    busy = false;
    told = [];
    watch = new PauseWatch({ isBusy: () => busy, onDidChange: changes.event }, () => told.push(watch.isPaused));
  });
  afterEach(() => {
    watch.dispose();
    vi.useRealTimers();
  });

  it("and says so while it lasts, not for moments", () => {
    become(true);
    vi.advanceTimersByTime(100);
    become(false);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([]);
    become(true);
    become(true);
    vi.advanceTimersByTime(200);
    expect(told).toEqual([true]);
    become(false);
    vi.advanceTimersByTime(600);
    expect(told).toEqual([true, false]);
  });

  it("and is not said to go on between one key and the next", () => {
    become(true);
    vi.advanceTimersByTime(200);
    for (let key = 0; key < 5; key++) {
      become(false);
      vi.advanceTimersByTime(300);
      become(true);
      vi.advanceTimersByTime(60);
    }
    expect(told).toEqual([true]);
    watch.dispose();
    become(false);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([true]);
  });
});
