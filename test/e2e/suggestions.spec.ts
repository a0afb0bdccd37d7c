import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { chatFrame, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** Inline suggestions as somebody sees them who types in the real editor, with the editor's own settings. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;

const pattern = ["one", "two", "three", "four", "five", "six"].map((word) => `export const ${word} = "${word}";`);

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    settings: {
      // A machine that runs tests has other things to do.
      "paddock.completion.deadlineMilliseconds": 30_000,
      // Stories long enough that a suggestion comes in between.
      "paddock.chat.maxTokens": 640,
      // VS Code's own chat takes the keyboard when it comes up.
      "workbench.secondarySideBar.defaultVisibility": "hidden",
    },
    prepare: async ({ project }) => {
      await writeFile(path.join(project, "numbers.ts"), `${pattern.join("\n")}\n`);
      await writeFile(path.join(project, ".env"), "TOKEN=secret\n");
    },
  });
  page = await workbench.open();
});
test.afterAll(async () => {
  await workbench.stop();
});

const ghost = (): ReturnType<Page["locator"]> => page.locator(".ghost-text-decoration");
const status = (): ReturnType<Page["locator"]> => page.locator('[id="paddock.paddock.paddock.suggestions"]');

async function openFile(name: string): Promise<void> {
  await page.keyboard.press("Control+P");
  await page.locator(".quick-input-widget input").first().fill(name);
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first().click();
  await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
  await page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"] .view-lines`).click();
  await page.keyboard.press("Control+End");
}
async function written(name: string): Promise<string> {
  const lines = await page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"] .view-line`).allInnerTexts();
  return lines.join("\n").replaceAll("\u00a0", " ");
}

test("a suggestion appears while somebody types, and Tab accepts it", async () => {
  test.setTimeout(180 * aSecond);
  await openFile("numbers.ts");
  // Extensions start when the editor has.
  await expect(status()).toBeVisible({ timeout: 60 * aSecond });
  await page.keyboard.type("export const seven = ", { delay: 80 });
  await expect.poll(() => written("numbers.ts")).toContain("export const seven = ");
  // An editor that has just started may ask before it has anything to show; the next key asks again.
  await expect(async () => {
    await page.keyboard.type(" ");
    await page.keyboard.press("Backspace");
    await expect(ghost().first()).toBeVisible({ timeout: 15 * aSecond });
  }).toPass({ timeout: 100 * aSecond });
  await page.keyboard.press("Tab");
  await expect.poll(() => written("numbers.ts")).toMatch(/export const seven = ["']?\w+/);
});

test("the status bar has the figures, and says in words what they are", async () => {
  await expect(status()).toContainText(/\d m?s/, { timeout: 10 * aSecond });
  await expect(status()).toHaveAttribute("aria-label", /median .* of the prompt cached/);
});

test("the prompt of the last suggestion can be looked at, part by part", async () => {
  test.setTimeout(60 * aSecond);
  await runCommand(page, "Paddock: Show the Last Suggestion's Prompt");
  const preview = page.locator("iframe.webview.ready").last().contentFrame().frameLocator("#active-frame");
  await expect(preview.getByRole("heading", { name: "Prompt of the last suggestion" })).toBeVisible({
    timeout: 30 * aSecond,
  });
  await expect(preview.locator("body")).toContainText("typed since the anchor");
  await runCommand(page, "View: Close Editor");
});

test("why there is none is said for the cursor's place, and a file of secrets is never read", async () => {
  test.setTimeout(60 * aSecond);
  await openFile(".env");
  await page.keyboard.type("OTHER=", { delay: 80 });
  await runCommand(page, "Paddock: Why No Suggestion?");
  await expect(page.locator(".notification-list-item-message").first()).toContainText("may hold secrets");
  await runCommand(page, "Notifications: Clear All Notifications");
});

test("they are turned off and on again", async () => {
  test.setTimeout(120 * aSecond);
  await runCommand(page, "Paddock: Turn Inline Suggestions On or Off");
  await expect(status()).toHaveAttribute("aria-label", /turned off/);
  await openFile("numbers.ts");
  await page.keyboard.type("\nexport const eight = ", { delay: 60 });
  await page.waitForTimeout(2_000);
  await expect(ghost()).toHaveCount(0);
  await runCommand(page, "Paddock: Turn Inline Suggestions On or Off");
  await openFile("numbers.ts");
  await page.keyboard.type(" ", { delay: 60 });
  await expect(ghost().first()).toBeVisible({ timeout: 30 * aSecond });
});

test("two windows answer and a suggestion comes in between: all finish, each with its own figures", async () => {
  test.setTimeout(300 * aSecond);
  const other = await workbench.open();
  for (const window of [page, other]) {
    await runCommand(window, "Paddock: Open Chat");
    const box = chatFrame(window).locator("paddock-composer textarea");
    await box.fill("Tell me a very long story about a llama, in many chapters.");
    await box.press("Enter");
    await expect(chatFrame(window).locator(".answer-parts")).toContainText(/\w+ \w+ \w+/, { timeout: 120 * aSecond });
  }
  await page.bringToFront();
  await openFile("numbers.ts");
  await page.keyboard.type("\nexport const nine = ", { delay: 80 });
  await expect(ghost().first()).toBeVisible({ timeout: 30 * aSecond });
  for (const window of [page, other]) {
    await expect(chatFrame(window).locator(".figures")).toContainText("TTFT", { timeout: 240 * aSecond });
  }
  await other.close();
});
