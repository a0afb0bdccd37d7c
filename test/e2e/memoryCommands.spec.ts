import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { PresetStore } from "../../src/chat/node/presetStore";
import { silentLogger } from "../../src/platform/core/logger";
import { chooseFile } from "../support/fileDialog";
import { answer, question, seedConversations } from "../support/seedConversations";
import {
  chatFrame,
  chatStorage,
  runCommand,
  showConversation,
  startWorkbench,
  type Workbench,
} from "../support/workbench";

/** What the palette does with all conversations: delete several, to a file and back, and all data for good. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
const screenshots = path.resolve("test-results");
/** In every text that the extension keeps here, and in nothing else. */
const marker = "zanzibar";
let workbench: Workbench;
let page: Page;
let chat: FrameLocator;
let project: string;

const attached = {
  type: "reference",
  label: "map.ts",
  uri: "file:///map.ts",
  text: `const island = "${marker}";`,
} as const;
const code = "```ts\nexport const far: number = 6_000;\n```";
const seeded = [
  {
    title: `How far it is to ${marker}`,
    messages: [
      question("How far is it, by this map?", [attached]),
      answer(`About this far:\n\n${code}\n\n- by sea\n- by air, with “ß”, 🦙 and 中文`, `They ask about ${marker}.`),
      question("And back?"),
      answer("As far."),
    ],
  },
  ...["Sorting lists", "Names for a parser"].map((title) => ({
    title: `${title} ${marker}`,
    messages: [question("How?"), answer("So.")],
  })),
];

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  workbench = await startWorkbench({
    settings: { "paddock.chat.maxTokens": 48 },
    prepare: async (folders) => {
      project = folders.project;
      await seedConversations(folders.home, seeded);
      const presets = new PresetStore(path.join(chatStorage(folders.home), "presets.json"), silentLogger);
      await presets.save("Mine", { systemPrompt: marker });
    },
  });
  page = await workbench.open();
  chat = chatFrame(page);
  await runCommand(page, "Paddock: Open Chat");
  await composer(chat).waitFor({ timeout: 90 * aSecond });
});
test.afterAll(() => workbench.stop());

const composer = (of: FrameLocator) => of.locator("paddock-composer textarea");
const rows = (of: FrameLocator) => of.locator("paddock-conversation-list .row-main");
const notification = (text: string | RegExp) => page.locator(".notification-toast", { hasText: text });

async function openList(of: FrameLocator): Promise<void> {
  if ((await of.locator("paddock-conversation-list").count()) === 0) await of.locator(".title-button").press("Enter");
  await of.locator("input[type=search]").waitFor();
}

async function closeList(of: FrameLocator): Promise<void> {
  await of.locator("input[type=search]").press("Escape");
  await expect(of.locator("paddock-conversation-list")).toHaveCount(0);
}

/** Below a folder, as paths; none where there is no such folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** What the chat keeps on disk, without the marks of windows that live. */
async function kept(): Promise<string[]> {
  const folder = chatStorage(workbench.home);
  const files = (await filesBelow(folder)).map((file) => path.relative(folder, file));
  return files.filter((file) => !file.startsWith(`writers${path.sep}`)).sort();
}

/** Files of the editor and its extensions that hold the marker: user data, storage, logs. */
async function withMarker(): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesBelow(path.join(workbench.home, "data"))) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    if (bytes.includes(marker)) found.push(path.relative(workbench.home, file));
  }
  return found;
}

test("several are deleted at once, and one Undo brings all of them back", async () => {
  await runCommand(page, "Paddock: Delete Conversations…");
  const picks = page.locator(".quick-input-list .monaco-list-row");
  await expect(picks).toHaveCount(3);
  for (const title of ["Sorting lists", "Names for a parser"]) await picks.filter({ hasText: title }).click();
  await page.screenshot({ path: path.join(screenshots, "delete-several.png") });
  await page.keyboard.press("Enter");
  const said = notification("2 conversations deleted.");
  await expect(said).toBeVisible({ timeout: 15 * aSecond });
  await openList(chat);
  await expect(rows(chat)).toHaveCount(1);
  await said.getByRole("button", { name: "Undo" }).click();
  await expect(rows(chat)).toHaveCount(3);
  for (const { title } of seeded) await expect(rows(chat).filter({ hasText: title })).toHaveCount(1);
  await closeList(chat);
});

