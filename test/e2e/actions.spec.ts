import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { runCommand, startWorkbench, type Workbench } from "../support/workbench";

test.describe.configure({ mode: "serial" });
let workbench: Workbench;
let page: Page;
let file: string;

// The line ends of Windows, and none at the end: what Undo brings back must have them too.
const original = [
  "const tax = 1.19;",
  "",
  "function area(width, height) {",
  "  retrun width * height;",
  "}",
  "",
  "console.log(area(2, 3) * tax);",
].join("\r\n");

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async ({ project }) => {
      await mkdir(path.join(project, "src"), { recursive: true });
      file = path.join(project, "src", "area.js");
      await writeFile(file, original);
    },
  });
});
test.afterAll(() => workbench.stop());

/** Saves what the file's own editor holds, until the file is as wanted. */
async function saved(isWanted: (text: string) => boolean): Promise<string> {
  await page.locator(".monaco-editor.focused").waitFor({ timeout: 30_000 });
  await page.keyboard.press("Control+s");
  await expect.poll(async () => isWanted(await readFile(file, "utf8"))).toBe(true);
  return readFile(file, "utf8");
}

test("the lightbulb's fix is reviewed, accepted, and taken back to the last byte", async () => {
  page = await workbench.open();
  await page.keyboard.press("Control+p");
  await page.locator(".quick-input-widget input").first().fill("area.js");
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "area.js" }).first().waitFor();
  await page.keyboard.press("Enter");
  await expect(page.locator(".tab.active")).toContainText("area.js");
  await expect(page.locator(".squiggly-error").first()).toBeVisible({ timeout: 90_000 });
  // To the problem, as a person goes there.
  await runCommand(page, "Go to Next Problem (Error, Warning, Info)");
  await page.keyboard.press("Escape");
  const entry = page.locator(".action-widget .monaco-list-row").filter({ hasText: "Fix with Paddock" });
  await expect(async () => {
    await page.keyboard.press("Control+.");
    await expect(entry).toBeVisible({ timeout: 5_000 });
    // A menu that is filled again meanwhile is another one.
    await entry.click({ timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  const review = page.locator("[id*='paddock.review']");
  // What a small model writes is its own affair: a change is reviewed, and what can't be used is refused in words.
  const refusal = page.locator(".notification-toast").filter({ hasText: "Another Model…" });
  await expect(review.or(refusal).first()).toBeVisible({ timeout: 120_000 });
  expect(await readFile(file, "utf8")).toBe(original);
  // Documentation has its form by a grammar, so that there always is something to review.
  if ((await review.count()) === 0) await runCommand(page, "Paddock: Document");
  await expect(review).toContainText("left", { timeout: 120_000 });
  expect(await readFile(file, "utf8")).toBe(original);
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  await expect(review).toHaveCount(0);
  await expect(page.locator(".tab.active")).not.toContainText("proposed");
  const fixed = await saved((text) => text !== original);
  const [head, tail] = [
    original.slice(0, original.indexOf("function")),
    original.slice(original.indexOf("\r\n\r\nconsole")),
  ];
  expect(fixed.startsWith(head) && fixed.endsWith(tail)).toBe(true);
  expect(fixed.replaceAll("\r\n", "")).not.toContain("\n");
  await page.keyboard.press("Control+z");
  await saved((text) => text === original);
});
