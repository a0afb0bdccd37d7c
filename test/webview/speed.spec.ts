import { expect, test } from "@playwright/test";
import type { SpeedView } from "../../src/speed/core/speedContract";
import { themes } from "../support/themes";
import { expectAccessible } from "../support/webviewPage";
import { openSpeed, requests, roofline, row, speedView, tune } from "./speedPage";

const wanted = (tab: SpeedView["wanted"]["tab"]) => ({ wanted: { turn: 1, tab, file: null } });
const views: Record<string, SpeedView> = {
  benchmark: speedView(),
  running: speedView({
    rows: [],
    running: {
      ...{ kind: "benchmark", label: "starter-Q4_0.gguf: tg128 @ d4096", fraction: 0.42, timeLeftMs: 95_000 },
      isPaused: false,
    },
    failure: { message: "The engine crashed.", remedy: "What was measured is kept." },
  }),
  stopped: speedView({
    resumable: { reason: "The benchmark was cancelled. What was measured is kept: 3 results.", missing: 2 },
    regressions: ["starter-Q4_0.gguf, tg128: 12% slower (± 3.1%) with llama.cpp b6000 than with b5900."],
    notice: "3 results were imported.",
  }),
  roofline: speedView({ ...wanted("roofline"), roofline }),
  tuning: speedView({ ...wanted("tuning"), tune }),
  requests: speedView({ ...wanted("requests"), requests: requests() }),
};

for (const theme of Object.keys(themes))
  for (const width of [380, 1280])
    for (const [name, view] of Object.entries(views))
      test(`is accessible and fits: ${name}, ${theme}, ${width} px`, async ({ page }) => {
        await page.setViewportSize({ width, height: 1200 });
        const { frame, problems } = await openSpeed(page, view, theme);
        await expect(frame.getByRole("tabpanel")).toBeVisible();
        await expectAccessible(page);
        await page.screenshot({ path: `test-results/speed-${name}-${theme}-${width}.png` });
        const overflow = await frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
        expect(problems).toEqual([]);
      });

test("a benchmark is asked for with what the boxes say, and not with what is no number", async ({ page }) => {
  const { frame, calls, problems } = await openSpeed(page, speedView());
  const asked = () => calls.filter(({ method }) => method === "benchmark").map(({ params }) => params);
  const tests = frame.getByLabel("Tests", { exact: true });
  await tests.fill("pp512, nonsense");
  await frame.getByRole("button", { name: "Start" }).click();
  await expect(tests).toBeFocused();
  await expect(tests).toHaveAttribute("aria-invalid", "true");
  await expect(tests).toHaveAccessibleDescription(/Separate tests by commas/);
  expect(asked()).toEqual([]);
  await tests.fill("pp16, tg8 @ d32");
  await frame.getByText("Compare settings").click();
  await frame.getByLabel("Threads").fill("1-2");
  await frame.getByLabel("Batch sizes").fill("64, 128");
  await frame.getByRole("checkbox", { name: "Q8_0" }).check();
  await frame.getByRole("group", { name: "Flash attention" }).getByRole("checkbox", { name: "on" }).check();
  await frame.getByRole("checkbox", { name: "bigger-1B-Q4_K_M.gguf" }).check();
  await frame.getByLabel("Repetitions").fill("2");
  await frame.getByLabel("Repetitions").press("Enter");
  await expect.poll(asked).toEqual([
    {
      ...{ files: ["/m/starter-Q4_0.gguf", "/m/bigger-1B-Q4_K_M.gguf"], repetitions: 2 },
      tests: [
        { promptTokens: 16, generatedTokens: 0, depth: 0 },
        { promptTokens: 0, generatedTokens: 8, depth: 32 },
      ],
      ...{ threads: [1, 2], batchSizes: [64, 128], gpuLayers: [], flashAttention: [true], kvCacheTypes: ["Q8_0"] },
    },
  ]);
  expect(problems).toEqual([]);
});

