import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { tinyGguf } from "../support/tinyGguf";
import { chatFrame, chooseFromMenu, startWorkbench, type Workbench } from "../support/workbench";

/** Choosing among the files of one model, in the real editor; each test goes on where the one before ended well. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;
let picker: FrameLocator;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    settings: { "workbench.secondarySideBar.defaultVisibility": "hidden" },
    prepare: async ({ project }) => {
      await mkdir(path.join(project, "ladder"));
      for (const weights of ["F32", "Q8_0", "Q4_0"] as const)
        await writeFile(path.join(project, "ladder", `tiny-${weights}.gguf`), tinyGguf({ weights, width: 256 }));
      const lines = Array.from({ length: 200 }, (_, line) => `Line ${line} of a text about llamas, and hay for them.`);
      await writeFile(path.join(project, "notes.md"), lines.join("\n"));
    },
  });
  page = await workbench.open({ width: 1500, height: 1000 });
});
test.afterAll(() => workbench.stop());

const row = (name: string) => picker.locator("tbody tr").filter({ hasText: name });

test("a file's menu compares it with its siblings, and one is recommended", async () => {
  // A click on the tab of a view that is open would close it.
  await page.keyboard.press("Control+Shift+E");
  const item = (name: string) => page.getByRole("treeitem", { name });
  await item("ladder")
    .first()
    .click({ timeout: 60 * aSecond });
  const tab = page.getByRole("tab", { name: "Choose a quantization" });
  await chooseFromMenu(page, item("tiny-Q4_0.gguf").first(), "Choose a Quantization…", tab);
  picker = chatFrame(page);
  await expect(picker.getByRole("heading", { name: "Choose a quantization" })).toBeVisible({ timeout: 60 * aSecond });
  await expect(picker.locator("tbody tr")).toHaveCount(3, { timeout: 20 * aSecond });
  await expect(picker.getByRole("region", { name: "Recommendation" })).toContainText("Take tiny-Q8_0", {
    timeout: 10 * aSecond,
  });
  // Nobody has measured a speed, and none is made up.
  await expect(row("tiny-Q8_0")).toContainText(/not calibrated|–/);
  await expect(row("tiny-Q8_0")).toContainText("estimated, within a factor of 3");
  await expect(row("tiny-Q8_0")).toContainText("CPU");
  await page.screenshot({ path: "test-results/picker-journey-1.png" });
});

test("memory comes from llama.cpp's simulation once it has answered", async () => {
  test.setTimeout(120 * aSecond);
  await expect(row("tiny-Q4_0").locator("td.memory")).toContainText("KiB", { timeout: 90 * aSecond });
  await expect(row("tiny-Q4_0").getByRole("img")).toHaveAccessibleName(/weights .* KV cache .* compute .* vocabulary/);
});

test("what is recommended is loaded", async () => {
  test.setTimeout(120 * aSecond);
  await picker.getByRole("button", { name: "Use It" }).click();
  await expect(row("tiny-Q8_0")).toContainText("in use", { timeout: 90 * aSecond });
  await expect(picker.getByRole("button", { name: "Use It" })).toHaveCount(0);
});

test("measured figures take the place of estimates", async () => {
  test.setTimeout(240 * aSecond);
  await row("tiny-Q4_0").getByRole("button", { name: "Measure speed: tiny-Q4_0.gguf" }).click();
  await expect(row("tiny-Q4_0")).toContainText(/[\d.]+, measured, plus or minus/, { timeout: 90 * aSecond });
  await row("tiny-Q4_0")
    .getByRole("button", { name: /Measure quality .*: tiny-Q4_0.gguf/ })
    .click();
  await expect(row("tiny-Q4_0")).toContainText("against tiny-F32.gguf", { timeout: 90 * aSecond });
  await expect(row("tiny-Q4_0")).not.toContainText("within a factor of 3");
  await page.screenshot({ path: "test-results/picker-journey-2.png" });
});
