import { execFileSync } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { type Browser, chromium, expect, type FrameLocator, type Locator, type Page } from "@playwright/test";
import { chromiumFlags } from "./chromium";
import { giveExtensions, installedVariable } from "./installedExtension";
import { freePort, startEditor, temporaryHome } from "../../scripts/editor.mjs";

export interface Workbench {
  readonly home: string;
  readonly url: string;
  readonly pid: number;
  /** A window of its own on the editor. */
  open(size?: { width: number; height: number }): Promise<Page>;
  /** Reload a window, until Paddock is there again. */
  reload(window: Page): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkbenchOptions {
  readonly settings?: Record<string, unknown>;
  /** Puts files where they are to be before the editor starts: `project` is the folder it opens. */
  readonly prepare?: (folders: { readonly home: string; readonly project: string }) => Promise<void>;
  /** A file in `project` that says which folders the workspace has, in place of `project` itself. */
  readonly workspaceFile?: string;
  /** In Restricted Mode, as the editor opens what nobody has trusted yet. */
  readonly restricted?: boolean;
}

/** The real editor with the .vsix installed, in a home of its own. */
export async function startWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const { settings = {}, prepare, workspaceFile, restricted = false } = options;
  const installed = process.env[installedVariable];
  if (installed === undefined) throw new Error("The journeys' global setup has installed no .vsix.");
  const home = await temporaryHome();
  const folder = path.join(home, "project");
  await mkdir(folder, { recursive: true });
  await prepare?.({ home, project: folder });
  await giveExtensions(installed, path.join(home, "extensions"));
  const port = (await freePort()) as number;
  const editor: { url: string; pid: number; stop(): Promise<void> } = await startEditor({
    home,
    port,
    folder: workspaceFile === undefined ? folder : path.join(folder, workspaceFile),
    settings: restricted ? { "security.workspace.trust.startupPrompt": "never", ...settings } : settings,
    trust: restricted,
  });
  const executablePath = process.env.PADDOCK_CHROMIUM ?? "/usr/bin/chromium";
  let browser: Browser | undefined;
  return {
    home,
    url: editor.url,
    pid: editor.pid,
    open: async (viewport = { width: 1280, height: 800 }) => {
      browser ??= await chromium.launch({ executablePath, args: chromiumFlags });
      const page = await (await browser.newContext({ viewport })).newPage();
      await page.goto(editor.url);
      await ready(page);
      return page;
    },
    reload: async (window) => {
      await window.reload();
      await ready(window);
    },
    stop: async () => {
      await browser?.close();
      await editor.stop();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function ready(page: Page): Promise<void> {
  await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
  await page.getByRole("tab", { name: "Paddock" }).first().waitFor({ timeout: 60_000 });
}

/**
 * Runs a command by its title from the palette, as a person would. Opened anew until the command is in the list: after
 * a reload the editor learns of an extension's commands only when the palette may already be open. F1 is first pressed
 * wherever the keyboard is; when that opens nothing, as in a webview that is being built, from the workbench itself.
 */
export async function runCommand(page: Page, title: string): Promise<void> {
  const input = page.locator(".quick-input-widget input").first();
  const row = page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
  await page.bringToFront();
  let attempt = 0;
  await expect(async () => {
    const patience = Math.min(3_000 * ++attempt, 12_000);
    // Only the palette's own Escape: in the chat it would stop an answer.
    if (await input.isVisible()) await input.press("Escape", { timeout: 1_000 });
    if (attempt > 1) await focusWorkbench(page);
    await page.keyboard.press("F1");
    await input.waitFor({ timeout: patience }).catch(async (error: unknown) => {
      throw new Error(`F1 opened no palette, with the keyboard at ${await keyboardAt(page)}.`, { cause: error });
    });
    // Each with an end of its own: a palette that is closed meanwhile has no input to wait for, and is opened anew.
    await input.fill(`>${title}`, { timeout: patience });
    await row.waitFor({ timeout: patience });
    // Other commands may have the same words in another order, and stand above it.
    const marked = page.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: title });
    for (let step = 0; step < 20 && !(await marked.isVisible()); step++) await page.keyboard.press("ArrowDown");
    await expect(marked).toBeVisible({ timeout: 1_000 });
    // What takes the keyboard away meanwhile, as a chat that has just come up does, closes the palette.
    await expect(input).toBeFocused({ timeout: 1_000 });
    await page.keyboard.press("Enter");
  }).toPass({ timeout: 60_000 });
  // A command that asks for something shows another list in the palette's place.
  const isPalette = async (): Promise<boolean> =>
    (await input.isVisible()) && (await input.inputValue({ timeout: 1_000 }).catch(() => "")).startsWith(">");
  await expect.poll(isPalette).toBe(false);
}

/**
 * Chooses `title` from the context menu of `target`, and returns once `then`, what that leads to, is visible. A menu is
 * closed by a view that lists its items anew, and by a click as it comes up: the mouse only points, Enter chooses, and
 * what has led nowhere is done again.
 */
export async function chooseFromMenu(page: Page, target: Locator, title: string, then: Locator): Promise<void> {
  const patience = 5_000;
  const marked = page.locator(".action-item.focused").filter({ hasText: title });
  await expect(async () => {
    if (await then.isVisible()) return;
    await page.keyboard.press("Escape");
    await target.click({ button: "right", timeout: patience });
    await page.getByRole("menuitem", { name: title }).hover({ timeout: patience });
    await expect(marked).toBeVisible({ timeout: 1_000 });
    await page.keyboard.press("Enter");
    await expect(then).toBeVisible({ timeout: 2 * patience });
  }).toPass({ timeout: 90_000 });
}

/** Takes the keyboard out of any webview. */
async function focusWorkbench(page: Page): Promise<void> {
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
}

/** Where the keyboard is, frame in frame, for the message of a test that failed. */
async function keyboardAt(page: Page): Promise<string> {
  return page.evaluate(() => {
    const steps = [`${document.visibilityState} window${document.hasFocus() ? "" : " without focus"}`];
    for (let at: Document | null = document; at !== null;) {
      const element: Element | null = at.activeElement;
      steps.push(element === null ? "nothing" : `${element.localName}.${element.className}`);
      at = element?.localName === "iframe" ? (element as HTMLIFrameElement).contentDocument : null;
    }
    return steps.join(" > ");
  });
}

/** The chat's page inside its two frames. */
export function chatFrame(page: Page): FrameLocator {
  return page.frameLocator('iframe.webview.ready[src*="extensionId=paddock."]').frameLocator("#active-frame");
}

/**
 * Chooses a conversation from the chat's list, and waits until it is the one that is shown. A list that is closed
 * meanwhile, as by a chat that has just come up and takes the keyboard to its input box, is opened anew.
 */
export async function showConversation(chat: FrameLocator, title: string): Promise<void> {
  const list = chat.locator("paddock-conversation-list");
  await expect(async () => {
    if ((await list.count()) === 0) await chat.locator(".title-button").press("Enter", { timeout: 5_000 });
    await list.locator(".row-main").filter({ hasText: title }).first().click({ timeout: 2_000 });
    await expect(chat.locator(".title-text")).toHaveText(title, { timeout: 5_000 });
  }).toPass({ timeout: 30_000 });
}

/**
 * Shows an empty conversation. Where there is one already, the command is not run: it would leave nothing to wait for,
 * and a window that is still starting may carry it out only after the test has asked its question.
 */
export async function startConversation(page: Page): Promise<void> {
  const chat = chatFrame(page);
  await expect(chat.locator(".empty, .question").first()).toBeVisible({ timeout: 60_000 });
  if ((await chat.locator(".question").count()) === 0) return;
  await runCommand(page, "Paddock: New Conversation");
  await expect(chat.locator(".empty")).toBeVisible({ timeout: 30_000 });
}

/** Where the extension keeps its conversations in an editor of `home`; seed journals there before the editor starts. */
export function chatStorage(home: string): string {
  return path.join(home, "data", "User", "globalStorage", "paddock.paddock", "chat");
}

/** Engines of the extension that is installed in `home`, found by their command line. */
export function engineProcesses(home: string): number[] {
  return processes("-f", `${home}.*engine\\.mjs --stdio`);
}

/** The extension hosts of the editor whose process is `editor`: one a window. */
export function extensionHosts(editor: number): number[] {
  return processes("-f", "--", "--type=extensionHost").filter((pid) => ancestors(pid).includes(editor));
}

function ancestors(pid: number): number[] {
  const parent = Number(execFileSync("ps", ["-o", "ppid=", "-p", String(pid)], { encoding: "utf8" }).trim());
  return parent > 1 ? [parent, ...ancestors(parent)] : [];
}

function processes(...options: string[]): number[] {
  try {
    return execFileSync("pgrep", options, { encoding: "utf8" }).trim().split("\n").map(Number);
  } catch {
    // pgrep exits with 1 where it finds none.
    return [];
  }
}
