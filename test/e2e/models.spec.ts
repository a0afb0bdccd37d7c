import { access, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { put } from "../support/modelFolders";
import { tinyGguf } from "../support/tinyGguf";
import { chooseFromMenu, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** What a person does with the models on their machine, in the real editor; each test goes on where the one before ended. */
test.describe.configure({ mode: "serial" });
const screenshots = path.resolve("test-results");
let workbench: Workbench;
let page: Page;
let folder: string;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-e2e-models-"));
  await put(path.join(folder, "Llama-Writes-1B-F32.gguf"), tinyGguf());
  await put(path.join(folder, "Coder-Other-F32.gguf"), tinyGguf({ seed: 2, fim: true }));
  await put(path.join(folder, "damaged.gguf"), tinyGguf().subarray(0, 100_000));
  workbench = await startWorkbench({ settings: { "paddock.models.extraFolders": [folder] } });
});
test.afterAll(async () => {
  await workbench.stop();
  await rm(folder, { recursive: true, force: true });
});

const item = (name: RegExp): Locator => page.getByRole("treeitem", { name });

test("they are listed below the chat, with size and quantization, and what is damaged says why", async () => {
  page = await workbench.open({ width: 1280, height: 900 });
  await runCommand(page, "Paddock: Focus on Models View");
  await expect(item(/^Chat: SmolLM2 135M/)).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: path.join(screenshots, "models-first.png") });
  // The chat is folded, so that all of the list is on the screen.
  await page.getByRole("button", { name: "Chat Section" }).click();
  await expect(item(/^Coder-Other-F32, all F32 · \d+ KiB/)).toBeVisible();
  await expect(item(/^damaged, cannot be used · .* is cut short/)).toBeVisible();
  await expect(item(/^Embeddings: no model/)).toBeVisible();
  await page.screenshot({ path: path.join(screenshots, "models.png") });
});

test("one is dragged onto the completions, and given back", async () => {
  await expect(item(/^Completions: SmolLM2 135M.*the chat's model/)).toBeVisible();
  await item(/^Coder-Other-F32/).dragTo(item(/^Completions/));
  await expect(item(/^Completions: Coder-Other-F32/)).toBeVisible();
  await item(/^Completions/).hover();
  await page.getByRole("button", { name: "Reset a Model's Role…" }).click();
  await expect(item(/^Completions: SmolLM2 135M.*the chat's model/)).toBeVisible();
});

test("one is used for the chat by keyboard alone", async () => {
  await runCommand(page, "Paddock: Focus on Models View");
  for (const key of ["Home", "ArrowDown", "Enter"]) await page.keyboard.press(key);
  const input = page.locator(".quick-input-widget input").first();
  await expect(input).toBeFocused();
  await page.keyboard.type("Writes");
  await page.keyboard.press("Enter");
  await expect(item(/^Chat: Llama-Writes-1B-F32 · loaded/)).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: path.join(screenshots, "models-loaded.png") });
});

test("one is deleted from its menu, after a question, and the starter answers again", async () => {
  const dialog = page.getByRole("dialog");
  await chooseFromMenu(page, item(/^Llama-Writes/), "Delete Model…", dialog);
  await expect(dialog).toContainText("It is loaded and leaves memory first.");
  await page.screenshot({ path: path.join(screenshots, "models-delete.png") });
  await dialog.getByRole("button", { name: "Move to Trash" }).click();
  // An editor in the browser has no trash, and says so before anything is lost.
  await expect(dialog).toContainText("There is no trash");
  await dialog.getByRole("button", { name: "Delete for Good" }).click();
  await expect(item(/^Llama-Writes/)).toHaveCount(0);
  await expect(item(/^Chat: SmolLM2 135M/)).toBeVisible();
  await expect(access(path.join(folder, "Llama-Writes-1B-F32.gguf"))).rejects.toMatchObject({ code: "ENOENT" });
});
