import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { answer, question, seedConversations } from "../support/seedConversations";
import { chatFrame, runCommand, showConversation, startWorkbench, type Workbench } from "../support/workbench";

test.describe.configure({ mode: "serial" });
let workbench: Workbench;
let page: Page;
const screenshots = path.resolve("test-results");

// The line ends of Windows, and none at the end: what Undo brings back must have them too.
const original = ["one();", "two();", "three();", "four();", "five();", "six();", "seven();"].join("\r\n");
const block = "```js src/steps.js\none();\ntwo(2);\nthree();\nfour();\nfive(5);\nsix();\nseven(7);\n```\n";
const blocks = [
  "```js src/fresh/new.js\nfresh();\n```",
  "```js\nllama();\n```",
  "```sh\necho llama > ran.txt\n```",
  '```json .vscode/settings.json\n{ "editor.tabSize": 3 }\n```',
].join("\n\n");
let file: string;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async ({ home, project }) => {
      await mkdir(path.join(project, "src"), { recursive: true });
      file = path.join(project, "src", "steps.js");
      await writeFile(file, original);
      await seedConversations(home, [
        { title: "Count along", messages: [question("Count along."), answer(block)] },
        { title: "Several blocks", messages: [question("And now?"), answer(blocks)] },
      ]);
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
  await showConversation(chat, "Count along");
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

/** The comparison, opened anew from the chat. */
async function review(): Promise<void> {
  await runCommand(page, "Paddock: Open Chat");
  const apply = chatFrame(page).getByRole("button", { name: "Apply to its file, for review" });
  await apply.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("[id*='paddock.review']")).toContainText("3 of 3 changes left", { timeout: 30_000 });
}

test("a document that is changed during its review keeps what was typed, and what was typed into is held", async () => {
  await review();
  await runCommand(page, "Paddock: Accept Change");
  // By its place in the Explorer: Go to File leads to the review, which is of the same name.
  await runCommand(page, "View: Show Explorer");
  const steps = page.getByRole("treeitem", { name: "steps.js" }).first();
  await page.getByRole("treeitem", { name: "src" }).first().waitFor();
  if (!(await steps.isVisible())) await page.getByRole("treeitem", { name: "src" }).first().click();
  await steps.dblclick();
  await expect(page.locator(".tab.active")).not.toContainText("proposed");
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("zero();\n");
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" // mine");
  const status = page.locator("[id*='paddock.review']");
  await expect(status).toContainText("2 of 3 changes left");
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  await expect(status).toContainText("1 of 3 changes left");
  await page.screenshot({ path: path.join(screenshots, "review-held.png") });
  await runCommand(page, "Paddock: Apply the Accepted Changes");
  await expect(status).toHaveCount(0);
  const typed = `zero();\r\n${original} // mine`;
  await savedAs(typed.replace("two()", "two(2)").replace("five()", "five(5)"));
  await page.keyboard.press("Control+z");
  await savedAs(typed);
  // Back to where the other tests begin.
  for (let step = 0; step < 12 && (await readFile(file, "utf8")) !== original; step++) {
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+s");
    await page.waitForTimeout(500);
  }
  expect(await readFile(file, "utf8")).toBe(original);
});

test("Reject All leaves every byte as it is", async () => {
  await review();
  await runCommand(page, "Paddock: Accept Change");
  await runCommand(page, "Paddock: Reject the Whole Proposal");
  await expect(page.locator("[id*='paddock.review']")).toHaveCount(0);
  await expect(page.locator(".tab", { hasText: "proposed" })).toHaveCount(0);
  expect(await readFile(file, "utf8")).toBe(original);
  await expect(page.locator(".tab.dirty")).toHaveCount(0);
});

