import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import {
  chatFrame,
  engineProcesses,
  extensionHosts,
  runCommand,
  startConversation,
  startWorkbench,
  type Workbench,
} from "../support/workbench";

const aSecond = 1_000;

/** The installed .vsix in the real editor, from the first start on; each test goes on where the one before ended. */
test.describe.configure({ mode: "serial" });
let workbench: Workbench;
let page: Page;
const screenshots = path.resolve("test-results");

test.beforeAll(async () => {
  test.setTimeout(240_000);
  // The story that is interrupted need not be told to its end.
  workbench = await startWorkbench({ settings: { "paddock.chat.maxTokens": 320 } });
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

test("history after reload", async () => {
  const before = engineProcesses(workbench.home);
  expect(before).toHaveLength(1);
  // The starter is sampled: what it said is whatever it said.
  const said = await chatFrame(page).locator(".answer .answer-parts").innerText();
  expect(said.trim()).not.toBe("");
  await workbench.reload(page);
  // The window's engine goes with it.
  await expect.poll(() => engineProcesses(workbench.home).filter((pid) => before.includes(pid))).toEqual([]);
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await expect(chat.locator(".question")).toContainText("What is the capital of France?", { timeout: 60 * aSecond });
  await expect(chat.locator(".answer")).toContainText(said.trim());
  await expect(chat.locator(".figures")).toContainText("TTFT");
});

test("engine killed in the middle of an answer: what came stays, and Continue goes on from there", async () => {
  const chat = chatFrame(page);
  await startConversation(page);
  await chat.locator("textarea").click();
  await page.keyboard.type("Tell me a very long story about a llama who climbs a mountain.");
  await page.keyboard.press("Enter");
  const answer = chat.locator(".answer");
  await expect(answer.locator(".answer-parts")).toContainText(/\w+ \w+ \w+ \w+ \w+/, { timeout: 60 * aSecond });
  const killed = engineProcesses(workbench.home);
  expect(killed).toHaveLength(1);
  for (const pid of killed) process.kill(pid, "SIGKILL");
  const since = Date.now();
  const goOn = answer.getByRole("button", { name: "Continue" });
  await goOn.waitFor({ timeout: 10 * aSecond });
  await page.screenshot({ path: path.join(screenshots, "interrupted.png") });
  const kept = (await answer.locator(".answer-parts").innerText()).trim();
  expect(kept).not.toBe("");
  await expect
    .poll(() => engineProcesses(workbench.home).filter((pid) => !killed.includes(pid)), { timeout: 10 * aSecond })
    .toHaveLength(1);
  test.info().annotations.push({ type: "engine back", description: `${Date.now() - since} ms` });
  await goOn.click();
  await expect(answer.locator(".figures")).toContainText("TTFT", { timeout: 120 * aSecond });
  const whole = (await answer.locator(".answer-parts").innerText()).trim();
  expect(whole.startsWith(kept.slice(0, -1))).toBe(true);
  expect(whole.length).toBeGreaterThan(kept.length);
  await page.screenshot({ path: path.join(screenshots, "continued.png") });
});

test("two windows answer at the same time and each keeps its conversation", async () => {
  const other = await workbench.open();
  const questions = ["Name three colours.", "Name three animals."];
  const windows = [page, other];
  for (const window of windows) {
    await runCommand(window, "Paddock: Open Chat");
    await startConversation(window);
  }
  for (const [index, window] of windows.entries()) {
    await chatFrame(window)
      .locator("textarea")
      .fill(questions[index] ?? "");
    await chatFrame(window).locator("textarea").press("Enter");
  }
  for (const window of windows) {
    await expect(chatFrame(window).locator(".figures")).toContainText("tok/s", { timeout: 120 * aSecond });
  }
  for (const [index, window] of windows.entries()) {
    await expect(chatFrame(window).locator(".question")).toHaveText(new RegExp(questions[index] ?? ""));
  }
  expect(engineProcesses(workbench.home)).toHaveLength(2);
  await other.close({ runBeforeUnload: true });
  await expect.poll(() => engineProcesses(workbench.home), { timeout: 30 * aSecond }).toHaveLength(1);
});

test("a question is asked differently, and the way back leads to what there was", async () => {
  const chat = chatFrame(page);
  const answer = chat.locator(".answer .answer-parts");
  const said = await answer.innerText();
  await chat.getByRole("button", { name: "Edit and ask again" }).focus();
  await page.keyboard.press("Enter");
  const editor = chat.locator("paddock-question-editor textarea");
  await expect(editor).toBeFocused();
  await editor.fill("Name two rivers.");
  await page.keyboard.press("Enter");
  await expect(chat.locator(".question")).toContainText("Name two rivers.", { timeout: 30 * aSecond });
  await expect(chat.locator(".figures")).toContainText("tok/s", { timeout: 120 * aSecond });
  await expect(chat.locator("paddock-composer textarea")).toBeFocused();
  await page.screenshot({ path: path.join(screenshots, "versions.png") });
  await chat.getByRole("group", { name: "Version 2 of 2" }).getByRole("button", { name: "Previous version" }).click();
  await expect(chat.locator(".question")).toContainText("Name three colours.");
  expect(await answer.innerText()).toBe(said);
});

test("a window that is killed leaves no engine behind", async () => {
  const before = engineProcesses(workbench.home);
  const hosts = extensionHosts(workbench.pid);
  expect(before).toHaveLength(1);
  expect(hosts).not.toEqual([]);
  for (const pid of hosts) process.kill(pid, "SIGKILL");
  // The editor may start its host, and with it an engine, anew: it is this one that must be gone.
  await expect
    .poll(() => engineProcesses(workbench.home).filter((pid) => before.includes(pid)), { timeout: 15 * aSecond })
    .toEqual([]);
});
