import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { chooseFile } from "../support/fileDialog";
import { keptState } from "../support/keptState";
import { tinyGguf } from "../support/tinyGguf";
import { chatFrame, engineProcesses, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** The speed panel in the real editor; each test goes on where the one before ended well. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
const model = "tiny-bench.gguf";
const deep = "tg128 @ d512";
/** With room for one of the tests that are explained, so that it takes seconds. */
const smaller = "tiny-explained.gguf";
let workbench: Workbench;
let page: Page;
let panel: FrameLocator;
let exported: string;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    settings: { "workbench.secondarySideBar.defaultVisibility": "hidden" },
    prepare: async ({ home }) => {
      const folder = path.join(home, "data", "User", "globalStorage", "paddock.paddock", "models");
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, model), tinyGguf({ contextSize: 2048, width: 256, layers: 4 }));
      await writeFile(path.join(folder, smaller), tinyGguf({ contextSize: 512, width: 128 }));
    },
  });
  page = await workbench.open({ width: 1500, height: 1000 });
  exported = path.join(workbench.home, "project", "bench.jsonl");
});
test.afterAll(() => workbench.stop());

const rows = () => panel.locator("table.results tbody tr").filter({ hasText: model });
const start = async (tests: string, repetitions: string): Promise<void> => {
  await panel.getByLabel("Tests", { exact: true }).fill(tests);
  await panel.getByLabel("Repetitions").fill(repetitions);
  await panel.getByRole("button", { name: "Start" }).click();
};

/** Repetitions of the deep test. */
const made = async (): Promise<number> =>
  Number(/(\d+) times/.exec(await rows().filter({ hasText: deep }).innerText())?.[1]);

test("from the palette to a model, results as they come, and a chart with its table", async () => {
  test.setTimeout(180 * aSecond);
  await runCommand(page, "Paddock: Benchmark Model");
  const choice = page.locator(".quick-input-list .monaco-list-row").filter({ hasText: model });
  await choice.click({ timeout: 30 * aSecond });
  await expect(page.getByRole("tab", { name: "Speed" })).toBeVisible({ timeout: 30 * aSecond });
  panel = chatFrame(page);
  await expect(panel.getByRole("checkbox", { name: model })).toBeChecked({ timeout: 60 * aSecond });
  await start("pp32, tg8, tg8 @ d64", "2");
  await expect(rows()).toHaveCount(3, { timeout: 120 * aSecond });
  await expect(panel.locator(".work")).toHaveCount(0, { timeout: 60 * aSecond });
  await expect(panel.getByRole("heading", { name: "Text generation against depth" })).toBeVisible();
  await expect(panel.locator("paddock-speed-chart .point")).toHaveCount(2);
  const table = panel.getByRole("region", { name: "Text generation against depth, as a table" });
  await expect(table.locator("tbody tr")).toHaveCount(2);
  await page.screenshot({ path: "test-results/speed-journey-1.png" });
});

