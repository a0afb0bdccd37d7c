import { expect } from "@playwright/test";
import { themes } from "../support/themes";
import { answer, conversation, openChat, question } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const state = {
  ...conversation([
    question("What does it do?", {
      parts: [
        { type: "text", text: "What does it do?" },
        { type: "reference", label: "src/app.ts:3-9", uri: "file:///w/src/app.ts", text: "x" },
      ],
    }),
    answer("It starts the app.", {
      prompt: {
        instructions: [],
        fit: {
          size: 8192,
          cut: { reasoning: 3, attachments: 3, turns: 2 },
          dropped: [
            { what: "turns", label: "", count: 4, tokens: 1312 },
            { what: "attachment", label: "src/old.ts", count: 1, tokens: 700 },
          ],
        },
      },
    }),
  ]),
  attachments: [
    {
      state: "attached" as const,
      id: "1",
      label: "src/app.ts:3-9",
      uri: "file:///w/src/app.ts",
      tokens: 84,
      isCounted: true,
    },
    {
      state: "attached" as const,
      id: "2",
      label: `src/${"very".repeat(20)}Long.ts`,
      uri: "file:///w/src/long.ts",
      tokens: 1234,
      isCounted: false,
    },
    { state: "ignored" as const, id: "3", label: "dist/app.js", uri: "file:///w/dist/app.js" },
    {
      state: "refused" as const,
      id: "4",
      label: ".env",
      reason: "Paddock never shows a model what looks like a secret.",
    },
  ],
};

for (const theme of Object.keys(themes)) {
  for (const width of [200, 400]) {
    test(`what is attached and what was left out are accessible and fit, ${theme}, ${width} px`, async ({
      page,
      url,
    }) => {
      await page.setViewportSize({ width, height: 700 });
      const { frame, problems } = await openChat(page, url, state, theme);
      await frame.locator(".left-out summary").click();
      await expect(frame.locator(".left-out")).toContainText("4 earlier messages: 1,312 tokens");
      await expect(frame.locator(".left-out")).toContainText("src/old.ts: 700 tokens");
      await page.screenshot({ path: `test-results/context-${theme}-${width}.png` });
      await expectAccessible(page);
      const overflow = await frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      const edge = async (of: string): Promise<number> =>
        frame
          .locator(of)
          .last()
          .evaluate((element) => element.getBoundingClientRect().right);
      expect(await edge(".pending .chip")).toBeLessThanOrEqual(await edge(".composer-box"));
      expect(problems).toEqual([]);
    });
  }
}

test("an attachment is taken off by keyboard, and the keyboard goes back to the input box", async ({ page, url }) => {
  const { frame, calls, tell } = await openChat(page, url, state);
  await frame.getByRole("button", { name: "Remove src/app.ts:3-9" }).focus();
  await page.keyboard.press("Enter");
  await expect(frame.getByRole("textbox", { name: "Your question" })).toBeFocused();
  expect(await calls()).toContainEqual({ method: "removeAttachment", params: { id: "1" } });
  // JSON-RPC takes a list for positions: the one parameter is the empty list.
  await tell("attachments", [[]]);
  await expect(frame.locator(".pending")).toHaveCount(0);
});

test("asks at the input box about an ignored file, and says why something is refused", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, state);
  await expect(frame.getByRole("alert")).toContainText(".env is not attached. Paddock never shows");
  const question = frame.getByRole("group", { name: "dist/app.js is ignored by Git" });
  await question.getByRole("button", { name: "Attach anyway" }).focus();
  await page.keyboard.press("Enter");
  await expect(frame.getByRole("textbox", { name: "Your question" })).toBeFocused();
  expect(await calls()).toContainEqual({ method: "keepAttachment", params: { id: "3" } });
  await question.getByRole("button", { name: "Leave out" }).click();
  await expect.poll(calls).toContainEqual({ method: "removeAttachment", params: { id: "3" } });
});
