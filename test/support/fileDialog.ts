import { expect, type Page } from "@playwright/test";

const aSecond = 1_000;

/**
 * Types a path into the editor's own file dialog, as it shows one where there is no desktop's, and accepts it.
 * @param file absolute; for opening, one that exists.
 */
export async function chooseFile(page: Page, file: string): Promise<void> {
  const input = page.locator(".quick-input-widget input").first();
  await expect(input).toHaveValue(/^\//, { timeout: 15 * aSecond });
  // It reads the folder it begins with first, and what is typed before that is done is overwritten.
  let last: string | undefined;
  const isSettled = async (): Promise<boolean> => {
    const busy = await page.locator(".quick-input-widget .monaco-progress-container.active").isVisible();
    const value = await input.inputValue();
    const same = value === last;
    last = value;
    return same && !busy;
  };
  await expect.poll(isSettled, { intervals: [500], timeout: 15 * aSecond }).toBe(true);
  // It goes on looking at folders while one types, and completes what it finds.
  await expect(async () => {
    if ((await input.inputValue({ timeout: aSecond })) !== file) await input.fill(file);
    await page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden", timeout: 3 * aSecond });
  }).toPass({ timeout: 30 * aSecond });
}
