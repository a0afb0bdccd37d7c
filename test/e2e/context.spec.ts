import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { answer, question, seedConversations } from "../support/seedConversations";
import { chatFrame, runCommand, showConversation, startWorkbench, type Workbench } from "../support/workbench";

/** A conversation that outgrows the model's context: what is lost is said before, and said again after. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
const contextSize = 1_024;
let workbench: Workbench;
let page: Page;

/** Some 300 tokens. */
const long = "The llama walks over the hill and looks at the sea. ".repeat(25);

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  workbench = await startWorkbench({
    settings: { "paddock.engine.contextSize": contextSize, "paddock.chat.maxTokens": 48 },
    prepare: async ({ home, project }) => {
      await writeFile(path.join(project, ".env"), "TOKEN=very-secret-indeed\n");
      const turn = [question(long), answer("It does.")];
      await seedConversations(home, [{ title: "About llamas", messages: [...turn, ...turn] }]);
    },
  });
});
test.afterAll(async () => {
  await workbench.stop();
});

const chat = () => chatFrame(page);
const box = () => chat().locator("paddock-composer textarea");
const note = () => chat().locator(".meter-note");
const meter = () => chat().getByRole("button", { name: "Context of the next question" });
const picture = (name: string) => page.screenshot({ path: path.resolve("test-results", `${name}.png`) });

test("the meter counts once the model is there, and says what will be left out before it is sent", async () => {
  test.setTimeout(240 * aSecond);
  page = await workbench.open();
  await runCommand(page, "Paddock: Open Chat");
  await box().waitFor({ timeout: 60 * aSecond });
  await showConversation(chat(), "About llamas");
  await expect(chat().locator(".question")).toHaveCount(2);
  // Typing has the model loaded; from then on the figures are counted.
  await box().fill("And then?");
  await expect(meter()).toHaveText(/^\s*\d{3} \/ 1,024\s*$/, { timeout: 60 * aSecond });
  await expect(note()).toHaveText("");
  await box().fill(`${long} And then?`);
  await expect(note()).toHaveText("The next answer is made without 4 earlier messages.", { timeout: 30 * aSecond });
  await picture("context-drops");
});

test("its details open by keyboard, fit, and Escape leads back", async () => {
  await meter().focus();
  await page.keyboard.press("Enter");
  const panel = chat().getByRole("dialog", { name: "Context of the next question" });
  await expect(panel).toBeFocused();
  await expect(panel).toContainText("4 earlier messages:");
  await picture("context-details");
  expect(
    await chat()
      .locator("html")
      .evaluate((root) => root.scrollWidth - root.clientWidth),
  ).toBeLessThanOrEqual(0);
  await panel.focus();
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await expect(meter()).toBeFocused();
});

test("the answer says the same of what was left out", async () => {
  test.setTimeout(180 * aSecond);
  await box().press("Enter");
  await expect(chat().locator(".question")).toHaveCount(3, { timeout: 30 * aSecond });
  const answer = chat().locator(".answer").nth(2);
  await expect(answer.locator(".figures")).toContainText("TTFT", { timeout: 120 * aSecond });
  await expect(answer.locator(".left-out summary")).toHaveText("Left out to fit the context: 4 earlier messages");
  await picture("context-left-out");
});

test("a question that is too large is refused with words, and stays where it was written", async () => {
  const text = `${"llama ".repeat(2_000)}?`;
  await box().fill(text);
  await expect(note()).toHaveText(/The question is too large by [\d,]+ tokens\./, { timeout: 30 * aSecond });
  const tokens = /by ([\d,]+) tokens/.exec(await note().innerText())?.[1] ?? "";
  await box().press("Enter");
  const refusal = chat().locator(".composer .callout");
  await expect(refusal).toContainText("the model's context has room for 976", { timeout: 30 * aSecond });
  await expect(refusal).toContainText(`That is ${tokens} too many.`);
  await expect(box()).toHaveValue(text);
  await expect(chat().locator(".question")).toHaveCount(3);
  await picture("context-too-large");
});

test("a file of secrets is refused with the reason, where the question is written", async () => {
  await box().fill("What is the token?");
  // The palette without its ">" finds files.
  await page.keyboard.press("F1");
  const quick = page.locator(".quick-input-widget input").first();
  await quick.fill(".env");
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: ".env" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".monaco-editor.focused").waitFor();
  await runCommand(page, "Paddock: Add File to Chat");
  const refusal = chat().getByRole("alert").filter({ hasText: ".env" });
  await expect(refusal).toContainText("never shows a model what looks like a secret", { timeout: 30 * aSecond });
  await expect(chat().locator(".chips.pending")).toHaveCount(0);
  await expect(box()).toHaveValue("What is the token?");
  await picture("context-secret");
});
