import { expect, test } from "@playwright/test";
import type { PickerView } from "../../src/picker/core/pickerContract";
import { themes } from "../support/themes";
import { expectAccessible, type WebviewPage } from "../support/webviewPage";
import { figure, ladder, openPicker, pickerView } from "./pickerPage";

const noSpeeds = ladder().map((row) => ({ ...row, pp: null, tg: null, ttft: null }));
const noisy = pickerView({ calibration: { state: "ready", fraction: 0, at: Date.UTC(2026, 5, 1), noise: 0.34 } });
const views: Record<string, PickerView> = {
  ladder: pickerView(),
  uncalibrated: pickerView({
    rows: noSpeeds,
    calibration: { state: "none", fraction: 0, at: null, noise: null },
    recommendation: {
      tone: "none",
      sentence: "No file keeps what you want.",
      reason: "Q2_K comes closest: it takes 4.4 GiB, 0.4 GiB more than you allow.",
      row: "Q2_K",
    },
  }),
  noisy,
  running: pickerView({
    isLooking: true,
    calibration: { state: "running", fraction: 0.37, at: null, noise: null },
    failure: { message: "The model file x.gguf cannot be read.", remedy: "Check its permissions." },
  }),
};

for (const theme of Object.keys(themes))
  for (const width of [380, 1280])
    for (const [name, view] of Object.entries(views))
      test(`is accessible and fits: ${name}, ${theme}, ${width} px`, async ({ page }) => {
        await page.setViewportSize({ width, height: 1000 });
        const picker = await openPicker(page, view, theme);
        await expect(picker.frame.locator(".point").first()).toBeVisible();
        await expectAccessible(page);
        await page.screenshot({ path: `test-results/picker-${name}-${theme}-${width}.png` });
        const overflow = await picker.frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
        expect(picker.problems).toEqual([]);
      });

test("a calibration says so where the machine was busy", async ({ page }) => {
  const picker = await openPicker(page, noisy);
  await expect(picker.frame.getByText("the same work took 34% longer some seconds later")).toBeVisible();
});

test("a calibration of a quiet machine has nothing to say but when it was", async ({ page }) => {
  const picker = await openPicker(page, pickerView());
  await expect(picker.frame.getByText("Calibrated on")).toBeVisible();
  await expect(picker.frame.getByText("some seconds later")).toBeHidden();
});

const names = ({ frame }: WebviewPage) =>
  frame.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-row")));

test("headings sort, say so, and leave unknown figures last", async ({ page }) => {
  const picker = await openPicker(page, pickerView());
  const heading = picker.frame.getByRole("columnheader", { name: "tg" });
  await heading.getByRole("button").click();
  await expect(heading).toHaveAttribute("aria-sort", "descending");
  const byTg = await names(picker);
  expect(byTg[0]).toBe("server");
  expect(byTg[1]).toBe("Q2_K");
  expect(byTg.slice(-2)).toEqual(["BF16", "Q3_K_S"]);
  await heading.getByRole("button").press("Enter");
  await expect(heading).toHaveAttribute("aria-sort", "ascending");
  expect((await names(picker))[0]).toBe("Q8_0");
  expect((await names(picker)).slice(-2)).toEqual(["BF16", "Q3_K_S"]);
  await picker.frame.getByRole("columnheader", { name: "KL div." }).getByRole("button").click();
  await expect(heading).not.toHaveAttribute("aria-sort");
  expect((await names(picker))[0]).toBe("BF16");
});

test("every figure says in words how it is known and how far it may be off", async ({ page }) => {
  const { frame } = await openPicker(page, pickerView());
  const row = frame.locator('tr[data-row="Q5_K_M"]');
  await expect(row).toContainText("0.0081, measured, plus or minus 0.00070, against Llama-3.1-8B-Instruct-Q8_0.gguf");
  await expect(row).toContainText("6.4, measured, plus or minus 0.1");
  await expect(row).toContainText("6.8 GiB, calibrated, plus or minus 102 MiB");
  await expect(row.getByRole("img")).toHaveAccessibleName(
    "weights 5.3 GiB, KV cache 1.0 GiB, compute 266 MiB, vocabulary 195 MiB",
  );
  await expect(frame.locator('tr[data-row="Q6_K"]')).toContainText("0.0034, estimated, within a factor of 3");
  const server = frame.locator('tr[data-row="server"]');
  await expect(server).toContainText("21.0, measured");
  await expect(server).toContainText("The server says no more.");
  await expect(frame.locator('tr[data-row="Q3_K_S"]')).toContainText("cut short");
});

