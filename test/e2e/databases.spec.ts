import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** Asking a database that the workspace has, with the starter and its adapter; each test goes on from the one before. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;
let panel: FrameLocator;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    settings: { "workbench.secondarySideBar.defaultVisibility": "hidden", "editor.codeLens": true },
    prepare: async ({ project }) => {
      await mkdir(path.join(project, "data"));
      const database = new DatabaseSync(path.join(project, "data", "music.sqlite"));
      database.exec(`
        CREATE TABLE singer (Singer_ID INTEGER PRIMARY KEY, Name TEXT, Country TEXT, Age INTEGER);
        INSERT INTO singer VALUES
          (1, 'Joe Sharp', 'Netherlands', 52), (2, 'Timbaland', 'United States', 32), (3, 'Justin Brown', 'France', 29),
          (4, 'Rose White', 'France', 41), (5, 'John Nizinik', 'France', 43), (6, 'Tribal King', 'France', 25);`);
      database.close();
      await writeFile(path.join(project, "hand.sql"), "SELECT Name, Age FROM singer ORDER BY Age LIMIT 2;\n");
      await writeFile(path.join(project, "write.sql"), "UPDATE singer SET Age = Age + 1 WHERE Country = 'France';\n");
    },
  });
  page = await workbench.open({ width: 1500, height: 1000 });
});
test.afterAll(() => workbench.stop());

const tree = () => page.getByRole("tree", { name: "Databases" });
const item = (name: string | RegExp) => tree().getByRole("treeitem", { name });
const openFile = async (name: string): Promise<void> => {
  await page.keyboard.press("Control+P");
  const input = page.locator(".quick-input-widget input").first();
  await input.fill(name);
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first().click();
  await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
};
const lens = (name: string) => page.locator(".codelens-decoration a").filter({ hasText: name }).first();
/** The last question or statement in the panel. */
const lastTurn = () => panel.getByRole("article").last();

test("a database of the workspace is offered, and opened when the person says so", async () => {
  await runCommand(page, "Paddock: Focus on Databases View");
  await expect(item(/music\.sqlite.*found here, not connected/)).toBeVisible({ timeout: 60 * aSecond });
  await item(/music\.sqlite/).click();
  await expect(item(/music\.sqlite.*read-only.*1 table/)).toBeVisible({ timeout: 60 * aSecond });
  await item(/^singer/).click();
  await expect(item(/^Country/)).toBeVisible();
  await expect(item(/^singer.*6 rows/)).toBeVisible();
  await page.screenshot({ path: "test-results/databases-journey-1.png" });
});

test("a question in words becomes SQL with an explanation and rows", async () => {
  test.setTimeout(180 * aSecond);
  await runCommand(page, "Paddock: Ask a Database…");
  const row = page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "music.sqlite" }).first();
  await row.click();
  panel = page
    .locator(`iframe.webview.ready[src*="extensionId=paddock."]`)
    .last()
    .contentFrame()
    .frameLocator("#active-frame");
  const box = panel.getByRole("textbox", { name: "Question" });
  await box.fill("How many singers are from France?");
  await box.press("Enter");
  await expect(lastTurn()).toContainText(/SELECT/i, { timeout: 120 * aSecond });
  await expect(lastTurn()).toContainText(/singer/i);
  await expect(lastTurn().getByRole("grid")).toBeVisible({ timeout: 60 * aSecond });
  await expect(lastTurn().getByRole("gridcell", { name: "4" }).first()).toBeVisible();
  await page.screenshot({ path: "test-results/databases-journey-2.png" });
});

test("a question goes on from the one before", async () => {
  test.setTimeout(120 * aSecond);
  const box = panel.getByRole("textbox", { name: "Question" });
  await box.fill("And from the Netherlands?");
  await box.press("Enter");
  await expect(panel.getByRole("article")).toHaveCount(2);
  await expect(lastTurn()).toContainText(/SELECT/i, { timeout: 90 * aSecond });
  await expect(lastTurn()).toContainText("Netherlands");
});

test("a statement of a file runs on its database", async () => {
  test.setTimeout(120 * aSecond);
  await openFile("hand.sql");
  await lens("Run").click();
  // The file has no database yet, and the person is asked once.
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "music.sqlite" }).first().click();
  await expect(panel.getByRole("article")).toHaveCount(3, { timeout: 30 * aSecond });
  // The panel was behind the file: it is built anew, and shows what has come last.
  await expect(lastTurn().getByRole("gridcell", { name: "Tribal King" })).toBeInViewport({ timeout: 60 * aSecond });
  await page.screenshot({ path: "test-results/databases-journey-3.png" });
});

test("what writes is refused, then allowed, and changes the rows that were confirmed", async () => {
  test.setTimeout(180 * aSecond);
  await openFile("write.sql");
  await lens("Run").click();
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "music.sqlite" }).first().click();
  await expect(panel.getByRole("article")).toHaveCount(4, { timeout: 30 * aSecond });
  await expect(lastTurn().getByRole("alert")).toBeVisible({ timeout: 30 * aSecond });
  await expect(lastTurn().getByRole("button", { name: /^Change \d/ })).toHaveCount(0);
  await runCommand(page, "Paddock: Allow Writing to a Database…");
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "music.sqlite" }).first().click();
  await page.getByRole("button", { name: "Allow Writing" }).click();
  await expect(item(/music\.sqlite.*writable/)).toBeVisible({ timeout: 30 * aSecond });
  await openFile("write.sql");
  await lens("Run").click();
  await expect(panel.getByRole("article")).toHaveCount(5, { timeout: 30 * aSecond });
  await lastTurn()
    .getByRole("button", { name: "Change 4 Rows" })
    .click({ timeout: 60 * aSecond });
  await expect(lastTurn()).toContainText("4 rows were changed.", { timeout: 60 * aSecond });
  await page.screenshot({ path: "test-results/databases-journey-4.png" });
  const database = new DatabaseSync(path.join(workbench.home, "project", "data", "music.sqlite"), { readOnly: true });
  expect(database.prepare("SELECT SUM(Age) AS sum FROM singer WHERE Country = 'France'").get()?.sum).toBe(142);
  database.close();
});
