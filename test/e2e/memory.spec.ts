import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { chooseFile } from "../support/fileDialog";
import { answer, question, seedConversations, type SeededMessage } from "../support/seedConversations";
import { chatFrame, runCommand, startConversation, startWorkbench, type Workbench } from "../support/workbench";

/** What a person does with conversations, in the real editor; each test goes on where the one before ended well. */
const aSecond = 1_000;
const screenshots = path.resolve("test-results");
let workbench: Workbench;
let page: Page;
let chat: FrameLocator;
let project: string;

const titles = ["Sorting lists in Python", "Names for a parser", "Regular expressions"];

/** Twelve turns, of which the third may say something that no other does. */
function turns(third = ""): SeededMessage[] {
  return Array.from({ length: 12 }, (_, turn) => [
    question(`Question ${turn} about it. ${turn === 2 ? third : ""}`),
    answer(`Answer ${turn}: ${"a line about it.\n\n".repeat(8)}`),
  ]).flat();
}

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    prepare: async (folders) => {
      project = folders.project;
      const seeded = titles.map((title, at) => ({
        title,
        messages: turns(at === 0 ? "The wombat sorts itself." : undefined),
      }));
      await seedConversations(folders.home, seeded);
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

test("rename, pin and search by keyboard", async () => {
  await openList();
  await expect(rows()).toHaveCount(3);
  await page.screenshot({ path: path.join(screenshots, "memory-list.png") });
  await expect(rows().first()).toBeFocused();

  await rows().filter({ hasText: "Names for a parser" }).focus();
  await page.keyboard.press("F2");
  await expect(chat.locator(".rename")).toBeFocused();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("What to call it");
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
  await startConversation(page);
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
  await chooseFile(page, path.join(project, "sorting.md"));
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
