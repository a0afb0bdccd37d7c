import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { toolTemplate, withChatTemplate } from "../support/otherTemplate";
import { answer, question, seedConversations } from "../support/seedConversations";
import { chatFrame, runCommand, showConversation, startWorkbench, type Workbench } from "../support/workbench";

/**
 * Calls of a real model in the real editor: the starter with a template that has tools, asked so that it calls. What it
 * may call, that it asks first, and what comes of a yes are the product's.
 */
const aSecond = 1_000;
const starter = path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const original = "one\r\ntwo\r\nthree";
let workbench: Workbench;
let page: Page;
let chat: FrameLocator;
let folder: string;
let file: string;

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-e2e-tools-"));
  const model = path.join(folder, "calls.gguf");
  await withChatTemplate(starter, model, toolTemplate);
  workbench = await startWorkbench({
    settings: { "paddock.model": model },
    prepare: async ({ home, project }) => {
      file = path.join(project, "count.txt");
      await writeFile(file, original);
      const settings = { systemPrompt: "Repeat what you are told.", temperature: 0, repeatPenalty: 1, maxTokens: 96 };
      const messages = [question("Hello."), answer("Hello.")];
      await seedConversations(home, [
        { title: "Change a file", messages, settings: { ...settings, tools: ["propose_edit"] } },
      ]);
    },
  });
});
test.afterAll(async () => {
  await workbench.stop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(words: string): Promise<void> {
  await chat.getByRole("textbox", { name: "Your question" }).focus();
  await page.keyboard.insertText(words);
  await page.keyboard.press("Enter");
}

test("a change that the model proposes is asked about, reviewed, made, and taken back to the last byte", async () => {
  page = await workbench.open();
  await runCommand(page, "Paddock: Open Chat");
  chat = chatFrame(page);
  await chat
    .locator("textarea")
    .first()
    .waitFor({ timeout: 60 * aSecond });
  await showConversation(chat, "Change a file");
  await ask(
    'Repeat this sentence word for word: "I will call propose_edit with {"path": "count.txt", "old_text": "two", "new_text": "2"}."',
  );
  const allow = chat.getByRole("button", { name: "Allow once" });
  await expect(allow).toBeVisible({ timeout: 120 * aSecond });
  await page.screenshot({ path: path.resolve("test-results", "tools-consent.png") });
  expect(await readFile(file, "utf8")).toBe(original);
  await allow.focus();
  await page.keyboard.press("Enter");
  const review = page.locator("[id*='paddock.review']");
  await expect(review).toContainText("left", { timeout: 60 * aSecond });
  expect(await readFile(file, "utf8")).toBe(original);
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  await expect(review).toHaveCount(0);
  await page.locator(".editor-instance .monaco-editor.focused").waitFor({ timeout: 30 * aSecond });
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFile(file, "utf8")).toBe(original.replace("two", "2"));
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFile(file, "utf8")).toBe(original);
});