test("by keyboard: from point to point, to the row, and an action there", async ({ page }) => {
  const picker = await openPicker(page, pickerView());
  const { frame } = picker;
  const points = frame.locator(".point");
  await points.first().focus();
  await expect(points.first()).toBeFocused();
  await expect(points.first()).toHaveAttribute("data-row", "Q8_0");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const recommended = frame.locator('.point[data-row="Q5_K_M"]');
  await expect(recommended).toBeFocused();
  await expect(recommended).toHaveAccessibleName(
    "Llama-3.1-8B-Instruct-Q5_K_M.gguf. recommended. on the Pareto front. KL div.: 0.0081, measured, plus or minus 0.00070, against Llama-3.1-8B-Instruct-Q8_0.gguf. tg: 6.4, measured, plus or minus 0.1. Memory: 6.8 GiB, calibrated, plus or minus 102 MiB",
  );
  await page.keyboard.press("End");
  await expect(frame.locator('.point[data-row="Q2_K"]')).toBeFocused();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  const row = frame.locator('tr[data-row="Q8_0"]');
  await expect(row.locator("th")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(row.getByRole("button", { name: "Use: Llama-3.1-8B-Instruct-Q8_0.gguf" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect
    .poll(() => picker.calls.filter(({ method }) => method === "act"))
    .toEqual([{ method: "act", params: { row: "Q8_0", action: "measureSpeed" } }]);
  expect(picker.problems).toEqual([]);
});

test("limits are sent in their units, emptied, and refused where they are no numbers", async ({ page }) => {
  const picker = await openPicker(page, pickerView());
  const { frame } = picker;
  const sent = () => picker.calls.filter(({ method }) => method === "setLimits").map(({ params }) => params);
  const memory = frame.getByLabel("Most memory");
  await memory.fill("6.5");
  await memory.press("Enter");
  await expect.poll(() => sent().at(-1)?.mostMemoryBytes).toBe(6.5 * 1024 ** 3);
  const context = frame.getByLabel("Context size");
  await context.fill("");
  await context.blur();
  await expect(context).toHaveAttribute("aria-invalid", "true");
  await expect(context).toHaveAccessibleDescription("Give a number from 256 to 1048576.");
  expect(sent()).toHaveLength(1);
  await context.fill("4096");
  await context.blur();
  await expect(context).toHaveAttribute("aria-invalid", "false");
  await expect.poll(() => sent().at(-1)?.contextSize).toBe(4096);
  const tg = frame.getByLabel("Least tg");
  await tg.fill("0");
  await tg.blur();
  await expect(tg).toHaveAttribute("aria-invalid", "true");
  await tg.fill("");
  await tg.blur();
  await expect(tg).toHaveAttribute("aria-invalid", "false");
});

test("what is measured replaces what was estimated, and is said politely", async ({ page }) => {
  const { frame, tell } = await openPicker(page, views.uncalibrated ?? pickerView());
  await expect(frame.getByRole("radio", { name: "Speed (tg)" })).toBeDisabled();
  await expect(frame.locator('tr[data-row="Q6_K"]')).toContainText("not calibrated");
  const measured = noSpeeds.map((row) =>
    row.id === "Q6_K" ? { ...row, tg: figure(5.6, "measured", 0.2), pp: figure(99, "measured", 3) } : row,
  );
  await tell("view", pickerView({ rows: measured }));
  await tell("announce", { text: "Measured Q6_K: 5.6 tok/s of text generation." });
  await expect(frame.locator('tr[data-row="Q6_K"]')).toContainText("5.6, measured, plus or minus 0.2");
  await expect(frame.locator(".sr-only[aria-live]")).toHaveText("Measured Q6_K: 5.6 tok/s of text generation.");
  await expect(frame.getByRole("radio", { name: "Speed (tg)" })).toBeChecked();
});

test("calibrating, using and cancelling are asked of the host", async ({ page }) => {
  const picker = await openPicker(page, views.uncalibrated ?? pickerView());
  const { frame } = picker;
  await frame.getByRole("button", { name: "Calibrate This Machine" }).click();
  await picker.tell("view", views.running);
  await frame.getByRole("button", { name: "Cancel", exact: true }).click();
  await frame.getByRole("button", { name: "Cancel: Llama-3.1-8B-Instruct-Q4_K_M.gguf" }).click();
  await frame.getByRole("button", { name: "Use It" }).click();
  await frame.getByRole("button", { name: "Dismiss" }).click();
  await frame.getByRole("combobox", { name: "Model" }).selectOption("b");
  await frame.getByRole("button", { name: "Choose Folder…" }).click();
  await frame.getByRole("button", { name: "Choose Server…" }).click();
  await expect
    .poll(() => picker.calls.map(({ method, params }) => [method, params]))
    .toEqual([
      ["ready", {}],
      ["calibrate", {}],
      ["cancelCalibration", {}],
      ["cancelWork", { row: "Q4_K_M" }],
      ["act", { row: "Q5_K_M", action: "use" }],
      ["dismissFailure", {}],
      ["chooseModel", { key: "b" }],
      ["chooseFolder", {}],
      ["chooseServer", {}],
    ]);
});

test("names that act instead of being seen are shown, and a view that is no view is not", async ({ page }) => {
  const [first] = ladder();
  const hostile = { ...first, name: "model\u202Efugg.<b>exe</b>", quantization: null };
  const picker = await openPicker(page, pickerView({ rows: [hostile as NonNullable<typeof first>] }));
  await expect(picker.frame.locator("tbody th")).toContainText("model[U+202E]fugg.<b>exe</b>");
  await picker.tell("view", { rows: "all" });
  await expect.poll(() => picker.calls.some(({ method }) => method === "problem")).toBe(true);
  await expect(picker.frame.locator("tbody th")).toContainText("fugg");
});

test("a GPU is named with what it has, and a file says how many of its layers go there", async ({ page }) => {
  const GIB = 1024 ** 3;
  const gpu = { totalBytes: 8 * GIB, freeBytes: 6.5 * GIB, unifiedBytes: 0, devices: ["A <GPU> 4060"] };
  const [first, second, ...others] = ladder();
  const placed = (of: typeof first, place: "gpu" | "partly", gpuLayers: number) =>
    of === undefined ? [] : [{ ...of, fit: { place, gpuLayers, layers: 32, largestContext: 8192 } }];
  const rows = [...placed(first, "partly", 12), ...placed(second, "gpu", 33), ...others];
  const machine = { memoryBytes: 16 * GIB, gpu, usableBytes: 21.9 * GIB };
  const { frame, tell } = await openPicker(page, pickerView({ machine, rows }));
  await expect(frame.locator("header")).toContainText("GPU: A <GPU> 4060 · 6.5 GiB of 8.0 GiB free");
  await expect(frame.locator('tr[data-row="BF16"] .fit')).toContainText("Partly GPU");
  await expect(frame.locator('tr[data-row="BF16"] .fit')).toContainText("12 of 32 layers on the GPU");
  await expect(frame.locator('tr[data-row="Q8_0"] .fit')).toContainText("GPU");
  await expect(frame.getByLabel("Most memory")).toHaveAccessibleDescription(/a model can have 21\.9 GiB here/);
  await tell("view", pickerView({ machine: { ...machine, gpu: { ...gpu, unifiedBytes: 8 * GIB } } }));
  await expect(frame.locator("header")).toContainText("shared with the processor");
});

test("what failed stays in sight wherever the page is scrolled to, until it is dismissed", async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 500 });
  const picker = await openPicker(page, pickerView());
  const { frame } = picker;
  await frame.locator("tbody tr").last().scrollIntoViewIfNeeded();
  await expect(frame.getByRole("heading", { level: 1 })).not.toBeInViewport();
  await expect(frame.locator(".failures")).toHaveAttribute("aria-live", "assertive");
  await picker.tell("view", views.running ?? pickerView());
  const failure = frame.locator(".failures .callout");
  await expect(failure).toContainText("The model file x.gguf cannot be read. Check its permissions.");
  await expect(failure).toBeInViewport({ ratio: 1 });
  await page.screenshot({ path: "test-results/picker-failure.png" });
  await frame.getByRole("button", { name: "Dismiss" }).click();
  await picker.tell("view", pickerView());
  await expect(failure).toHaveCount(0);
});

test("a server's model shows what is told of it, and that the rest is not", async ({ page }) => {
  const found = ladder().find(({ id }) => id === "server");
  if (found === undefined) throw new Error("There is a server's row.");
  const told = { parameters: 7.6e9, contextSize: 32_768 };
  const row = { ...found, tg: null, sizeBytes: 4_683_087_332, bitsPerWeight: 4.93, quantization: "Q4_K_M", told };
  const { frame } = await openPicker(page, pickerView({ rows: [row, { ...found, id: "other" }] }));
  const known = frame.locator('tr[data-row="server"]');
  await expect(known).toContainText("Q4_K_M");
  await expect(known).toContainText("llama-3.1-8b");
  await expect(known).toContainText("7.6B parameters · 32,768 tokens of context");
  await expect(known.locator("td", { hasText: /^not told$/ })).toHaveCount(7);
  await expect(frame.locator('tr[data-row="other"]')).toContainText("The server says no more.");
  // Nothing can be drawn, and no limit be held against what nobody knows.
  await expect(frame.locator("paddock-picker-scatter, paddock-picker-limits")).toHaveCount(0);
  await page.screenshot({ path: "test-results/picker-server.png" });
});

test("a download says how far it is, and is paused in place", async ({ page }) => {
  const rows = ladder().map((row) =>
    row.id === "IQ4_XS" ? { ...row, work: { kind: "download" as const, fraction: 0.42 } } : row,
  );
  const picker = await openPicker(page, pickerView({ rows }));
  const row = picker.frame.locator('tr[data-row="IQ4_XS"]');
  await expect(row).toContainText("Downloading 42%");
  await row.getByRole("button", { name: "Pause: Llama-3.1-8B-Instruct-IQ4_XS.gguf" }).click();
  await expect.poll(() => picker.calls.at(-1)).toEqual({ method: "cancelWork", params: { row: "IQ4_XS" } });
});