test("what is often asked for goes as deep as all chosen models allow", async ({ page }) => {
  const { frame } = await openSpeed(page, speedView());
  const tests = frame.getByLabel("Tests", { exact: true });
  const deepest = frame.getByRole("button", { name: "As deep as the context allows" });
  await frame.getByRole("button", { name: "Also at depth" }).click();
  await expect(tests).toHaveValue("pp512, tg128, pp512 @ d512, tg128 @ d512, pp512 @ d4096, tg128 @ d4096");
  await deepest.click();
  await expect(tests).toHaveValue(/tg128 @ d4096, pp512 @ d7168, tg128 @ d7168$/);
  await frame.getByRole("checkbox", { name: "bigger-1B-Q4_K_M.gguf" }).check();
  await deepest.click();
  await expect(tests).toHaveValue(/tg128 @ d7168$/);
  await frame.getByRole("checkbox", { name: "starter-Q4_0.gguf" }).uncheck();
  await deepest.click();
  await expect(tests).toHaveValue(/tg128 @ d65536, pp512 @ d130048, tg128 @ d130048$/);
});

test("the page scrolls, and names below bars are whole in a narrow panel", async ({ page }) => {
  await page.setViewportSize({ width: 380, height: 500 });
  const { frame } = await openSpeed(page, speedView({ ...wanted("roofline"), roofline }));
  await page.mouse.move(190, 250);
  await page.mouse.wheel(0, 200);
  await expect.poll(() => frame.evaluate(() => document.body.scrollTop)).toBeGreaterThan(100);
  const names = frame.locator("paddock-speed-chart .tick", { hasText: "MiB" });
  await expect(names).toHaveText(["1.0 MiB", "4.0 MiB", "16.0 MiB", "64.0 MiB", "256 MiB"]);
  const left = await names.evaluateAll((ticks) => ticks.map((tick) => tick.getBoundingClientRect().left));
  for (const at of left) expect(at).toBeGreaterThan(0);
});

for (const theme of Object.keys(themes))
  test(`every part of a token has a colour of its own, in the bar as in the table: ${theme}`, async ({ page }) => {
    const { frame } = await openSpeed(page, speedView({ ...wanted("roofline"), roofline }), theme);
    const coloursOf = (bars: string) =>
      frame.locator(bars).evaluateAll((all) => all.map((bar) => getComputedStyle(bar).fill));
    await expect(frame.locator(".part-bar .bar")).toHaveCount(7);
    const colours = await coloursOf(".part-bar .bar");
    expect(new Set(colours).size).toBe(7);
    expect(await coloursOf("th .bar")).toEqual(colours);
  });

test("a command's model is the one that is chosen, once", async ({ page }) => {
  const { frame, tell } = await openSpeed(page, speedView());
  const bigger = frame.getByRole("checkbox", { name: "bigger-1B-Q4_K_M.gguf" });
  await expect(bigger).not.toBeChecked();
  await tell("view", speedView({ wanted: { turn: 1, tab: "benchmark", file: "/m/bigger-1B-Q4_K_M.gguf" } }));
  await expect(bigger).toBeChecked();
  await expect(frame.getByRole("checkbox", { name: "starter-Q4_0.gguf" })).not.toBeChecked();
  await bigger.uncheck();
  await tell("view", speedView({ wanted: { turn: 1, tab: "benchmark", file: "/m/bigger-1B-Q4_K_M.gguf" } }));
  await expect(bigger).not.toBeChecked();
});

test("charts go from point to point by keyboard, and their figures stand in a table", async ({ page }) => {
  const { frame } = await openSpeed(page, speedView());
  const point = frame.locator("paddock-speed-chart .point");
  await point.first().focus();
  await page.keyboard.press("ArrowRight");
  await expect(point.nth(1)).toBeFocused();
  await expect(point.nth(1)).toHaveAccessibleName(/Tokens in the KV cache 512: [\d.]+ tok\/s ± 1\.4 tok\/s/);
  await page.keyboard.press("End");
  await expect(point.last()).toBeFocused();
  const table = frame.getByRole("region", { name: "Text generation against depth, as a table" });
  await expect(table.getByRole("row")).toHaveCount(1 + 7);
  await frame.getByRole("radio", { name: "pp by batch" }).check();
  await expect(frame.getByRole("heading", { name: "Prompt processing against batch size" })).toBeVisible();
  await expect(point).toHaveCount(4);
  await frame.getByRole("radio", { name: "models" }).check();
  await expect(frame.locator("paddock-speed-chart .bar").first()).toBeVisible();
  await page.screenshot({ path: "test-results/speed-models.png" });
  await frame.getByRole("radio", { name: "history" }).check();
  await frame.getByRole("combobox", { name: "Model" }).selectOption("b");
  await expect(point).toHaveCount(3);
  await page.screenshot({ path: "test-results/speed-history.png" });
});

