import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { answer, question, seedConversations } from "../support/seedConversations";
import { chatFrame, runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** Without a mouse, with a screen reader: nothing here clicks, and what is expected is what a screen reader is told. */
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;
let chat: FrameLocator;
let file: string;
const original = "one();\ntwo();\nthree();\nfour();\nfive();\n";
const told = [
  "Here it is:",
  "```js src/steps.js\none();\ntwo(2);\nthree();\nfour(4);\nfive();\n```",
  "| a | b |\n| - | - |\n| 1 | 2 |",
  "See [the page](https://example.com).",
].join("\n\n");

test.beforeAll(async () => {
  test.setTimeout(240_000);
  workbench = await startWorkbench({
    settings: { "editor.accessibilitySupport": "on" },
    prepare: async ({ home, project }) => {
      await mkdir(path.join(project, "src"), { recursive: true });
      file = path.join(project, "src", "steps.js");
      await writeFile(file, original);
      const said = answer(told, "They want numbers in the calls.");
      await seedConversations(home, [{ title: "Count along", messages: [question("Count along."), said] }]);
    },
  });
  page = await workbench.open();
  chat = chatFrame(page);
});
test.afterAll(() => workbench.stop());

const press = (key: string): Promise<void> => page.keyboard.press(key);
const input = () => chat.getByRole("textbox", { name: "Your question" });

/** What a screen reader says of the place where the keyboard is: its role and its name. */
async function spoken(): Promise<string> {
  const at = chat.locator(":focus");
  if (!(await isInChat()) || (await at.count()) === 0) return "nothing in the chat";
  // What unfolds is a disclosure to screen readers; the snapshot knows only its text.
  if (await at.evaluate(({ localName }) => localName === "summary"))
    return `summary "${(await at.innerText()).trim()}"`;
  const [line = ""] = (await at.ariaSnapshot({ timeout: 5 * aSecond })).split("\n");
  // YAML quotes a name with a colon in it.
  return line
    .replace(/^- /, "")
    .replace(/^'(.*)'(?::.*)?$/, "$1")
    .replace(/:$/, "");
}

/** The messages that the editor shows, which a screen reader reads aloud. */
async function spokenMessages(): Promise<string> {
  return (await page.locator(".notification-toast").allInnerTexts()).join(" | ");
}

/** Presses a key until the keyboard is at what is called so; fails when it goes round or gets stuck. */
async function go(key: string, wanted: RegExp, most = 40): Promise<void> {
  const stops: string[] = [];
  for (let step = 0; step < most; step++) {
    await press(key);
    const at = await spoken();
    if (wanted.test(at)) return;
    stops.push(at);
    if (!(await isInChat())) break;
  }
  throw new Error(`${key} does not lead to ${String(wanted)}, but to:\n${stops.join("\n")}`);
}

async function isInChat(): Promise<boolean> {
  return page.evaluate(() => document.activeElement?.matches("iframe.webview") === true);
}

/** The conversation that was there before, in front, with the keyboard at the input box. */
async function countAlong(): Promise<void> {
  await go("Shift+Tab", /^button "Conversations. Shown:/);
  await press("Enter");
  await expect(chat.locator("paddock-conversation-list :focus")).toBeVisible();
  await page.keyboard.type("Count along");
  await expect(chat.locator("mark").first()).toBeVisible();
  await press("ArrowDown");
  await press("Enter");
  await expect(chat.locator(".question")).toContainText("Count along.");
  await runCommand(page, "Paddock: Open Chat");
  await expect(input()).toBeFocused();
}

test.beforeEach(async () => {
  await runCommand(page, "Paddock: Open Chat");
  await expect(input()).toBeFocused({ timeout: 60 * aSecond });
});

test("a question is asked, and its answer is heard", async () => {
  expect(await spoken()).toMatch(/^textbox "Your question"/);
  const heard = chat.locator("[aria-live=polite]");
  // What is said is there for a moment only; a screen reader reads each change.
  await heard.evaluate((region) => {
    const all: string[] = [];
    Object.assign(window, { heard: all });
    new MutationObserver(() => all.push(region.textContent)).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await page.keyboard.type("What is the capital of France?");
  await press("Enter");
  await expect(heard).toContainText(/^Answer finished/, { timeout: 120 * aSecond });
  const said = await heard.evaluate(() => (window as unknown as { heard: string[] }).heard);
  const answer = (await chat.locator(".answer .answer-parts").innerText()).trim();
  // Its phases and its end, once each; never its tokens.
  expect(new Set(said).size).toBe(said.length);
  expect(said.length).toBeLessThanOrEqual(5);
  expect(said.at(-1)?.replace(/\s+/g, " ")).toContain(answer.replace(/\s+/g, " ").slice(0, 200));
  await expect(input()).toBeFocused();
  // In the tree that a screen reader walks there are both, with headings to jump by.
  const tree = await chat.locator("main").ariaSnapshot();
  expect(tree).toContain('article "You"');
  expect(tree).toContain("What is the capital of France?");
  expect(tree).toMatch(/article "(?:Answer|Paddock)[^"]*"/);
  expect(tree).toMatch(/- heading "[^"]+" \[level=2\]/);
});

test("conversations are found, chosen and left by keyboard, and Escape goes back step by step", async () => {
  const title = /^button "Conversations. Shown:/;
  await go("Shift+Tab", title);
  await press("Enter");
  await expect(chat.locator("paddock-conversation-list :focus")).toBeVisible();
  await press("Escape");
  expect(await spoken()).toMatch(title);
  await runCommand(page, "Paddock: Open Chat");
  await countAlong();
});

test("every stop has a name, Tab leads out at both ends, and nothing holds the keyboard", async () => {
  await countAlong();
  const stops: string[] = [];
  for (let step = 0; step < 60 && (await isInChat()); step++) {
    stops.push(await spoken());
    await press("Shift+Tab");
  }
  expect(await isInChat(), "Shift+Tab leads out").toBe(false);
  for (const stop of stops) expect(stop, stops.join("\n")).toMatch(/^[a-z]+ "[^"]+"/);
  for (const wanted of [
    /^textbox "Your question"/,
    /^button "Copy code"/,
    /^button "Apply to its file, for review"/,
    /^button "Insert/,
    /^button "Replace the selection/,
    /^button "Open as a new file/,
    /^button "Retry"/,
    /^button "Quote in your question"/,
    /^button "Edit and ask again"/,
    /^link "the page"/,
    /^log "Conversation"/,
    /^button "Conversation settings"/,
    /^button "New conversation"/,
  ]) {
    expect(
      stops.some((stop) => wanted.test(stop)),
      `${String(wanted)} among\n${stops.join("\n")}`,
    ).toBe(true);
  }
  await runCommand(page, "Paddock: Open Chat");
  await expect(input()).toBeFocused();
  for (let step = 0; step < 30 && (await isInChat()); step++) await press("Tab");
  expect(await isInChat(), "Tab leads out").toBe(false);
});

test("arrows go from message to message, and what is folded unfolds", async () => {
  await countAlong();
  await go("Shift+Tab", /^log "Conversation"/);
  await press("ArrowUp");
  expect(await spoken()).toMatch(/^article/);
  await press("Home");
  await expect(chat.locator("article.question")).toBeFocused();
  await press("ArrowDown");
  await expect(chat.locator("article.answer")).toBeFocused();
  await press("Tab");
  const fold = chat.locator("details.fold").first();
  await expect(fold.locator("summary")).toBeFocused();
  await expect(fold).not.toHaveAttribute("open");
  await press("Enter");
  await expect(fold).toHaveAttribute("open");
  await expect(chat.getByText("They want numbers")).toBeVisible();
  await press("Space");
  await expect(fold).not.toHaveAttribute("open");
  await press("Escape");
  await expect(input()).toBeFocused();
});

test("settings are changed by keyboard", async () => {
  await go("Shift+Tab", /^button "Conversation settings"/);
  await press("Enter");
  expect(await spoken()).toMatch(/^combobox "Preset"/);
  await go("Tab", /^textbox "temperature"/);
  await page.keyboard.type("0.5");
  await press("Tab");
  expect(await spoken()).toMatch(/^textbox "/);
  await press("Escape");
  expect(await spoken()).toMatch(/^button "Conversation settings"/);
  await press("Enter");
  await expect(chat.getByLabel("temperature")).toHaveValue("0.5");
  await press("Escape");
});

test("code is applied by keyboard and reviewed by commands, each step said aloud", async () => {
  await countAlong();
  await go("Shift+Tab", /^button "Apply to its file, for review"/);
  await press("Enter");
  await expect(page.locator(".monaco-diff-editor").first()).toBeVisible({ timeout: 30 * aSecond });
  await expect.poll(isInChat).toBe(false);
  // Screen readers read messages, and no status bar.
  await runCommand(page, "Paddock: Accept Change");
  await expect.poll(spokenMessages).toContain("1 of 2 changes left");
  // The next change, where the cursor has been taken, is what the next command decides.
  await expect(page.locator("[id='status.editor.selection']")).toContainText("Ln 4");
  await runCommand(page, "Paddock: Reject Change");
  await expect.poll(spokenMessages).toContain("1 change made");
  await expect(page.locator(".tab.active")).toContainText("steps.js");
  await expect(page.locator(".editor-instance .monaco-editor.focused")).toBeVisible();
  await press("Control+s");
  await expect.poll(() => readFile(file, "utf8")).toBe(original.replace("two()", "two(2)"));
  await runCommand(page, "Paddock: Open Chat");
  await expect(input()).toBeFocused();
});

// By the names that VS Code 1.139 gives them, and what its list calls them; the first two are what it starts with.
const themes = {
  "Dark 2026": "Dark 2026",
  "Light 2026": "Light 2026",
  "Dark Modern": "Dark Modern",
  "Light Modern": "Light Modern",
  "Default High Contrast": "Dark High Contrast",
  "Default High Contrast Light": "Light High Contrast",
};

/** Picks a theme from the editor's own list. */
async function wear(label: string): Promise<void> {
  await runCommand(page, "Preferences: Color Theme");
  const list = page.locator(".quick-input-widget");
  await list.locator("input").first().fill(label);
  await expect(list.locator(".monaco-list-row.focused").filter({ hasText: label })).toBeVisible();
  await press("Enter");
  await expect(list).toBeHidden();
}

for (const [theme, label] of Object.entries(themes)) {
  test(`axe finds nothing in the chat in VS Code's own colours, at 100% and at 200%: ${theme}`, async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await wear(label);
    await runCommand(page, "Paddock: Open Chat");
    await expect(input()).toBeFocused();
    await countAlong();
    await expect(chat.locator("body")).toHaveAttribute("data-vscode-theme-id", theme, { timeout: 30 * aSecond });
    // The page is transparent and axe sees no further than its frame: it is given what stands behind.
    await chat.locator("body").evaluate((body) => (body.style.background = "var(--vscode-sideBar-background)"));
    // A browser's zoom of 200% is half the room.
    for (const size of [
      { width: 1280, height: 800 },
      { width: 640, height: 400 },
    ]) {
      await page.setViewportSize(size);
      await expect(input()).toBeVisible();
      const { violations } = await new AxeBuilder({ page })
        .include(["iframe.webview.ready", "#active-frame"])
        .disableRules(["page-has-heading-one", "landmark-one-main", "region"])
        .analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""} ${nodes[0]?.failureSummary ?? ""}`),
      ).toEqual([]);
      const overflow = await chat.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      await page.screenshot({
        path: path.resolve("test-results", `keyboard-${theme.replaceAll(" ", "-")}-${size.width}.png`),
      });
    }
  });
}