test("one goes to a JSON file, is deleted, and comes back from the file as it was", async () => {
  const title = seeded[0]?.title ?? "";
  await showConversation(chat, title);
  await expect(chat.locator(".answer")).toHaveCount(2);
  await expect(chat.locator(".answer").last()).toContainText("As far.");
  /** What a person sees, what is folded too. */
  const shown = async (): Promise<string[]> => {
    await expect(chat.locator(".answer").last()).toContainText("As far.");
    return (await chat.locator("article.question, article.answer").allTextContents()).map((text) =>
      text.replace(/\s+/g, " ").trim(),
    );
  };
  const before = await shown();
  expect(before[0]).toContain("map.ts");
  expect(before[1]).toContain("by air, with “ß”, 🦙 and 中文");

  await runCommand(page, "Paddock: Export Conversation…");
  const file = path.join(project, "far.json");
  await chooseFile(page, file);
  await expect(notification("1 conversation exported.")).toBeVisible({ timeout: 15 * aSecond });
  expect(await readFile(file, "utf8")).toContain(marker);

  await openList(chat);
  await rows(chat).filter({ hasText: title }).focus();
  await page.keyboard.press("Delete");
  await expect(rows(chat)).toHaveCount(2);
  await closeList(chat);
  await expect(chat.locator(".question")).toHaveCount(0);

  await runCommand(page, "Paddock: Import Conversations…");
  await chooseFile(page, file);
  await expect(notification("1 conversation imported.")).toBeVisible({ timeout: 15 * aSecond });
  // A single one is shown at once.
  await expect(chat.locator(".title-text")).toHaveText(title);
  expect(await shown()).toEqual(before);
  await openList(chat);
  await expect(rows(chat)).toHaveCount(3);
  await closeList(chat);
  await page.screenshot({ path: path.join(screenshots, "imported.png") });
});

test("all data goes when the person says so: from the list, from memory, from disk, and in another window", async () => {
  test.setTimeout(300 * aSecond);
  await runCommand(page, "Notifications: Clear All Notifications");
  // A KV state: what is worth one has some hundred tokens.
  await composer(chat).fill(`${"The llama walks over the hill and looks at the sea. ".repeat(40)} Why?`);
  await composer(chat).press("Enter");
  await expect(chat.locator(".figures").last()).toContainText("TTFT", { timeout: 120 * aSecond });
  await expect.poll(kept, { timeout: 30 * aSecond }).toContainEqual(expect.stringMatching(/^kv\W.*\.kv$/));
  // The terminal's ring, and something that is attached.
  await runCommand(page, "Terminal: Create New Terminal");
  await page.locator(".xterm-helper-textarea:focus").waitFor({ timeout: 30 * aSecond });
  await expect(page.locator(".terminal-wrapper.active .xterm-decoration").first()).toBeAttached({
    timeout: 30 * aSecond,
  });
  await page.keyboard.type(`sleep 0.3; echo ${marker}`);
  await page.keyboard.press("Enter");
  const chips = chat.locator(".chips.pending");
  await expect(async () => {
    await runCommand(page, "Paddock: Add Last Terminal Command to Chat");
    await expect(chips).toContainText("Terminal: sleep", { timeout: 5 * aSecond });
  }).toPass({ timeout: 60 * aSecond });
  await expect.poll(kept).toContainEqual(expect.stringMatching(/^attached\W/));
  await composer(chat).fill(`A draft about ${marker}`);
  const other = await workbench.open();
  await runCommand(other, "Paddock: Open Chat");
  await composer(chatFrame(other)).waitFor({ timeout: 60 * aSecond });
  await showConversation(chatFrame(other), seeded[0]?.title ?? "");
  expect(await withMarker()).not.toEqual([]);

  await runCommand(page, "Paddock: Delete All My Data…");
  const dialog = page.locator(".monaco-dialog-box");
  await expect(dialog).toContainText("There is no way back");
  await page.screenshot({ path: path.join(screenshots, "delete-all-data.png") });
  // Escape is a no.
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  expect((await kept()).filter((file) => file.startsWith("conversations"))).not.toEqual([]);
  await runCommand(page, "Paddock: Delete All My Data…");
  await dialog.getByRole("button", { name: "Delete All My Data" }).click();
  await expect(notification("All your Paddock data on this machine is deleted.")).toBeVisible({
    timeout: 30 * aSecond,
  });

  for (const window of [chat, chatFrame(other)]) {
    await expect(window.locator(".question")).toHaveCount(0, { timeout: 30 * aSecond });
    await expect(composer(window)).toHaveValue("");
    await expect(window.locator(".chips.pending")).toHaveCount(0);
    await openList(window);
    await expect(rows(window)).toHaveCount(0);
    await closeList(window);
  }
  expect(await withMarker()).toEqual([]);
  // A list that is empty may be written down; nothing else is.
  expect((await kept()).filter((file) => !["epoch.json", "index.json"].includes(file))).toEqual([]);
  await page.screenshot({ path: path.join(screenshots, "all-deleted.png") });

  await runCommand(page, "Notifications: Clear All Notifications");
  await runCommand(page, "Paddock: Add Last Terminal Command to Chat");
  await expect(notification("No command of a terminal is kept.")).toBeVisible({ timeout: 15 * aSecond });
  await expect(chips).toHaveCount(0);
  // Windows that were open go on, and write nothing of it again; a reload finds nothing.
  await workbench.reload(page);
  await runCommand(page, "Paddock: Open Chat");
  await composer(chat).waitFor({ timeout: 60 * aSecond });
  await expect(composer(chat)).toHaveValue("");
  await openList(chat);
  await expect(rows(chat)).toHaveCount(0);
  expect(await withMarker()).toEqual([]);
});