test("results say what they are worth, and a filter shows fewer", async ({ page }) => {
  const { frame, tell } = await openSpeed(page, speedView());
  await expect(frame.locator('tr[data-row="pp-64"]')).toContainText("good");
  await expect(frame.locator('tr[data-row="pp-128"]')).toContainText("Other programs took 1.3 cores meanwhile.");
  await expect(frame.locator('tr[data-row="imported"]')).toContainText("not measured here");
  await frame.getByRole("searchbox", { name: "Filter" }).fill("bigger d4096");
  await expect(frame.locator("table.results tbody tr")).toHaveCount(1);
  await frame.getByRole("searchbox", { name: "Filter" }).fill("");
  const again = row({ id: "again", mean: 120, at: Date.UTC(2026, 9, 2) });
  await tell("view", speedView({ rows: [...speedView().rows, again] }));
  await expect(frame.locator('tr[data-row="again"]')).toHaveCount(1);
  await expect(frame.locator('tr[data-row="tg-0"]')).toHaveCount(0);
  await frame.getByRole("checkbox", { name: "Only the newest of each" }).uncheck();
  await expect(frame.locator('tr[data-row="tg-0"]')).toHaveCount(1);
});

test("work shows how far it is, is cancelled, and what is missing is resumed", async ({ page }) => {
  const { frame, calls, tell } = await openSpeed(page, views.running ?? speedView());
  await expect(frame.locator(".work")).toContainText("42% · about 1 min 35 s left");
  const running = views.running?.running ?? null;
  await tell("view", speedView({ running: running && { ...running, isPaused: true } }));
  await expect(frame.locator(".work.paused")).toContainText("42% · paused while you work");
  await tell("view", views.running);
  await expect(frame.getByRole("button", { name: "Start" })).toBeDisabled();
  await frame.getByRole("button", { name: "Cancel" }).click();
  await tell("view", views.stopped);
  await frame.getByRole("button", { name: "Resume" }).click();
  await frame.getByRole("button", { name: "Dismiss" }).click();
  await frame.getByRole("button", { name: "Export…" }).click();
  await frame.getByRole("button", { name: "Import…" }).click();
  await frame.getByRole("button", { name: "Clear…" }).click();
  await expect
    .poll(() => calls.map(({ method }) => method))
    .toEqual(["ready", "cancel", "resume", "dismiss", "exportResults", "importResults", "clearHistory"]);
});

