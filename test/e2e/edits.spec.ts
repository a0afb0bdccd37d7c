import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { silentLogger } from "../../src/platform/core/logger";
import { chatFrame, chatStorage, runCommand, startWorkbench, type Workbench } from "../support/workbench";

test.describe.configure({ mode: "serial" });
let workbench: Workbench;
let page: Page;
const screenshots = path.resolve("test-results");

// The line ends of Windows, and none at the end: what Undo brings back must have them too.
const original = ["one();", "two();", "three();", "four();", "five();", "six();", "seven();"].join("\r\n");
const block = "```js src/steps.js\none();\ntwo(2);\nthree();\nfour();\nfive(5);\nsix();\nseven(7);\n```\n";
let file: string;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async ({ home, project }) => {
      await mkdir(path.join(project, "src"), { recursive: true });
      file = path.join(project, "src", "steps.js");
      await writeFile(file, original);
      // The starter says what it likes, so the answer is laid down before the window opens.
      const store = new ConversationStore({ folder: chatStorage(home), log: silentLogger });
      await store.start();
      const conversation = store.create();
      await conversation.append([
        { t: "title", at: 1, title: "Count along" },
        { t: "message", at: 1, id: "q", parent: null, role: "user", parts: [{ type: "text", text: "Count along." }] },
      ]);
      await conversation.append([
        { t: "message", at: 2, id: "a", parent: "q", role: "assistant", parts: [{ type: "text", text: block }] },
        { t: "end", at: 3, status: "complete" },
      ]);
      await store.close();
    },
  });
});
test.afterAll(() => workbench.stop());

/** Saves what the file's own editor holds, until the file is as wanted. */
async function savedAs(wanted: string): Promise<void> {
  await page.locator(".monaco-editor.focused").waitFor();
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFile(file, "utf8")).toBe(wanted);
}

test("a block is applied hunk by hunk by keyboard, and one Undo brings back every byte", async () => {
  page = await workbench.open();
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await chat.locator("textarea").waitFor({ timeout: 60_000 });
  await chat.locator(".title-button").press("Enter");
  await chat.locator("paddock-conversation-list").getByText("Count along").first().click();
  await chat.getByRole("button", { name: "Apply to its file, for review" }).focus();
  await page.keyboard.press("Enter");

  const status = page.locator("[id*='paddock.review']");
  await expect(status).toContainText("3 of 3 changes left", { timeout: 30_000 });
  await expect(page.locator(".diff-editor, .monaco-diff-editor").first()).toBeVisible();
  await page.screenshot({ path: path.join(screenshots, "review.png") });
  await runCommand(page, "Paddock: Accept Change");
  await expect(status).toContainText("2 of 3 changes left");
  expect(await readFile(file, "utf8")).toBe(original);
  await runCommand(page, "Paddock: Next Proposed Change");
  await runCommand(page, "Paddock: Previous Proposed Change");
  await page.screenshot({ path: path.join(screenshots, "review-accepted.png") });
  await runCommand(page, "Paddock: Reject Change");
  await expect(status).toContainText("1 of 3 changes left");
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  await expect(status).toHaveCount(0);
  const changed = original.replace("two()", "two(2)").replace("seven()", "seven(7)");
  const tab = page.locator(".tab.active");
  await expect(tab).toContainText("steps.js");
  await expect(tab).not.toContainText("proposed");
  await savedAs(changed);
  // The cursor is where the first change was made, in the file's own editor.
  await page.keyboard.press("Control+z");
  await savedAs(original);
});

test("says at the composer why a block cannot be applied", async () => {
  await runCommand(page, "View: Close All Editors");
  await writeFile(file, "something();\r\nelse();\r\n");
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await chat.getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect(chat.getByRole("alert")).toContainText("does not say where it belongs in src/steps.js", {
    timeout: 30_000,
  });
  expect(await readFile(file, "utf8")).toBe("something();\r\nelse();\r\n");
});
