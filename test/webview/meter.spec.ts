import type { Server } from "node:http";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import type { PromptUsage } from "../../src/chat/core/promptUsage";
import { themes } from "../support/themes";
import { answer, type ChatPage, conversation, openChat, question, serveChat } from "./chatPage";

let server: Server;
let url: string;
test.beforeAll(async () => {
  ({ server, url } = await serveChat());
});
test.afterAll(() => server.close());

const fits: PromptUsage = {
  isCounted: true,
  tokens: 1_320,
  parts: [
    { what: "system", label: "", tokens: 58 },
    { what: "instructions", label: "AGENTS.md", tokens: 412 },
    { what: "question", label: "", tokens: 20 },
    { what: "attachment", label: `src/${"very".repeat(12)}Long.ts:3-9`, tokens: 230 },
    { what: "conversation", label: "", tokens: 600 },
  ],
  room: { size: 8_192, answer: 1_024 },
  dropped: [],
  tooMany: 0,
};
const drops: PromptUsage = {
  ...fits,
  tokens: 6_100,
  dropped: [
    { what: "reasoning", label: "", count: 1, tokens: 90 },
    { what: "attachment", label: "src/old.ts", count: 1, tokens: 700 },
    { what: "turns", label: "", count: 4, tokens: 1_312 },
  ],
};
const tooLarge: PromptUsage = { ...fits, tokens: 9_000, tooMany: 872 };
const estimated: PromptUsage = { ...fits, isCounted: false, room: null };
const talk = (usage: PromptUsage | null) => ({
  ...conversation([question("What does it do?"), answer("It starts the app.")]),
  usage,
});
const usages: Record<string, PromptUsage> = { fits, drops, tooLarge, estimated };

