import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { chatFrame, runCommand, startWorkbench, type Workbench } from "../support/workbench";

const aSecond = 1_000;

/** What a question carries, in the real editor: found by typing, kept across a reload, asked about, refused. */
test.describe.configure({ mode: "serial" });
let workbench: Workbench;
let page: Page;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async ({ project }) => {
      const files: Record<string, string> = {
        "src/lantern.ts": "export function lightLantern(oil: number): string {\n  return `lit with ${oil}`;\n}\n",
        "dist/bundle.js": "console.log('generated');\n",
        ".gitignore": "dist/\n",
      };
      for (const [name, text] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(project, name)), { recursive: true });
        await writeFile(path.join(project, name), text);
      }
    },
  });
  page = await workbench.open();
});
test.afterAll(() => workbench.stop());

test('a file is found by "@" and its name, and goes with the question', async () => {
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  const box = chat.getByRole("textbox", { name: "Your question" });
  await expect(box).toBeFocused({ timeout: 60 * aSecond });
  await page.keyboard.type("What does @lant");
  const option = chat.getByRole("option", { name: /lantern\.ts/ });
  await expect(option).toBeVisible({ timeout: 20 * aSecond });
  await page.screenshot({ path: "test-results/attach-list.png" });
  await page.keyboard.press("Enter");
  await expect(chat.locator(".chips.pending")).toContainText("src/lantern.ts");
  await expect(box).toHaveValue(/^What does \S*lantern\.ts $/);
  await expect(box).toBeFocused();
});

test("it is still attached after a reload", async () => {
  // The editor keeps what was typed a moment after the last key.
  await page.waitForTimeout(2 * aSecond);
  await workbench.reload(page);
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await expect(chat.locator(".chips.pending")).toContainText("src/lantern.ts", { timeout: 60 * aSecond });
  await expect(chat.getByRole("textbox", { name: "Your question" })).toHaveValue(/^What does /);
});

test("an ignored file is asked about at the input box", async () => {
  const chat = chatFrame(page);
  // The editor's own search offers no ignored file, so it is opened from its folder.
  // The chat, opened just now, may take the side bar once more.
  await expect(async () => {
    await runCommand(page, "View: Show Explorer");
    await page
      .getByRole("treeitem", { name: "dist" })
      .first()
      .click({ timeout: 10 * aSecond });
  }).toPass({ timeout: 60 * aSecond });
  await page.getByRole("treeitem", { name: "bundle.js" }).dblclick();
  await page.locator(".tab.active").filter({ hasText: "bundle.js" }).waitFor();
  // Its tab is there before its text, and a command knows of no file until that is.
  await page.locator(".view-line").filter({ hasText: "generated" }).waitFor();
  await runCommand(page, "Paddock: Add File to Chat");
  const question = chat.getByRole("group", { name: "dist/bundle.js is ignored by Git" });
  await expect(question).toBeVisible({ timeout: 20 * aSecond });
  await expect(chat.locator(".chips.pending")).not.toContainText("bundle.js");
  await question.getByRole("button", { name: "Attach anyway" }).click();
  await expect(chat.locator(".chips.pending")).toContainText("dist/bundle.js");
  await page.screenshot({ path: "test-results/attach-asked.png" });
});

test("the question is sent with what it carries", async () => {
  const chat = chatFrame(page);
  await chat.getByRole("textbox", { name: "Your question" }).focus();
  await page.keyboard.press("End");
  await page.keyboard.type("do?");
  await page.keyboard.press("Enter");
  await expect(chat.locator(".question").first()).toContainText("src/lantern.ts", { timeout: 30 * aSecond });
  await expect(chat.locator(".chips.pending")).toHaveCount(0);
  await expect(chat.locator(".figures")).toContainText("TTFT", { timeout: 180 * aSecond });
  await page.screenshot({ path: "test-results/attach-sent.png" });
});
