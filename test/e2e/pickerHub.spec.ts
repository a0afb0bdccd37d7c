import { access } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { HubServer } from "../support/hubServer";
import { keptState } from "../support/keptState";
import { tinyGguf } from "../support/tinyGguf";
import { chatFrame, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** From a repository to a model that answers, by way of the picker; each test goes on where the one before ended well. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let server: HubServer;
let workbench: Workbench;
let page: Page;
let picker: FrameLocator;

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  server = await HubServer.start();
  server.latencyMs = 20;
  server.add({
    id: "ann/Tiny-GGUF",
    files: (["F32", "Q8_0", "Q4_0"] as const).map((weights) => ({
      path: `tiny-${weights}.gguf`,
      content: tinyGguf({ weights, width: 512, layers: 4 }),
    })),
  });
  workbench = await startWorkbench({
    settings: {
      "paddock.models.hubEndpoint": server.endpoint,
      "workbench.secondarySideBar.defaultVisibility": "hidden",
    },
  });
  page = await workbench.open({ width: 1500, height: 1000 });
});
test.afterAll(async () => {
  await workbench.stop();
  await server.stop();
});

const row = (name: string) => picker.locator("tbody tr").filter({ hasText: name });
const content = () => server.requests.filter(({ server: asked }) => asked === "content");
const onDisk = (name: string): Promise<boolean> =>
  access(path.join(workbench.home, "data/User/globalStorage/paddock.paddock/models/ann/Tiny-GGUF", name)).then(
    () => true,
    () => false,
  );

test("a repository is compared by its headers, before anything of it is downloaded", async () => {
  test.setTimeout(120 * aSecond);
  await runCommand(page, "Paddock: Find and Download a Model…");
  const input = page.locator(".quick-input-widget input").first();
  await input.fill("ann/Tiny-GGUF");
  const item = (text: string) => page.locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first();
  await expect(item("ann/Tiny-GGUF")).toBeVisible();
  await input.press("Enter");
  await expect(item("tiny-Q4_0")).toBeVisible({ timeout: 20 * aSecond });
  await page.getByRole("button", { name: "Compare speed, memory and quality on this machine" }).click();
  picker = chatFrame(page);
  await expect(picker.locator("tbody tr")).toHaveCount(3, { timeout: 60 * aSecond });
  for (const weights of ["F32", "Q8_0", "Q4_0"]) {
    await expect(row(`tiny-${weights}.gguf`)).toContainText("not downloaded");
    await expect(row(`tiny-${weights}.gguf`)).toContainText("CPU");
  }
  await expect(row("tiny-Q4_0.gguf")).toContainText("estimated, within a factor of 3");
  await expect(picker.getByRole("region", { name: "Recommendation" })).toContainText("Take tiny-Q8_0");
  expect(content().every(({ range }) => range !== undefined)).toBe(true);
  expect(await onDisk("tiny-Q4_0.gguf")).toBe(false);
  await page.screenshot({ path: "test-results/picker-hub-1.png" });
});

test("a file is downloaded from its row, paused there, and is then a file of this machine in the same row", async () => {
  test.setTimeout(120 * aSecond);
  // Slow enough to be seen.
  server.bytesPerSecond = 300_000;
  const download = row("tiny-Q4_0.gguf").getByRole("button", { name: "Download: tiny-Q4_0.gguf" });
  await download.click();
  await expect(row("tiny-Q4_0.gguf")).toContainText(/Downloading \d/, { timeout: 20 * aSecond });
  await page.screenshot({ path: "test-results/picker-hub-2.png" });
  await row("tiny-Q4_0.gguf").getByRole("button", { name: "Pause: tiny-Q4_0.gguf" }).click();
  await expect(download).toBeVisible({ timeout: 20 * aSecond });
  expect(await onDisk("tiny-Q4_0.gguf")).toBe(false);
  server.bytesPerSecond = undefined;
  await download.click();
  const use = row("tiny-Q4_0.gguf").getByRole("button", { name: "Use: tiny-Q4_0.gguf" });
  await expect(use).toBeVisible({ timeout: 30 * aSecond });
  await expect(row("tiny-Q4_0.gguf")).not.toContainText("not downloaded");
  // What was known of it still is, and the others are where they were.
  await expect(row("tiny-Q4_0.gguf")).toContainText("estimated, within a factor of 3");
  await expect(row("tiny-Q8_0.gguf")).toContainText("not downloaded");
  expect(await onDisk("tiny-Q4_0.gguf")).toBe(true);
  await page.screenshot({ path: "test-results/picker-hub-3.png" });
});

test("it is loaded, and measured figures take the place of estimates", async () => {
  test.setTimeout(240 * aSecond);
  await row("tiny-Q4_0.gguf").getByRole("button", { name: "Use: tiny-Q4_0.gguf" }).click();
  await expect(row("tiny-Q4_0.gguf")).toContainText("in use", { timeout: 90 * aSecond });
  await row("tiny-Q4_0.gguf").getByRole("button", { name: "Measure speed: tiny-Q4_0.gguf" }).click();
  await expect(row("tiny-Q4_0.gguf")).toContainText(/[\d.]+, measured, plus or minus/, { timeout: 90 * aSecond });
  await page.screenshot({ path: "test-results/picker-hub-4.png" });
});

test("the repository compared again knows what is here", async () => {
  test.setTimeout(120 * aSecond);
  await runCommand(page, "Paddock: Find and Download a Model…");
  const input = page.locator(".quick-input-widget input").first();
  await input.fill("ann/Tiny-GGUF");
  await input.press("Enter");
  await page.getByRole("button", { name: "Compare speed, memory and quality on this machine" }).click();
  await expect(row("tiny-Q4_0.gguf")).toContainText("in use", { timeout: 30 * aSecond });
  await expect(row("tiny-Q4_0.gguf")).toContainText(/[\d.]+, measured, plus or minus/);
  await expect(row("tiny-F32.gguf")).toContainText("not downloaded");
});

test("after a reload the picker shows the same repository", async () => {
  test.setTimeout(180 * aSecond);
  await expect.poll(() => keptState(page, "paddock.picker"), { timeout: 60 * aSecond }).toContain("ann/Tiny-GGUF");
  const rows = picker.locator("tbody tr");
  const nothing = picker.getByText("There is no model file here.");
  // Now and then the editor in a browser comes up without the person's settings, for all that it runs, and so without
  // this hub's address ("huggingface.co can't be found"); the next time it has them.
  for (let reloads = 0; reloads < 4; reloads++) {
    await workbench.reload(page);
    await expect(rows.nth(2).or(nothing)).toBeVisible({ timeout: 60 * aSecond });
    if (!(await nothing.isVisible())) break;
  }
  await expect(rows).toHaveCount(3);
  await expect(row("tiny-F32.gguf")).toContainText("not downloaded");
  await expect(row("tiny-Q4_0.gguf")).toContainText(/[\d.]+, measured, plus or minus/);
});
