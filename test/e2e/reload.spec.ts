import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { chatFrame, engineProcesses, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** A window reloaded in the middle of an answer, in a conversation long enough to be worth its KV cache on disk. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  // Stories long enough to be interrupted.
  workbench = await startWorkbench({ settings: { "paddock.chat.maxTokens": 320 } });
});
test.afterAll(async () => {
  await workbench.stop();
});

/** States of conversations, wherever the editor keeps the extension's storage. */
function savedStates(): string[] {
  const found: string[] = [];
  const look = (folder: string, depth: number): void => {
    if (depth > 8 || !existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== "extensions") look(path.join(folder, entry.name), depth + 1);
      else if (entry.name.endsWith(".kv")) found.push(path.join(folder, entry.name));
    }
  };
  look(workbench.home, 0);
  return found;
}

test("reload in the middle of an answer: the text stays, and Continue finds what the model had read", async () => {
  test.setTimeout(300 * aSecond);
  page = await workbench.open();
  await runCommand(page, "Paddock: Open Chat");
  const box = chatFrame(page).locator("paddock-composer textarea");
  await box.waitFor({ timeout: 60 * aSecond });
  const facts = Array.from({ length: 20 }, (_, index) => `Fact ${index} says that llama number ${index} is large.`);
  await box.fill(`${facts.join(" ")} What do the facts say?`);
  await box.press("Enter");
  await expect(chatFrame(page).locator(".figures")).toContainText("TTFT", { timeout: 120 * aSecond });
  await expect.poll(savedStates, { timeout: 30 * aSecond }).toHaveLength(1);

  await box.fill("Tell me a very long story about the llamas, in many chapters.");
  await box.press("Enter");
  const told = chatFrame(page).locator(".answer").nth(1).locator(".answer-parts");
  await expect(told).toContainText(/\w+ \w+ \w+ \w+ \w+/, { timeout: 60 * aSecond });
  const before = engineProcesses(workbench.home);
  const shown = (await told.innerText()).trim();
  await workbench.reload(page);
  await expect.poll(() => engineProcesses(workbench.home).filter((pid) => before.includes(pid))).toEqual([]);

  await runCommand(page, "Paddock: Open Chat");
  const answer = chatFrame(page).locator(".answer").nth(1);
  const goOn = answer.getByRole("button", { name: "Continue" });
  await goOn.waitFor({ timeout: 60 * aSecond });
  const kept = (await answer.locator(".answer-parts").innerText()).trim();
  // What had been shown for a quarter of a second is in the journal; the last word may be newer.
  expect(kept).not.toBe("");
  expect(kept.startsWith(shown.slice(0, 10))).toBe(true);
  await goOn.click();
  await expect(answer.locator(".figures")).toContainText("TTFT", { timeout: 120 * aSecond });
  const whole = (await answer.locator(".answer-parts").innerText()).trim();
  expect(whole.startsWith(kept.slice(0, -1))).toBe(true);
  expect(whole.length).toBeGreaterThan(kept.length);
  const cached = /([\d,]+) cached/.exec(await answer.locator(".figures").innerText());
  expect(Number(cached?.[1]?.replace(",", "") ?? 0)).toBeGreaterThan(256);
  await expect(chatFrame(page).locator(".answer")).toHaveCount(2);
});