test("results are exported as llama-bench writes them, cleared, and imported again", async () => {
  test.setTimeout(180 * aSecond);
  await runCommand(page, "Paddock: Export Benchmark Results…");
  await chooseFile(page, exported);
  await expect(panel.locator(".callout", { hasText: "3 results are in" })).toBeVisible({ timeout: 20 * aSecond });
  await expect.poll(() => readFile(exported, "utf8").catch(() => ""), { timeout: 30 * aSecond }).toContain('"n_gen"');
  const lines = (await readFile(exported, "utf8")).trim().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines.map((line) => (JSON.parse(line) as { n_depth: number }).n_depth).sort()).toEqual([0, 0, 64]);
  await panel.getByRole("button", { name: "Clear…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(rows()).toHaveCount(0, { timeout: 30 * aSecond });
  await runCommand(page, "Paddock: Import Benchmark Results…");
  await chooseFile(page, exported);
  await expect(rows()).toHaveCount(3, { timeout: 30 * aSecond });
  await expect(rows().first()).toContainText("imported");
});

test("cancelled midway, what was measured stays, and the rest can be resumed", async () => {
  test.setTimeout(180 * aSecond);
  await start("pp64, tg128 @ d512", "100");
  // Its row is there with the first repetition.
  await expect(rows().filter({ hasText: deep })).toHaveCount(1, { timeout: 90 * aSecond });
  await panel.getByRole("button", { name: "Cancel" }).click();
  await expect(panel.locator(".callout", { hasText: "The benchmark was cancelled." })).toBeVisible({
    timeout: 30 * aSecond,
  });
  await expect(panel.getByRole("button", { name: "Resume" })).toBeVisible();
  await expect(panel.locator("table.results")).toContainText("It was stopped after");
});

test("an engine that is killed midway is told of, and what is missing is gone on with", async () => {
  test.setTimeout(180 * aSecond);
  const before = await made();
  await panel.getByRole("button", { name: "Resume" }).click();
  await expect.poll(made, { timeout: 90 * aSecond }).toBeGreaterThan(before);
  for (const pid of engineProcesses(workbench.home)) process.kill(pid, "SIGKILL");
  await expect(panel.locator(".callout", { hasText: "crashed" }).first()).toBeVisible({ timeout: 30 * aSecond });
  const kept = await made();
  await panel.getByRole("button", { name: "Resume" }).click();
  await expect.poll(made, { timeout: 90 * aSecond }).toBeGreaterThan(kept);
  await panel.getByRole("button", { name: "Cancel" }).click();
  await expect(panel.getByRole("button", { name: "Resume" })).toBeVisible({ timeout: 30 * aSecond });
});

test("where a model's time goes is explained, against what this machine allows", async () => {
  test.setTimeout(180 * aSecond);
  await panel.getByRole("tab", { name: "Roofline" }).click();
  await panel.getByRole("combobox", { name: "Model" }).selectOption({ label: smaller });
  await panel.getByRole("button", { name: "Explain Where Its Time Goes" }).click();
  const explained = panel.getByRole("region", { name: `${smaller} tg128`, exact: true });
  await expect(explained).toContainText(/The parts explain [\d.]+% of the time\./, { timeout: 120 * aSecond });
  await expect(explained).toContainText(/tg is \d+% of what (this memory allows|these cores can multiply)\./);
  await expect(explained.getByRole("row", { name: /Reading the weights .* (timed|predicted)/ })).toBeVisible();
  await expect(panel.getByText("Reading memory")).toBeVisible();
  await page.screenshot({ path: "test-results/speed-journey-2.png" });
});

test("a model is tuned within the time that a person gives, and what it gains is applied and undone", async () => {
  test.setTimeout(180 * aSecond);
  await panel.getByRole("tab", { name: "Tuning" }).click();
  await panel.getByRole("combobox", { name: "Model" }).selectOption({ label: model });
  await panel.getByLabel("Minutes").fill("0.2");
  await panel.getByRole("checkbox", { name: "Guessing tokens from the text itself" }).uncheck();
  await panel.getByRole("button", { name: "Tune", exact: true }).click();
  const run = panel.getByRole("region", { name: `Tuning ${model}` });
  // It is said when all that there was time for is measured.
  await expect(run.locator(".sentence")).toHaveText(/\S/, { timeout: 120 * aSecond });
  await expect(run.getByRole("row", { name: /your settings/ }).first()).toContainText("tok/s");
  // Whether this machine has something to gain is its own affair.
  const apply = run.getByRole("button", { name: "Apply" });
  if ((await apply.count()) === 0) await expect(run.locator(".sentence")).toContainText("No gain");
  else {
    await apply.first().click();
    const undo = panel.getByRole("button", { name: `Undo: ${model}` });
    await undo.click({ timeout: 30 * aSecond });
    await expect(panel.getByText("No model is tuned")).toBeVisible({ timeout: 30 * aSecond });
  }
  await page.screenshot({ path: "test-results/speed-journey-3.png" });
});

test("what a benchmark did not get to survives a reload", async () => {
  test.setTimeout(180 * aSecond);
  await expect.poll(() => keptState(page, "paddock.speed.plan"), { timeout: 60 * aSecond }).toContain(model);
  await workbench.reload(page);
  await runCommand(page, "Paddock: Show Speed Panel");
  const callout = panel.locator(".callout", { hasText: "The benchmark was cancelled." });
  await expect(callout).toContainText("Tests that are missing: 1.", { timeout: 60 * aSecond });
  await panel.getByRole("tab", { name: "Benchmark" }).click();
  const before = await made();
  await callout.getByRole("button", { name: "Resume" }).click();
  await expect.poll(made, { timeout: 90 * aSecond }).toBeGreaterThan(before);
  await panel.getByRole("button", { name: "Cancel" }).click();
  await expect(panel.locator(".work")).toHaveCount(0, { timeout: 30 * aSecond });
});
