import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { chatStorage, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** VS Code's own chat: our model in its picker, @paddock answering there, its commands, and stopping. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;
let file: string;

const code = "function area(width, height) {\n  return width * heigth;\n}\n";
const questions = {
  "Control+Alt+1": "@paddock What is the capital of France?",
  "Control+Alt+2": "@paddock Tell me a very long story about a llama who climbs a mountain.",
  "Control+Alt+3": "@paddock /fix",
  "Control+Alt+4": "@paddock /tests",
  "Control+Alt+5": "@paddock /doc",
  "Control+Alt+6": "@paddock /commit",
} as const;

/** A key that asks in a new chat, because the chat's input box is an editor in which "@" opens a list of its own. */
const asks = (key: string, query: string) => ({
  key: key.replace("Control", "Ctrl").toLowerCase(),
  command: "runCommands",
  args: {
    commands: [
      "workbench.action.chat.newChat",
      {
        command: "workbench.action.chat.open",
        args: { query, mode: "ask", modelSelector: { vendor: "paddock" } },
      },
    ],
  },
});

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  workbench = await startWorkbench({
    prepare: async ({ home, project }) => {
      const user = path.join(home, "data", "User");
      await mkdir(user, { recursive: true });
      const keys = Object.entries(questions).map(([key, query]) => asks(key, query));
      await writeFile(path.join(user, "keybindings.json"), JSON.stringify(keys));
      // A person who wants the same answer each time has new conversations begin with "Precise".
      await mkdir(chatStorage(home), { recursive: true });
      const presets = { version: 1, presets: [], standard: "precise" };
      await writeFile(path.join(chatStorage(home), "presets.json"), JSON.stringify(presets));
      const git = (...given: string[]): unknown =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...given], { cwd: project });
      file = path.join(project, "area.js");
      await writeFile(file, "");
      git("init", "-q", "-b", "main");
      git("add", "-A");
      git("commit", "-q", "-m", "feat: the first");
      await writeFile(file, code);
      git("add", "-A");
    },
  });
});
test.afterAll(async () => {
  await workbench.stop();
});

const model = (state: "ready" | "working") => page.getByRole("button", { name: new RegExp(`^Paddock, .*: ${state}`) });

/** Asks in a new chat. @returns the answer. */
async function ask(key: keyof typeof questions): Promise<Locator> {
  const chat = page.locator(".interactive-session");
  await page.keyboard.press(key);
  const words = questions[key].replace("@paddock ", "");
  await expect(chat.locator(".interactive-request").last()).toContainText(words, { timeout: 30 * aSecond });
  return chat.locator(".interactive-response").last();
}

test("@paddock answers by the model that VS Code's picker shows", async () => {
  test.setTimeout(180 * aSecond);
  page = await workbench.open();
  const answer = await ask("Control+Alt+1");
  await expect(answer).toContainText("Paris", { timeout: 90 * aSecond });
  await expect(answer).toContainText(/SmolLM2 135M.*on this machine.*tok\/s/s, { timeout: 60 * aSecond });
  const picker = page.locator(".model-picker-item").getByRole("button", { name: /SmolLM2 135M/ });
  await expect(picker).toBeVisible();
  await page.screenshot({ path: path.resolve("test-results", "native-chat.png") });
});

test("VS Code's Stop ends what is written, and the engine computes no more", async () => {
  const answer = await ask("Control+Alt+2");
  await expect(answer).toContainText(/\w+ \w+ \w+ \w+ \w+ \w+/, { timeout: 60 * aSecond });
  await expect(model("working")).toBeVisible();
  const stop = page.locator(".chat-execute-toolbar").getByRole("button", { name: /^Cancel/ });
  await stop.click();
  await expect(stop).toHaveCount(0, { timeout: 30 * aSecond });
  await expect(model("ready")).toBeVisible({ timeout: 10 * aSecond });
  // What came stays, and is not signed as if it were whole.
  await expect(answer).toContainText(/\w+ \w+ \w+ \w+ \w+ \w+/);
  await expect(answer).not.toContainText("on this machine");
});

test("/fix, /tests and /doc answer about the file in front and change nothing by themselves", async () => {
  await page.keyboard.press("Control+p");
  await page.locator(".quick-input-widget input").first().fill("area.js");
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "area.js" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
  for (const key of ["Control+Alt+3", "Control+Alt+4"] as const) {
    const answer = await ask(key);
    await expect(answer).toContainText(/SmolLM2 135M.*on this machine/s, { timeout: 90 * aSecond });
  }
  const answer = await ask("Control+Alt+5");
  await answer.getByRole("button", { name: "Review the Change" }).click({ timeout: 90 * aSecond });
  const review = page.locator("[id*='paddock.review']");
  await expect(review).toContainText("left", { timeout: 30 * aSecond });
  expect(await readFile(file, "utf8")).toBe(code);
  await runCommand(page, "Paddock: Accept the Remaining Changes");
  await expect(review).toHaveCount(0);
  await page.locator(".editor-instance .monaco-editor.focused").waitFor({ timeout: 30 * aSecond });
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFile(file, "utf8")).not.toBe(code);
  // Documentation stands above the code, and the code is as it was.
  expect((await readFile(file, "utf8")).endsWith(code)).toBe(true);
});

test("/commit writes for what is staged, and its button puts that into the box", async () => {
  const answer = await ask("Control+Alt+6");
  await answer.getByRole("button", { name: "Use as Commit Message" }).click({ timeout: 90 * aSecond });
  await expect(page.locator(".scm-editor .view-lines")).toContainText(/^\w+(?:\(area\))?:\s\S/, {
    timeout: 30 * aSecond,
  });
});