test("a window that is reloaded in the middle of a review leaves the file alone and says so", async () => {
  await review();
  await runCommand(page, "Paddock: Accept Change");
  await workbench.reload(page);
  await expect(
    page.locator(".notification-toast", { hasText: "The review of src/steps.js ended with its window" }),
  ).toBeVisible({ timeout: 30_000 });
  await expect(page.locator(".tab", { hasText: "proposed" })).toHaveCount(0);
  await expect(page.locator("[id*='paddock.review']")).toHaveCount(0);
  expect(await readFile(file, "utf8")).toBe(original);
  await expect(page.locator(".tab.dirty")).toHaveCount(0);
  await runCommand(page, "Notifications: Clear All Notifications");
});

test("code becomes a new file, goes to the cursor, and takes the place of what is selected", async () => {
  await runCommand(page, "View: Close All Editors");
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await showConversation(chat, "Several blocks");
  const code = (at: number) => chat.locator(".code-block").nth(at);
  await code(0).getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect(page.locator(".tab.active")).toContainText("new.js: proposed file");
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  const fresh = path.join(path.dirname(file), "fresh", "new.js");
  await expect.poll(() => readFile(fresh, "utf8").catch(() => "")).toBe("fresh();\n");

  // The file is there before its editor takes the comparison's place, in which nothing is inserted.
  await expect(page.locator(".tab.active")).not.toContainText("proposed", { timeout: 30_000 });
  await expect(page.locator(".editor-instance .view-lines")).toHaveCount(1);
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
  await page.keyboard.press("Control+Home");
  const lines = page.locator(".editor-instance .view-lines");
  await code(1).getByRole("button", { name: "Insert at the cursor" }).click();
  await expect(lines).toContainText("llama");
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFile(fresh, "utf8")).toBe("llama();\nfresh();\n");
  await page.keyboard.press("Control+a");
  await code(1).getByRole("button", { name: "Replace the selection" }).click();
  await expect(lines).not.toContainText("fresh");
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFile(fresh, "utf8")).toMatch(/^llama\(\);\n?$/);
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFile(fresh, "utf8")).toBe("llama();\nfresh();\n");

  await code(1).getByRole("button", { name: "Open as a new file" }).click();
  // Its tab is named after its first line.
  await expect(page.locator(".tab.active")).toContainText(/llama|Untitled/);
});

test("a change of what the editor itself runs is said plainly", async () => {
  const chat = chatFrame(page);
  await chat.locator(".code-block").nth(3).getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect(
    page.locator(".notification-toast", { hasText: ".vscode/settings.json decides what VS Code runs" }),
  ).toBeVisible({ timeout: 30_000 });
  await runCommand(page, "Paddock: Reject the Whole Proposal");
  await expect(readFile(path.join(path.dirname(file), "..", ".vscode", "settings.json"))).rejects.toThrow("ENOENT");
  await runCommand(page, "Notifications: Clear All Notifications");
});

test("a command is put into the terminal and runs only when the person says so", async () => {
  const chat = chatFrame(page);
  const ran = path.join(path.dirname(file), "..", "ran.txt");
  await chat
    .locator(".code-block")
    .nth(2)
    .getByRole("button", { name: /into the terminal/ })
    .click();
  const terminal = page.locator(".terminal-wrapper.active .xterm");
  await terminal.waitFor({ timeout: 30_000 });
  await page.locator(".xterm-helper-textarea:focus").waitFor();
  // Long enough for a shell to have run it.
  await page.waitForTimeout(3_000);
  await page.screenshot({ path: path.join(screenshots, "terminal.png") });
  await expect(readFile(ran)).rejects.toThrow("ENOENT");
  await page.keyboard.press("Enter");
  await expect.poll(() => readFile(ran, "utf8").catch(() => ""), { timeout: 15_000 }).toBe("llama\n");
});

test("says at the composer why a block cannot be applied", async () => {
  await writeFile(file, "something();\r\nelse();\r\n");
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await showConversation(chat, "Count along");
  await chat.getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect(chat.getByRole("alert")).toContainText("does not say where it belongs in src/steps.js", {
    timeout: 30_000,
  });
  expect(await readFile(file, "utf8")).toBe("something();\r\nelse();\r\n");
});
