import { expect } from "@playwright/test";
import { answer, conversation, openChat, question } from "./chatPage";
import { test } from "./chatTest";

const tall = Array.from({ length: 60 }, (_, index) => `Paragraph ${index}.`).join("\n\n");
const talk = conversation([question("First?"), answer("One."), question("Second?"), answer(tall), question("Third?")]);

test("Up and Down go from message to message, and a tall one is read to its end first", async ({ page, url }) => {
  await page.setViewportSize({ width: 300, height: 600 });
  const { frame, problems } = await openChat(page, url, talk);
  const message = (at: number) => frame.locator("article").nth(at);
  const log = frame.getByRole("log");
  await expect(log).toHaveAccessibleDescription(/Up and Down/);
  await log.focus();
  await page.keyboard.press("Home");
  await expect(message(0)).toBeFocused();
  for (const at of [1, 2, 3]) {
    await page.keyboard.press("ArrowDown");
    await expect(message(at)).toBeFocused();
  }
  const top = (): Promise<number> => log.evaluate(({ scrollTop }) => scrollTop);
  const before = await top();
  await page.keyboard.press("ArrowDown");
  await expect(message(3)).toBeFocused();
  await expect.poll(top).toBeGreaterThan(before);
  for (let step = 0; step < 200 && !(await message(4).evaluate((it) => it === document.activeElement)); step++)
    await page.keyboard.press("ArrowDown");
  await expect(message(4)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(message(4)).toBeFocused();
  await page.keyboard.press("Home");
  await page.keyboard.press("End");
  await expect(message(4)).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(frame.getByRole("button", { name: "Edit and ask again" }).last()).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(frame.getByRole("textbox", { name: "Your question" })).toBeFocused();
  expect(problems).toEqual([]);
});

test("Escape in a message stops the answer that is being made, and only then leads to the input box", async ({
  page,
  url,
}) => {
  const growing = answer("It goes", { status: "streaming" });
  const { frame, calls, tell } = await openChat(page, url, conversation([question("Go?"), growing], true));
  await frame.getByRole("log").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Escape");
  await expect.poll(async () => (await calls()).map(({ method }) => method)).toContain("stop");
  await expect(frame.locator("article").last()).toBeFocused();
  await tell("message", { conversation: "c-1", message: { ...growing, status: "stopped" } });
  await expect(frame.getByText("It goes")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(frame.getByRole("textbox", { name: "Your question" })).toBeFocused();
});
