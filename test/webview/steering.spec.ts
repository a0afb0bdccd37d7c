import { expect } from "@playwright/test";
import { themes } from "../support/themes";
import { answer, conversation, openChat, question } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const talk = conversation([
  question("What is a llama?"),
  answer("A camelid of the Andes.", {
    prompt: {
      instructions: [{ label: "AGENTS.md", uri: "file:///p/AGENTS.md", cut: false }],
      withheld: [".github/copilot-instructions.md"],
      used: {
        sampling: {
          temperature: 0.4,
          topK: 40,
          minP: 0.05,
          repeatPenalty: { penalty: 1.1, lastTokens: 64 },
          seed: 4711,
        },
        maxTokens: 512,
      },
    },
    otherModel: "Another 1B",
  }),
]);

for (const theme of Object.keys(themes)) {
  for (const width of [200, 400]) {
    test(`the settings panel has no accessibility violation: ${theme}, ${width} px`, async ({ page, url }) => {
      await page.setViewportSize({ width, height: 700 });
      const { problems, frame } = await openChat(page, url, talk, theme);
      await frame.getByRole("button", { name: "Conversation settings" }).click();
      await frame.getByLabel("temperature").fill("hot");
      await page.keyboard.press("Tab");
      await expectAccessible(page);
      expect(problems).toEqual([]);
      await page.screenshot({ path: `test-results/settings-${theme}-${width}.png` });
    });
  }
}

test("settings are changed by keyboard, and what is no value is refused where it stands", async ({ page, url }) => {
  const { frame, calls, tell } = await openChat(page, url, talk);
  const changes = async () =>
    (await calls()).filter(({ method }) => method === "changeSettings").map(({ params }) => params);
  await frame.getByRole("button", { name: "Conversation settings" }).focus();
  await page.keyboard.press("Enter");
  await expect(frame.getByLabel("Preset")).toBeFocused();
  await frame.getByLabel("temperature").focus();
  await page.keyboard.type("9");
  await page.keyboard.press("Tab");
  await expect(frame.getByLabel("temperature")).toHaveAttribute("aria-invalid", "true");
  await expect(frame.getByText("Write a number from 0 to 5")).toBeVisible();
  expect(await changes()).toEqual([]);
  await frame.getByLabel("temperature").fill("0.7");
  await page.keyboard.press("Tab");
  await expect.poll(changes).toEqual([{ conversation: "c-1", settings: { temperature: 0.7 } }]);
  await tell("steering", { ...talk.steering, settings: { temperature: 0.7 } });
  await expect(frame.getByLabel("Preset")).toHaveValue("custom");
  await frame.getByRole("button", { name: "Save as a preset…" }).click();
  await expect(frame.getByLabel("Name of the preset")).toBeFocused();
  await page.keyboard.type("Warm");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await calls()).find(({ method }) => method === "savePreset")?.params)
    .toEqual({ name: "Warm", settings: { temperature: 0.7 } });
  await frame.getByLabel("Preset").selectOption("Precise");
  await expect
    .poll(async () => (await changes()).at(-1))
    .toEqual({ conversation: "c-1", settings: { temperature: 0, repeatPenalty: 1 } });
  await page.keyboard.press("Escape");
  await expect(frame.getByRole("button", { name: "Conversation settings" })).toBeFocused();
  await expect(frame.locator(".settings")).toHaveCount(0);
});

test("what is changed before the host has told of the last change is changed beside it", async ({ page, url }) => {
  const { frame, calls, tell } = await openChat(page, url, talk);
  const last = async () => (await calls()).filter(({ method }) => method === "changeSettings").at(-1)?.params.settings;
  await frame.getByRole("button", { name: "Conversation settings" }).click();
  const set = async (name: string, value: string): Promise<void> => {
    await frame.getByLabel(name, { exact: true }).fill(value);
    await page.keyboard.press("Tab");
  };
  await set("temperature", "0.7");
  await set("seed", "7");
  await expect.poll(last).toEqual({ temperature: 0.7, seed: 7 });
  // What the host tells counts again from then on.
  await tell("steering", { ...talk.steering, settings: { temperature: 0.5 } });
  await expect(frame.getByLabel("temperature", { exact: true })).toHaveValue("0.5");
  await set("seed", "8");
  await expect.poll(last).toEqual({ temperature: 0.5, seed: 8 });
});

test("an answer names its instructions and its model, and can be asked of another one", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, talk);
  await expect(frame.getByText("Answered by Another 1B")).toBeVisible();
  await frame.getByRole("button", { name: "AGENTS.md" }).click();
  await frame.getByRole("button", { name: "Retry with another model…" }).click();
  await expect
    .poll(async () => (await calls()).map(({ method }) => method))
    .toEqual(expect.arrayContaining(["openInstructions", "retryWithModel"]));
  expect((await calls()).find(({ method }) => method === "openInstructions")?.params).toEqual({
    uri: "file:///p/AGENTS.md",
  });
});

test("quotes what is selected of an answer, else all of it", async ({ page, url }) => {
  const { frame } = await openChat(page, url, talk);
  const input = frame.getByRole("textbox", { name: "Your question" });
  const quote = frame.getByRole("button", { name: "Quote in your question" });
  await quote.focus();
  await page.keyboard.press("Enter");
  await expect(input).toHaveValue("> A camelid of the Andes.\n\n");
  await expect(input).toBeFocused();
  await input.fill("");
  await frame
    .locator(".answer-parts p")
    .first()
    .dblclick({ position: { x: 20, y: 8 } });
  await quote.click();
  await expect(input).toHaveValue("> camelid\n\n");
});

test("the figures of an answer say how it was sampled, and what Restricted Mode kept from it is one click from trust", async ({
  page,
  url,
}) => {
  const { frame, calls } = await openChat(page, url, talk);
  await frame.locator("button.speed").first().focus();
  await page.keyboard.press("Enter");
  const used = frame.locator(".sampling");
  await expect(used).toContainText("temperature");
  await expect(used).toContainText("1.1 over the last 64 tokens");
  await expect(used).toContainText("4711");
  await expect(used).toContainText("512");
  await expect(used).not.toContainText("top-p");
  await page.screenshot({ path: "test-results/sampling-used.png" });
  await page.keyboard.press("Escape");
  await expect(frame.getByText("Restricted Mode: .github/copilot-instructions.md not used.")).toBeVisible();
  await frame.getByRole("button", { name: "Manage Workspace Trust" }).click();
  await expect.poll(async () => (await calls()).some(({ method }) => method === "manageTrust")).toBe(true);
});

test("the settings say that the workspace is not trusted where its instructions are switched on", async ({
  page,
  url,
}) => {
  const { frame, calls } = await openChat(page, url, {
    ...talk,
    steering: { ...talk.steering, restricted: true },
  });
  await frame.getByRole("button", { name: "Conversation settings" }).click();
  const panel = frame.locator("paddock-settings-panel");
  await expect(panel.getByText("Restricted Mode: the workspace's instructions")).toBeVisible();
  await expectAccessible(page);
  await panel.getByRole("button", { name: "Manage Workspace Trust" }).click();
  await expect.poll(async () => (await calls()).some(({ method }) => method === "manageTrust")).toBe(true);
});
