import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { PresetStore } from "../../src/chat/node/presetStore";
import { silentLogger } from "../../src/platform/core/logger";
import { chatFrame, chatStorage, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** What a person does with conversations, in the real editor; each test goes on where the one before ended well. */
const aSecond = 1_000;
const screenshots = path.resolve("test-results");
/** In every text that the extension keeps here, and in nothing else. */
const marker = "zanzibar";
let workbench: Workbench;
let page: Page;
let chat: FrameLocator;
let project: string;

/** Conversations of an earlier day. */
async function seed(folder: string): Promise<void> {
  const store = new ConversationStore({ folder, log: silentLogger });
  await store.start();
  for (const [index, title] of ["Sorting lists in Python", "Names for a parser", "Regular expressions"].entries()) {
    const handle = store.create();
    await handle.append([{ t: "created" }, { t: "title", title: `${title} ${marker}`, by: "question" }]);
    let parent: string | null = null;
    for (let turn = 0; turn < 12; turn++) {
      const wombat = index === 0 && turn === 2 ? "The wombat sorts itself." : "";
      const parts = [{ type: "text" as const, text: `Question ${turn} about ${marker}. ${wombat}` }];
      await handle.append([{ t: "message", id: `q${turn}`, parent, role: "user", parts }]);
      await handle.append([
        { t: "message", id: `a${turn}`, parent: `q${turn}`, role: "assistant", parts: [], model: "starter" },
        { t: "text", x: `Answer ${turn}: ${"a line about it.\n\n".repeat(8)}` },
        { t: "end", status: "complete" },
      ]);
      parent = `a${turn}`;
    }
    handle.dispose();
  }
  await store.close();
  await new PresetStore(path.join(folder, "presets.json"), silentLogger).save("Mine", { systemPrompt: marker });
}

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async (folders) => {
      project = folders.project;
      await mkdir(chatStorage(folders.home), { recursive: true });
      await seed(chatStorage(folders.home));
    },
  });
  page = await workbench.open();
  chat = chatFrame(page);
  await runCommand(page, "Paddock: Open Chat");
  await composer().waitFor({ timeout: 90 * aSecond });
});
test.afterAll(() => workbench.stop());

const rows = () => chat.locator(".row-main");
const notification = (text: string) => page.locator(".notification-list-item", { hasText: text });
const composer = () => chat.locator("paddock-composer textarea");

async function openList(): Promise<void> {
  if ((await chat.locator("paddock-conversation-list").count()) === 0) await chat.locator(".title-button").click();
  await chat.locator("input[type=search]").waitFor();
}

/** Types a path into the editor's own dialog, as it shows one where there is no desktop's. */
async function chooseFile(file: string): Promise<void> {
  const input = page.locator(".quick-input-widget input").first();
  await expect(input).toHaveValue(/^\/.*\.md$/, { timeout: 15 * aSecond });
  await input.fill(file);
  // The dialog looks at the folder while one types, and completes what it finds.
  await expect(async () => {
    await page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden", timeout: 3 * aSecond });
  }).toPass({ timeout: 30 * aSecond });
}

test("rename, pin and search by keyboard", async () => {
  await openList();
  await expect(rows()).toHaveCount(3);
  await page.screenshot({ path: path.join(screenshots, "memory-list.png") });
  await expect(rows().first()).toBeFocused();

  await rows().filter({ hasText: "Names for a parser" }).focus();
  await page.keyboard.press("F2");
  await expect(chat.locator(".rename")).toBeFocused();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(`What to call it ${marker}`);
  await page.keyboard.press("Enter");
  await expect(rows().filter({ hasText: "What to call it" })).toBeFocused();

  await page.keyboard.press("Shift+F10");
  await expect(chat.getByRole("menu")).toBeVisible();
  await page.screenshot({ path: path.join(screenshots, "memory-menu.png") });
  await chat.getByRole("menuitem", { name: "Pin" }).press("Enter");
  await expect(chat.locator("h2.group").first()).toHaveText("Pinned");
  await expect(rows().first()).toContainText("What to call it");
  await page.screenshot({ path: path.join(screenshots, "memory-pinned.png") });

  await chat.locator("input[type=search]").focus();
  await page.keyboard.type("wombat");
  await expect(rows()).toHaveCount(1, { timeout: 15 * aSecond });
  await expect(chat.locator(".row-snippet")).toContainText("wombat sorts");
  await page.screenshot({ path: path.join(screenshots, "memory-search.png") });
  await page.keyboard.press("Enter");
  await expect(chat.locator(".question", { hasText: "wombat" })).toBeInViewport({ timeout: 15 * aSecond });
  await page.screenshot({ path: path.join(screenshots, "memory-revealed.png") });
});

test("the palette's search reveals the message too", async () => {
  await runCommand(page, "Paddock: New Conversation");
  await expect(chat.locator(".question")).toHaveCount(0);
  // The command leaves a list open, so it is not waited for until it is closed.
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").first().fill(">Paddock: Search Conversations");
  await page.locator(".quick-input-list .monaco-list-row").first().waitFor();
  await page.keyboard.press("Enter");
  const input = page.locator(".quick-input-widget input").first();
  await expect(input).toHaveAttribute("placeholder", /Words in titles/);
  await input.fill("wombat itself");
  await expect(page.locator(".quick-input-list .monaco-list-row")).toContainText(["Sorting lists in Python"]);
  await page.screenshot({ path: path.join(screenshots, "memory-palette-search.png") });
  await page.keyboard.press("Enter");
  await expect(chat.locator(".question", { hasText: "wombat" })).toBeInViewport({ timeout: 15 * aSecond });
});

test("one conversation goes to a Markdown file, from the list", async () => {
  await openList();
  await chat.locator("input[type=search]").fill("");
  await rows().filter({ hasText: "Sorting lists" }).focus();
  await page.keyboard.press("Shift+F10");
  await chat.getByRole("menuitem", { name: "Export…" }).press("Enter");
  await page
    .locator(".quick-input-widget input")
    .first()
    .waitFor({ timeout: 15 * aSecond });
  await chooseFile(path.join(project, "sorting.md"));
  await expect(notification("1 conversation exported.")).toBeVisible({ timeout: 15 * aSecond });
  const markdown = await readFile(path.join(project, "sorting.md"), "utf8");
  expect(markdown).toContain("The wombat sorts itself.");
  expect(markdown).toContain("Answer 11: a line about it.");
});

test("deleted with the key and brought back", async () => {
  await openList();
  await rows().filter({ hasText: "Regular expressions" }).focus();
  await page.keyboard.press("Delete");
  await expect(rows()).toHaveCount(2);
  // The keyboard stays in the list.
  await expect(chat.locator(".row-main:focus")).toHaveCount(1);
  await chat.getByRole("button", { name: "Undo" }).click();
  await openList();
  await expect(rows()).toHaveCount(3);
});
