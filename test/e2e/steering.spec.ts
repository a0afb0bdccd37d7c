import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { chatFrame, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** How an answer is steered, in the real editor with the starter; each test goes on where the one before ended. */
test.describe.configure({ mode: "serial" });
const screenshots = path.resolve("test-results");
let workbench: Workbench;
let page: Page;
let chat: FrameLocator;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async ({ project }) => {
      await mkdir(path.join(project, ".github", "prompts"), { recursive: true });
      await writeFile(path.join(project, "AGENTS.md"), "Answer in one short sentence.\n");
      await writeFile(path.join(project, "style.md"), "Names are short.\n");
      await writeFile(
        path.join(project, ".github", "prompts", "greet.prompt.md"),
        "---\ndescription: Greets somebody\n---\nSay hello to ${input:whom:a name}, as [the style](../../style.md) asks.\n",
      );
    },
  });
});
test.afterAll(() => workbench.stop());

const answered = (count: number): Promise<void> =>
  expect(chat.locator(".figures")).toHaveCount(count, { timeout: 120_000 });

test("temperature, seed and length are set by keyboard, kept as a preset, and the answer says what it used", async () => {
  page = await workbench.open();
  await runCommand(page, "Paddock: Open Chat");
  chat = chatFrame(page);
  await expect(chat.locator("textarea").last()).toBeFocused({ timeout: 60_000 });
  await chat.getByRole("button", { name: "Conversation settings" }).focus();
  await page.keyboard.press("Enter");
  await expect(chat.getByLabel("Preset")).toBeFocused();
  const set = async (name: string, value: string): Promise<void> => {
    await chat.getByLabel(name, { exact: true }).focus();
    await page.keyboard.type(value);
    await page.keyboard.press("Tab");
  };
  await set("temperature", "0.7");
  await set("seed", "7");
  await set("max tokens", "24");
  await chat.getByRole("button", { name: "Save as a preset…" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("Short");
  await page.keyboard.press("Enter");
  await expect(chat.getByLabel("Preset").locator("option:checked")).toHaveText(/Short/u);
  await page.screenshot({ path: path.join(screenshots, "steering-settings.png") });
  await page.keyboard.press("Escape");
  await chat.getByRole("textbox", { name: "Your question" }).focus();
  await page.keyboard.type("Write a long story about a llama.");
  await page.keyboard.press("Enter");
  await answered(1);
  await expect(chat.locator(".figures").first()).toContainText("24 out");
  await expect(chat.getByText("reached the limit")).toBeVisible();
  await chat.locator("button.speed").first().focus();
  await page.keyboard.press("Enter");
  const used = chat.locator(".sampling");
  for (const [term, value] of [
    ["temperature", "0.7"],
    ["seed", "7"],
    ["max tokens", "24"],
  ] as const)
    await expect(used.locator("dt", { hasText: term }).locator("+ dd")).toHaveText(value);
  await page.keyboard.press("Escape");
});

test("the same seed gives the same answer again, beside the first", async () => {
  const answer = chat.locator(".answer .answer-parts").first();
  const said = await answer.innerText();
  await chat.getByRole("button", { name: "Retry", exact: true }).first().click();
  await expect(chat.getByText("2 / 2")).toBeVisible({ timeout: 60_000 });
  await expect(chat.locator(".figures").first()).toContainText("24 out", { timeout: 120_000 });
  await expect(answer).toHaveText(said, { useInnerText: true });
});

test("what the workspace asks is shown as used, and opens", async () => {
  await chat.getByRole("button", { name: "AGENTS.md" }).first().click();
  await expect(page.getByRole("tab", { name: /AGENTS\.md/u })).toBeVisible();
});

test("a prompt file runs from the palette: it asks, attaches what it links to and is answered", async () => {
  await runCommand(page, "Paddock: Run Prompt File…");
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "/greet" }).first().click();
  const box = page.locator(".quick-input-widget input").first();
  await expect(page.locator(".quick-input-widget")).toContainText("whom");
  await box.fill("Ada");
  await page.keyboard.press("Enter");
  await expect(chat.locator(".question").last()).toContainText("Say hello to Ada", { timeout: 60_000 });
  await expect(chat.locator(".question").last()).toContainText("style.md");
  await answered(2);
  await page.screenshot({ path: path.join(screenshots, "steering-prompt-file.png") });
});

test("a new prompt file is made with an example in it and never over another", async () => {
  const make = async (): Promise<void> => {
    await runCommand(page, "Paddock: New Prompt File…");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "Everybody" }).first().click();
    await page.locator(".quick-input-widget input").first().fill("Explain it");
    await page.keyboard.press("Enter");
  };
  await make();
  await expect(page.getByRole("tab", { name: /explain-it\.prompt\.md/u })).toBeVisible();
  await expect(page.locator(".editor-instance .view-lines").first()).toContainText("description:");
  await make();
  await expect(page.getByText("could not be made").first()).toBeVisible();
});