async function axe(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .include("iframe")
    .disableRules(["page-has-heading-one", "landmark-one-main", "region"])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""} ${nodes[0]?.failureSummary ?? ""}`);
}

const meter = ({ frame }: ChatPage) => frame.getByRole("button", { name: "Context of the next question" });

for (const theme of Object.keys(themes)) {
  for (const width of [175, 200, 400]) {
    for (const [name, usage] of Object.entries(usages)) {
      // Where there is more room, what says most stands for the others.
      if (width > 175 && name !== "drops") continue;
      test(`the meter is accessible and fits, closed and open: ${name}, ${theme}, ${width} px`, async ({ page }) => {
        await page.setViewportSize({ width, height: 700 });
        const chat = await openChat(page, url, talk(usage), theme);
        expect(await axe(page)).toEqual([]);
        await page.screenshot({ path: `test-results/meter-${name}-${theme}-${width}-closed.png` });
        await meter(chat).click();
        const panel = chat.frame.getByRole("dialog", { name: "Context of the next question" });
        await expect(panel).toBeFocused();
        expect(await axe(page)).toEqual([]);
        await page.screenshot({ path: `test-results/meter-${name}-${theme}-${width}.png` });
        const overflow = await chat.frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
        const box = await panel.boundingBox();
        expect(box?.y).toBeGreaterThanOrEqual(0);
        expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(width);
        expect(chat.problems).toEqual([]);
      });
    }
  }
}

test("used and size are said in words; what they are made of opens and closes by keyboard", async ({ page }) => {
  const chat = await openChat(page, url, talk(fits));
  const { frame } = chat;
  await expect(meter(chat)).toHaveText("1,320 / 8,192");
  await expect(meter(chat)).toHaveAccessibleName(/1,320 of 8,192 tokens/);
  await meter(chat).focus();
  await page.keyboard.press("Enter");
  const panel = frame.getByRole("dialog", { name: "Context of the next question" });
  await expect(panel).toBeFocused();
  // What makes up the prompt, as a person thinks of it, then what is left.
  const figures = await panel.locator("dl > div").allInnerTexts();
  expect(figures.map((line) => line.replaceAll(/\s+/g, " "))).toEqual([
    "System prompt 58",
    "Instructions, AGENTS.md 412",
    "Earlier messages, and the chat template's marks 600",
    `src/${"very".repeat(12)}Long.ts:3-9 230`,
    "Your question 20",
    "Prompt, in tokens 1,320",
    "Kept for the answer 1,024",
    "Free 5,848",
    "Context size 8,192",
  ]);
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await expect(meter(chat)).toBeFocused();
  // It closed what was open, and stopped nothing.
  expect((await chat.calls()).filter(({ method }) => method === "stop")).toEqual([]);
  await meter(chat).click();
  await frame.getByRole("textbox", { name: "Your question" }).click();
  await expect(panel).toHaveCount(0);
});

test("what would be left out is said at the input box before anything is sent, and the details name all", async ({
  page,
}) => {
  const chat = await openChat(page, url, talk(fits));
  const { frame, tell } = chat;
  const note = frame.locator(".meter-note");
  await expect(note).toHaveText("");
  await expect(note).toHaveAttribute("role", "status");
  await tell("usage", { usage: drops });
  await expect(note).toHaveText(
    "The next answer is made without the reasoning of 1 earlier answer, 1 earlier attachment, 4 earlier messages.",
  );
  await meter(chat).click();
  const panel = frame.getByRole("dialog", { name: "Context of the next question" });
  await expect(panel.getByRole("listitem")).toHaveText([
    "the reasoning of 1 earlier answer: 90 tokens",
    "src/old.ts: 700 tokens",
    "4 earlier messages: 1,312 tokens",
  ]);
  await expect(panel).toContainText("First the reasoning of older answers goes");
  await tell("usage", { usage: tooLarge });
  await expect(note).toContainText("too large by 872 tokens");
  await tell("usage", { usage: fits });
  await expect(note).toHaveText("");
});

test("an estimate is marked as one, and a conversation of which nothing is known shows no figure", async ({ page }) => {
  const chat = await openChat(page, url, talk(null));
  await expect(meter(chat)).toHaveCount(0);
  const before = await chat.frame.locator("textarea").boundingBox();
  await chat.tell("usage", { usage: estimated });
  await expect(meter(chat)).toHaveText("≈ 1,320 tokens");
  await meter(chat).click();
  await expect(chat.frame.getByRole("dialog")).toContainText("Estimated from the length of the texts");
  // The input box stays where it is.
  expect(await chat.frame.locator("textarea").boundingBox()).toEqual(before);
});

test("beside a long question the details scroll in the room that is left, and stay there when it changes", async ({
  page,
}) => {
  await page.setViewportSize({ width: 300, height: 500 });
  const chat = await openChat(page, url, talk(drops));
  await chat.frame.getByRole("textbox", { name: "Your question" }).fill("The llama walks on. ".repeat(80));
  await meter(chat).click();
  const panel = chat.frame.getByRole("dialog", { name: "Context of the next question" });
  const top = async (): Promise<number> => (await panel.boundingBox())?.y ?? -1;
  expect(await top()).toBeGreaterThanOrEqual(0);
  await expect(panel.getByRole("button", { name: "Close" })).toBeInViewport({ ratio: 1 });
  await page.setViewportSize({ width: 300, height: 420 });
  await expect.poll(top).toBeGreaterThanOrEqual(0);
  await panel.getByText("Nothing is deleted").scrollIntoViewIfNeeded();
  await expect(panel.getByText("Nothing is deleted")).toBeInViewport();
});

test("a label from a file is shown, not obeyed", async ({ page }) => {
  const label = "src/\u202Eevil\u0007.ts<img src=x>";
  const chat = await openChat(page, url, talk({ ...fits, parts: [{ what: "attachment", label, tokens: 1_320 }] }));
  await meter(chat).click();
  const text = await chat.frame.getByRole("dialog").innerText();
  expect(text).toContain("<img src=x>");
  expect(text).not.toContain("\u202E");
  expect(chat.strangers).toEqual([]);
});
