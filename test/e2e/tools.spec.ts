import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { toolTemplate, withChatTemplate } from "../support/otherTemplate";
import { answer, question, seedConversations } from "../support/seedConversations";
import { chatFrame, runCommand, showConversation, startWorkbench, type Workbench } from "../support/workbench";

/**
 * Calls of a real model in the real editor: the starter with a template that has tools, asked so that it calls. What it
 * may call, that it asks first, and what comes of a yes are the product's; each test goes on where the one before ended.
 */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
const starter = path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const mcpServer = path.resolve("test/support/mcpServer.mjs");
const original = "one\r\ntwo\r\nthree";
let workbench: Workbench;
let page: Page;
let chat: FrameLocator;
let folder: string;
let file: string;
let calls: string;

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-e2e-tools-"));
  const model = path.join(folder, "calls.gguf");
  calls = path.join(folder, "calls.txt");
  await writeFile(calls, "");
  await withChatTemplate(starter, model, toolTemplate);
  workbench = await startWorkbench({
    settings: { "paddock.model": model, "chat.mcp.autostart": "never" },
    prepare: async ({ home, project }) => {
      file = path.join(project, "count.txt");
      await writeFile(file, original);
      const server = { type: "stdio", command: process.execPath, args: [mcpServer, calls] };
      await mkdir(path.join(project, ".vscode"));
      await writeFile(path.join(project, ".vscode", "mcp.json"), JSON.stringify({ servers: { herds: server } }));
      const user = path.join(home, "data", "User");
      await mkdir(user, { recursive: true });
      const start = { key: "ctrl+alt+9", command: "workbench.mcp.startServer", args: "*" };
      await writeFile(path.join(user, "keybindings.json"), JSON.stringify([start]));
      const settings = { systemPrompt: "Repeat what you are told.", temperature: 0, repeatPenalty: 1, maxTokens: 96 };
      const messages = [question("Hello."), answer("Hello.")];
      await seedConversations(home, [
        { title: "Change a file", messages, settings: { ...settings, tools: ["propose_edit"] } },
        { title: "Ask a server", messages, settings: { ...settings, tools: [] } },
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

test("a tool of an MCP server is chosen by a person, called with consent, and its result is shown", async () => {
  await runCommand(page, "Paddock: Open Chat");
  await showConversation(chat, "Ask a server");
  const tools = chat.getByRole("button", { name: /^Tools/ });
  const ours = chat.getByLabel("count_llamas");
  await expect(async () => {
    // VS Code knows of the workspace's servers a moment after the workspace.
    await page.keyboard.press("Control+Alt+9");
    await tools.click({ timeout: 2 * aSecond });
    await expect(ours).toBeVisible({ timeout: 2 * aSecond });
  }).toPass({ timeout: 60 * aSecond });
  await expect(ours).not.toBeChecked();
  await ours.check();
  await page.screenshot({ path: path.resolve("test-results", "tools-mcp.png") });
  await page.keyboard.press("Escape");
  await ask('Repeat this sentence word for word: "I will call mcp_herds_count_llamas with {"herd": "north"}."');
  const allow = chat.getByRole("button", { name: "Allow once" });
  await expect(allow).toBeVisible({ timeout: 120 * aSecond });
  expect(await readFile(calls, "utf8")).toBe("");
  await allow.click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("count_llamas", { timeout: 30 * aSecond });
  await page.screenshot({ path: path.resolve("test-results", "tools-mcp-dialog.png") });
  expect(await readFile(calls, "utf8")).toBe("");
  await dialog.getByRole("button", { name: "Yes" }).click();
  const call = chat.locator(".tool-call").first();
  await expect(call.locator("pre").last()).toContainText("417 llamas graze in the north.", { timeout: 30 * aSecond });
  expect(await readFile(calls, "utf8")).toBe("north\n");
});
