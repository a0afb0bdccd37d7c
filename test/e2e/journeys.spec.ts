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

test("the conversation is there after the window reloads", async () => {
  await page.reload();
  await page.locator(".monaco-workbench").waitFor();
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await expect(chat.locator(".question").first()).toContainText("capital of France", { timeout: 60_000 });
  await expect(chat.locator(".figures").first()).toContainText("TTFT");
});

test("an engine killed in the middle of an answer: what came stays, and Continue goes on", async () => {
  const chat = chatFrame(page);
  await runCommand(page, "Paddock: New Conversation");
  await expect(chat.locator("textarea")).toBeFocused({ timeout: 60_000 });
  await page.keyboard.type("Count from one to two hundred in words, one on each line.");
  await page.keyboard.press("Enter");
  const answer = chat.locator(".answer").last();
  await expect(chat.locator(".phase").last()).toContainText("tok/s", { timeout: 120_000 });
  const engines = engineProcesses(workbench.home);
  expect(engines.length).toBeGreaterThan(0);
  for (const pid of engines) process.kill(pid, "SIGKILL");
  await expect(answer).toContainText("interrupted", { timeout: 30_000 });
  const kept = (await answer.locator(".answer-parts").innerText()).trim();
  expect(kept.length).toBeGreaterThan(0);
  await expect.poll(() => engineProcesses(workbench.home).length, { timeout: 20_000 }).toBeGreaterThan(0);
  await chat.getByRole("button", { name: "Continue" }).first().click();
  await expect(chat.locator(".figures").last()).toContainText("TTFT", { timeout: 180_000 });
  expect((await chat.locator(".answer").last().locator(".answer-parts").innerText()).trim().length).toBeGreaterThan(
    kept.length,
  );
  await page.screenshot({ path: path.join(screenshots, "continued.png") });
});