test("tabs by keyboard; what is explained, tuned and applied is asked of the host", async ({ page }) => {
  const { frame, calls, problems } = await openSpeed(page, speedView({ roofline, tune, requests: requests() }));
  await frame.getByRole("tab", { name: "Benchmark" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(frame.getByRole("tab", { name: "Roofline" })).toBeFocused();
  await expect(frame.getByRole("tab", { name: "Roofline" })).toHaveAttribute("aria-selected", "true");
  await expect(frame.getByText("tg is 87% of what this memory allows.")).toBeVisible();
  await frame.getByRole("combobox", { name: "Model" }).selectOption("/m/bigger-1B-Q4_K_M.gguf");
  await frame.getByRole("button", { name: "Explain Where Its Time Goes" }).click();
  await frame.getByRole("button", { name: "Measure This Machine Again" }).click();
  await frame.getByRole("tab", { name: "Roofline" }).press("ArrowRight");
  await frame.getByLabel("Minutes").fill("soon");
  await frame.getByRole("button", { name: "Tune", exact: true }).click();
  await expect(frame.getByLabel("Minutes")).toHaveAttribute("aria-invalid", "true");
  await frame.getByLabel("Minutes").fill("0.5");
  await frame.getByRole("checkbox", { name: "KV caches of fewer bits" }).check();
  await frame.getByRole("button", { name: "Tune", exact: true }).click();
  await frame.getByRole("button", { name: "Apply: 6 threads, batch 256" }).click();
  await frame.getByRole("button", { name: "Undo: starter-Q4_0.gguf" }).click();
  await expect
    .poll(() => calls.slice(1).map(({ method, params }) => [method, params]))
    .toEqual([
      ["explain", { file: "/m/bigger-1B-Q4_K_M.gguf" }],
      ["probe", {}],
      ["tune", { file: "/m/starter-Q4_0.gguf", minutes: 0.5, kvCacheTypes: true, lookup: true }],
      ["applyTuning", { offer: "0" }],
      ["undoTuning", { id: "/m/starter-Q4_0.gguf" }],
    ]);
  await frame.getByRole("tab", { name: "Tuning" }).press("End");
  await expect(frame.getByText("Since 10/6/2026, TTFT is 30% higher")).toBeVisible();
  await frame.getByRole("combobox", { name: "Figure" }).selectOption("tg");
  await expect(frame.getByRole("heading", { name: "How tg is spread" })).toBeVisible();
  await frame.getByRole("combobox", { name: "Requests of" }).selectOption("completion");
  await expect(frame.getByRole("heading", { name: "How TTFT is spread" })).toBeVisible();
  expect(problems).toEqual([]);
});

test("by keyboard alone from a benchmark to a tuning, applied and undone: it is never lost", async ({ page }) => {
  const { frame, calls, tell, problems } = await openSpeed(page, speedView());
  const button = (name: string) => frame.getByRole("button", { name, exact: true });
  const running = views.running?.running ?? null;
  /** Goes on with Tab, as a person who looks for it does. */
  const tabTo = async (name: string): Promise<void> => {
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press("Tab");
      if (await button(name).evaluate((element) => element === document.activeElement)) return;
    }
    await expect(button(name)).toBeFocused();
  };
  await frame.getByRole("tab", { name: "Benchmark" }).focus();
  await tabTo("Start");
  await page.keyboard.press("Enter");
  await tell("view", speedView({ running }));
  await expect(button("Start")).toBeDisabled();
  await expect(button("Start")).toBeFocused();
  await page.keyboard.press("Enter");
  await button("Cancel").focus();
  await page.keyboard.press("Enter");
  await tell("view", views.stopped);
  await expect(button("Resume")).toBeFocused();
  await page.keyboard.press("Enter");
  await tell("view", speedView({ running }));
  await expect(frame.getByRole("tab", { name: "Benchmark" })).toBeFocused();
  await tell("view", speedView());
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(frame.getByRole("tab", { name: "Tuning" })).toBeFocused();
  await tabTo("Tune");
  await page.keyboard.press("Enter");
  const found = (applied: string | undefined): SpeedView => {
    const offers = tune.run?.offers.map((offer) => ({ ...offer, isApplied: offer.id === applied })) ?? [];
    const tuned = applied === undefined ? [] : tune.tuned;
    return speedView({ tune: { run: tune.run && { ...tune.run, offers }, tuned } });
  };
  await tell("view", found(undefined));
  await expect(button("Tune")).toBeFocused();
  await tabTo("Apply: 6 threads, batch 256");
  await page.keyboard.press("Enter");
  await tell("view", found("0"));
  await expect(button("Undo: starter-Q4_0.gguf")).toBeFocused();
  await page.keyboard.press("Enter");
  await tell("view", found(undefined));
  await expect(button("Apply: 6 threads, batch 256")).toBeFocused();
  await expect
    .poll(() => calls.map(({ method }) => method))
    .toEqual(["ready", "benchmark", "cancel", "resume", "tune", "applyTuning", "undoTuning"]);
  expect(problems).toEqual([]);
});

test("names that act instead of being seen are shown, and a view that is no view is not", async ({ page }) => {
  const hostile = row({ id: "x", mean: 1, model: "model\u202Efugg.<b>exe</b>" });
  const { frame, tell, calls } = await openSpeed(page, speedView({ rows: [hostile] }));
  await expect(frame.locator("table.results tbody th")).toContainText("model[U+202E]fugg.<b>exe</b>");
  await tell("view", { rows: "all" });
  await expect.poll(() => calls.some(({ method }) => method === "problem")).toBe(true);
  await expect(frame.locator("table.results tbody th")).toContainText("fugg");
});
