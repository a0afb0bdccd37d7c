import { execFileSync } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { type Browser, chromium, type FrameLocator, type Page } from "@playwright/test";
import { chromiumFlags } from "./chromium";
import { freePort, installExtension, startEditor, temporaryHome } from "../../scripts/editor.mjs";

export interface Workbench {
  readonly home: string;
  readonly url: string;
  readonly pid: number;
  /** A window of its own on the editor. */
  open(size?: { width: number; height: number }): Promise<Page>;
  stop(): Promise<void>;
}

/** The real editor with the .vsix installed, in a home of its own. */
export async function startWorkbench(vsix: string, settings: Record<string, unknown> = {}): Promise<Workbench> {
  const home = await temporaryHome();
  const folder = path.join(home, "project");
  await mkdir(folder, { recursive: true });
  await installExtension(home, vsix);
  const port = (await freePort()) as number;
  const editor: { url: string; pid: number; stop(): Promise<void> } = await startEditor({
    home,
    port,
    folder,
    settings,
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
      await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
      await page.getByRole("tab", { name: "Paddock" }).first().waitFor({ timeout: 60_000 });
      return page;
    },
    stop: async () => {
      await browser?.close();
      await editor.stop();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Runs a command by its title from the palette, as a person would. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press("F1");
  const input = page.locator(".quick-input-widget input").first();
  await input.waitFor();
  await input.fill(`>${title}`);
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first().waitFor();
  await page.keyboard.press("Enter");
}

/** The chat's page inside its two frames. */
export function chatFrame(page: Page): FrameLocator {
  return page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
}

/** Engines of the extension that is installed in `home`, found by their command line. */
export function engineProcesses(home: string): number[] {
  try {
    const found = execFileSync("pgrep", ["-f", `${home}.*engine\\.mjs --stdio`], { encoding: "utf8" });
    return found.trim().split("\n").map(Number);
  } catch {
    return [];
  }
}
