import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { answer, question, seedConversations } from "../support/seedConversations";
import { chatFrame, runCommand, showConversation, startWorkbench, type Workbench } from "../support/workbench";

/** A workspace of two folders that nobody has trusted yet. */
test.describe.configure({ mode: "serial" });
let workbench: Workbench;
let page: Page;
let project: string;
const before = "one();\ntwo();\nthree();\n";
const code = before.replace("two()", "two(2)");
const blocks = [`js beta/steps.js\n${code}`, `js src/same.js\n${code}`];
const text = blocks.map((block) => `\`\`\`${block}\`\`\``).join("\n\n");

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    restricted: true,
    workspaceFile: "both.code-workspace",
    prepare: async ({ home, project: folder }) => {
      project = folder;
      for (const name of ["alpha", "beta"]) {
        await mkdir(path.join(project, name, "src"), { recursive: true });
        await writeFile(path.join(project, name, "src", "same.js"), before);
      }
      await writeFile(path.join(project, "beta", "steps.js"), before);
      const folders = [{ path: "alpha" }, { path: "beta" }];
      await writeFile(path.join(project, "both.code-workspace"), JSON.stringify({ folders }));
      await seedConversations(home, [{ title: "Two folders", messages: [question("How?"), answer(text)] }]);
    },
  });
});
test.afterAll(() => workbench.stop());

const block = (at: number) => chatFrame(page).locator(".code-block").nth(at);
const content = (...names: string[]): Promise<string> => readFile(path.join(project, ...names), "utf8");

async function save(): Promise<void> {
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
  await page.keyboard.press("Control+s");
}

test("a block goes to the folder that its path begins with, in Restricted Mode too", async () => {
  page = await workbench.open();
  await expect(page.locator("[id='status.workspaceTrust']")).toBeVisible({ timeout: 30_000 });
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await chat.locator("textarea").waitFor({ timeout: 60_000 });
  await showConversation(chat, "Two folders");
  await block(0).getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect(page.locator(".tab.active")).toContainText("proposed changes", { timeout: 30_000 });
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  await save();
  await expect.poll(() => content("beta", "steps.js")).toBe(code);
});

test("a path that two folders have is asked about, and the folder of the editor in front is meant", async () => {
  await runCommand(page, "View: Close All Editors");
  await block(1).getByRole("button", { name: "Apply to its file, for review" }).click();
  const rows = page.locator(".quick-input-list .monaco-list-row");
  await expect(rows).toHaveCount(2);
  await page.screenshot({ path: path.resolve("test-results", "which-file.png") });
  await page.keyboard.press("Escape");
  await expect(page.locator("[id*='paddock.review']")).toHaveCount(0);
  await block(1).getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect(rows).toHaveCount(2);
  await rows.filter({ hasText: "beta" }).first().click();
  await expect(page.locator(".tab.active")).toContainText("proposed changes");
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  await save();
  await expect.poll(() => content("beta", "src", "same.js")).toBe(code);
  expect(await content("alpha", "src", "same.js")).toBe(before);
  // The file of beta is in front now: it says so itself.
  await page.keyboard.press("Control+z");
  await save();
  await block(1).getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect(page.locator("[id*='paddock.review']")).toContainText("1 of 1 changes left");
  await expect(page.locator(".tab.active")).toContainText("beta");
  await runCommand(page, "Paddock: Reject the Whole Proposal");
});
