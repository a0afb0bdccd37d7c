import { expect } from "@playwright/test";
import { themes } from "../support/themes";
import { openChat, viewState } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const day = 24 * 60 * 60_000;
/** In the middle of a day that long ago, so that its group is the same at any hour; the first is now. */
const daysAgo = (days: number): number =>
  days === 0 ? Date.now() : new Date().setHours(0, 0, 0, 0) - (days - 0.5) * day;
const some = (count = 6) =>
  viewState({
    conversations: Array.from({ length: count }, (_, n) => ({
      id: `c-${n}`,
      title: `Conversation number ${n} about sorting lists in Python`,
      updatedAt: daysAgo(n < 3 ? n : n * n),
      generating: n === 1,
      pinned: n === 3,
    })),
    selected: "c-0",
  });
const found = {
  hits: [
    {
      conversation: "c-2",
      title: { text: "Conversation number 2 about sorting lists", marks: [[28, 7]] },
      message: "m-7",
      snippet: { text: "…the sorting is stable\u202e, so equal…", marks: [[5, 7]] },
      count: 3,
    },
  ],
  more: false,
  searched: 6,
  total: 6,
  titlesOnly: false,
};

for (const theme of Object.keys(themes)) {
  for (const width of [200, 400]) {
    test(`the list has no accessibility violation: ${theme}, ${width} px`, async ({ page, url }) => {
      await page.setViewportSize({ width, height: 700 });
      const { frame, problems } = await openChat(page, url, some(), theme, { search: found });
      await frame.locator(".title-button").click();
      await frame.locator(".row-main").first().press("Shift+F10");
      await expect(frame.getByRole("menu")).toBeVisible();
      await page.screenshot({ path: `test-results/list-${theme.replace(" ", "-")}-${width}.png` });
      const check = async (): Promise<void> => {
        await expectAccessible(page);
      };
      await check();
      await frame.getByRole("searchbox").fill("sorting");
      await expect(frame.locator(".row-snippet")).toBeVisible();
      await page.screenshot({ path: `test-results/search-${theme.replace(" ", "-")}-${width}.png` });
      await check();
      expect(problems).toEqual([]);
    });
  }
}

test("groups, and does everything by keyboard", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, some(), "dark", { search: found });
  await frame.locator(".title-button").press("Enter");
  await expect(frame.locator(".group")).toHaveText(["Pinned", "Today", "Yesterday", "Previous 7 days", "Older"]);
  await expect(frame.locator(".row-main[aria-current=true]")).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(frame.locator('[data-id="c-3"]')).toBeFocused();
  await page.keyboard.press("Shift+F10");
  await expect(frame.getByRole("menuitem", { name: "Unpin" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(frame.locator('[data-id="c-3"]')).toBeFocused();
  await page.keyboard.press("F2");
  await page.keyboard.type("Mine");
  await page.keyboard.press("Enter");
  await expect(frame.locator('[data-id="c-3"]')).toBeFocused();
  await page.keyboard.press("Shift+F10");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.type("sorting");
  await expect(frame.getByRole("searchbox")).toHaveValue("sorting");
  await expect(frame.locator("mark")).toHaveText(["sorting", "sorting"]);
  await expect(frame.locator(".row-snippet")).toContainText("[U+202E]");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await calls()).map(({ method, params }) => [method, params]))
    .toEqual(
      expect.arrayContaining([
        ["pin", { conversation: "c-3", pinned: false }],
        ["rename", { conversation: "c-3", title: "Mine" }],
        ["exportConversation", { conversation: "c-3" }],
        ["reveal", { conversation: "c-2", message: "m-7" }],
      ]),
    );
});

test("Rename in the menu puts the keyboard into the box, and Escape goes back step by step", async ({ page, url }) => {
  const { frame } = await openChat(page, url, some(), "dark", { search: found });
  await frame.locator(".title-button").press("Enter");
  await page.keyboard.press("Shift+F10");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(frame.locator(".rename")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(frame.locator('[data-id="c-0"]')).toBeFocused();
  await page.keyboard.type("x");
  await page.keyboard.press("Escape");
  await expect(frame.getByRole("searchbox")).toHaveValue("");
  await page.keyboard.press("Escape");
  await expect(frame.locator(".title-button")).toBeFocused();
});

test("Undo brings back all that were deleted one after the other", async ({ page, url }) => {
  const state = some();
  const { frame, calls, tell } = await openChat(page, url, state);
  await frame.locator(".title-button").press("Enter");
  for (const id of ["c-0", "c-2"]) {
    await frame.locator(`[data-id="${id}"]`).press("Delete");
    state.conversations = state.conversations.filter((conversation) => conversation.id !== id);
    await tell("conversations", { conversations: state.conversations, selected: "c-1" });
    await expect(frame.locator(`[data-id="${id}"]`)).toHaveCount(0);
    await expect(frame.locator(".row-main:focus")).toHaveCount(1);
  }
  await expect(frame.getByText("Deleted 2 conversations.")).toBeVisible();
  await frame.getByRole("button", { name: "Undo" }).click();
  await expect(frame.locator(".undo")).toHaveCount(0);
  await expect
    .poll(async () => (await calls()).filter(({ method }) => method === "undoRemove").map(({ params }) => params))
    .toEqual([{ conversation: "c-0" }, { conversation: "c-2" }]);
});

test("opens a thousand conversations without a long task", { tag: "@measured" }, async ({ page, url }) => {
  const { frame } = await openChat(page, url, some(1000), "dark", { search: found });
  const took = await frame.locator(".title-button").evaluate(async (button) => {
    const started = performance.now();
    (button as HTMLElement).click();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return performance.now() - started;
  });
  console.log(`list of 1,000: ${took.toFixed(0)} ms to the second frame`);
  await expect(frame.locator(".row-main")).toHaveCount(100);
  await frame.getByRole("button", { name: "Show 100 more" }).click();
  await expect(frame.locator(".row-main")).toHaveCount(200);
});
