import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makePackage } from "../../scripts/package.mjs";
import { thisTarget } from "../../scripts/package/targets.mjs";
import { chatFrame, engineProcesses, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** The installed .vsix in the real editor, from the first start on; each test goes on where the one before ended. */
test.describe.configure({ mode: "serial" });
let workbench: Workbench;
let page: Page;
const screenshots = path.resolve("test-results");

test.beforeAll(async () => {
  test.setTimeout(240_000);
  const file = path.join(os.tmpdir(), `paddock-e2e-${process.pid}.vsix`);
  await makePackage({ target: thisTarget(), out: file, log: () => undefined });
  expect(existsSync(file)).toBe(true);
  workbench = await startWorkbench(file);
});
test.afterAll(async () => {
  await workbench.stop();
  await expect.poll(() => engineProcesses(workbench.home), { timeout: 15_000 }).toEqual([]);
});

test("first start to first answer, by keyboard alone", async () => {
  page = await workbench.open();
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await expect(chat.getByText("Ask a model that")).toBeVisible({ timeout: 60_000 });
  await expect(chat.getByText("says foolish things")).toBeVisible();
  await expect(chat.locator("textarea")).toBeFocused();
  await page.keyboard.type("What is the capital of France?");
  await page.keyboard.press("Enter");
  const figures = chat.locator(".figures").first();
  await expect(figures).toContainText("TTFT", { timeout: 120_000 });
  await expect(figures).toContainText("tok/s");
  await expect(page.locator("#paddock\\.paddock\\.paddock\\.status, [id*='paddock.status']").first()).toContainText(
    "tok/s",
  );
  await page.screenshot({ path: path.join(screenshots, "first-answer.png") });
});
