import { execFileSync } from "node:child_process";
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

/** Some 2,500 tokens: a prompt that takes seconds, so that what is cancelled is still under way. */
const long = Array.from(
  { length: 60 },
  (_, at) =>
    `export function price${at}(items) {\n  return items.filter((item) => item.kind === ${at}).length * ${at};\n}\n`,
).join("\n");
const names = ["prices", "fees", "fines"] as const;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async ({ project }) => {
      await mkdir(path.join(project, "src"), { recursive: true });
      file = path.join(project, "src", "area.js");
      await writeFile(file, original);
      const git = (...given: string[]): unknown =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...given], { cwd: project });
      git("init", "-q", "-b", "main");
      git("add", "-A");
      git("commit", "-q", "-m", "feat: the first");
      for (const name of names) await writeFile(path.join(project, "src", `${name}.js`), long);
      git("add", "-A");
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

async function open(name: string): Promise<void> {
  await page.keyboard.press("Control+p");
  await page.locator(".quick-input-widget input").first().fill(name);
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first().waitFor();
  await page.keyboard.press("Enter");
  await expect(page.locator(".tab.active")).toContainText(name);
}

test("the lightbulb's fix is reviewed, accepted, and taken back to the last byte", async () => {
  page = await workbench.open();
  await open("area.js");
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

const status = () => page.locator("[id*='paddock.action']");
const model = (state: "ready" | "working") => page.getByRole("button", { name: new RegExp(`^Paddock, .*: ${state}`) });

/** Writing tests for all of a long file. */
async function begin(): Promise<void> {
  // The keyboard may have gone where the mouse went.
  await page.keyboard.press("Control+1");
  await page.locator(".editor-instance .monaco-editor.focused").waitFor({ timeout: 30_000 });
  await page.keyboard.press("Control+a");
  await runCommand(page, "Paddock: Write Tests");
  await expect(status()).toContainText("Paddock: writing tests", { timeout: 30_000 });
  await expect(model("working")).toBeVisible({ timeout: 30_000 });
}

/** The engine computes no more, nothing was written anywhere, and nothing is told as if it had failed. */
async function cancelled(): Promise<void> {
  await expect(status()).toHaveCount(0, { timeout: 10_000 });
  await expect(model("ready")).toBeVisible({ timeout: 10_000 });
  await expect(page.locator(".notification-toast .codicon-error")).toHaveCount(0);
  await expect(page.locator(".tab.dirty")).toHaveCount(0);
}

test("a click in the status bar cancels what is running", async () => {
  await open("prices.js");
  const tabs = await page.locator(".tab").count();
  await begin();
  await status().locator("a").first().click();
  await cancelled();
  await expect(page.locator(".tab")).toHaveCount(tabs);
});

test("a command from the keyboard cancels it", async () => {
  const tabs = await page.locator(".tab").count();
  await begin();
  await runCommand(page, "Paddock: Cancel the Running Action");
  await cancelled();
  await expect(page.locator(".tab")).toHaveCount(tabs);
});

test("the commit message is cancelled where it was asked for, and its box stays empty", async () => {
  await page.getByRole("tab", { name: /^Source Control/ }).click();
  const box = page.locator(".scm-editor");
  await expect(box).toBeVisible({ timeout: 30_000 });
  // The view's title has its buttons while the keyboard is in the view.
  await box.click();
  const write = page.getByRole("button", { name: "Write Commit Message" });
  const cancel = page.getByRole("button", { name: "Cancel the Running Action" });
  await write.click({ timeout: 30_000 });
  await expect(status()).toContainText("Paddock: writing the commit message", { timeout: 30_000 });
  await expect(write).toHaveCount(0);
  await cancel.click();
  await cancelled();
  await expect(write).toBeVisible();
  await expect(cancel).toHaveCount(0);
  await expect(box.locator(".view-lines")).toHaveText(/^\s*$/);
});
