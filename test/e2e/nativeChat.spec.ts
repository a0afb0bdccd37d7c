import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { startWorkbench, type Workbench } from "../support/workbench";

/** VS Code's own chat: our model in its picker, and @paddock answering there. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;

/** A key that asks, because the chat's input box is an editor in which "@" opens a list of its own. */
const asks = (key: string, query: string) => ({
  key,
  command: "workbench.action.chat.open",
  args: { query, mode: "ask", modelSelector: { vendor: "paddock" } },
});

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  workbench = await startWorkbench({
    prepare: async ({ home }) => {
      const user = path.join(home, "data", "User");
      await mkdir(user, { recursive: true });
      const keys = [asks("ctrl+alt+1", "@paddock What is the capital of France?")];
      await writeFile(path.join(user, "keybindings.json"), JSON.stringify(keys));
    },
  });
});
test.afterAll(async () => {
  await workbench.stop();
});

const answers = () => page.locator(".interactive-session .interactive-response");

test("@paddock answers by the model that VS Code's picker shows", async () => {
  test.setTimeout(180 * aSecond);
  page = await workbench.open();
  await page.keyboard.press("Control+Alt+1");
  await expect(answers().first()).toContainText("Paris", { timeout: 90 * aSecond });
  await expect(answers().first()).toContainText(/SmolLM2 135M.*on this machine.*tok\/s/s, { timeout: 60 * aSecond });
  const picker = page.locator(".model-picker-item").getByRole("button", { name: /SmolLM2 135M/ });
  await expect(picker).toBeVisible();
  await page.screenshot({ path: path.resolve("test-results", "native-chat.png") });
});
