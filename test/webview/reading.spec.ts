import { expect, type Frame } from "@playwright/test";
import { longCode, longList, longTable, paragraph } from "../bench/support/longAnswers";
import { answer, conversation, openChat, question } from "./chatPage";
import { test } from "./chatTest";

function many(count: number): ReturnType<typeof question>[] {
  return Array.from({ length: count }, (_, n) =>
    n % 2 === 0
      ? question(`Question ${n}`, { id: `m-${n}` })
      : answer(`Answer ${n}\n\n${longList(4)}${longCode(6)}`, { id: `m-${n}` }),
  );
}

/** How far a message is from the upper edge of the list, CSS pixels. */
async function offsetOf(frame: Frame, id: string): Promise<number> {
  return frame.evaluate((wanted) => {
    const top = (selector: string): number => document.querySelector(selector)?.getBoundingClientRect().top ?? NaN;
    return Math.round(top(`[data-message="${wanted}"]`) - top(".log"));
  }, id);
}

async function atEnd(frame: Frame): Promise<boolean> {
  return frame.evaluate(() => {
    const log = document.querySelector(".log");
    return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < 2;
  });
}

test("a conversation of 500 messages opens at its end, newest first, and stays there", async ({ page, url }) => {
  const { frame, problems } = await openChat(page, url, conversation(many(500)));
  await expect(frame.locator("[data-message=m-499] .code-block")).toBeVisible();
  await expect(frame.locator("paddock-message")).toHaveCount(60);
  await expect(frame.locator("[data-message=m-440]")).toBeAttached();
  await expect(frame.locator("[data-message=m-441] .code-block")).toBeAttached();
  await expect.poll(() => atEnd(frame)).toBe(true);
  await expect(frame.locator(".earlier")).toContainText("60");
  expect(problems).toEqual([]);
});

test("only the list scrolls, and never the page around it", async ({ page, url }) => {
  const { frame } = await openChat(page, url, conversation(many(60)));
  await expect(frame.locator("[data-message=m-1] .code-block")).toBeAttached();
  await frame.locator("[data-message=m-1]").evaluate((message) => message.scrollIntoView({ block: "start" }));
  const around = await frame.evaluate(() => ({
    scrolled: document.scrollingElement?.scrollTop,
    hidden: document.documentElement.scrollHeight - document.documentElement.clientHeight,
  }));
  expect(around).toEqual({ scrolled: 0, hidden: 0 });
  await expect(frame.locator(".top")).toBeInViewport();
});

test("what stands there before the first question is seen from its beginning, however low the view is", async ({
  page,
  url,
}) => {
  await page.setViewportSize({ width: 300, height: 320 });
  const { frame } = await openChat(page, url, conversation([]));
  await expect(frame.locator(".empty")).toBeVisible();
  const { hidden, scrolled } = await frame.locator(".log").evaluate((log) => ({
    hidden: log.scrollHeight - log.clientHeight,
    scrolled: log.scrollTop,
  }));
  expect(hidden).toBeGreaterThan(50);
  expect(scrolled).toBe(0);
  await expect(frame.locator(".jump")).toHaveCount(0);
});

test("earlier messages come above without moving what is read", async ({ page, url }) => {
  const { frame } = await openChat(page, url, conversation(many(200)));
  await expect(frame.locator("[data-message=m-141] .code-block")).toBeAttached();
  await frame.locator(".log").hover();
  await page.mouse.wheel(0, -100_000);
  await frame.locator(".earlier").click();
  const before = await offsetOf(frame, "m-140");
  await expect(frame.locator("paddock-message")).toHaveCount(120);
  await expect(frame.locator("[data-message=m-81] .code-block")).toBeAttached();
  await expect.poll(() => offsetOf(frame, "m-140")).toBeGreaterThan(before - 40);
  expect(Math.abs((await offsetOf(frame, "m-140")) - before)).toBeLessThan(40);
});

test("a message that was searched for is brought to the top and stays there while the rest is rendered", async ({
  page,
  url,
}) => {
  const { frame, tell } = await openChat(page, url, conversation(many(300)));
  await tell("reveal", { conversation: "c-1", message: "m-100" });
  await expect(frame.locator("[data-message=m-100]")).toHaveClass(/revealed/);
  await expect(frame.locator("[data-message=m-101] .code-block")).toBeAttached();
  await expect.poll(() => offsetOf(frame, "m-100")).toBe(16);
  await page.waitForTimeout(500);
  expect(await offsetOf(frame, "m-100")).toBe(16);
});

test("who reads further up is left in peace while an answer streams", async ({ page, url }) => {
  const growing = answer("It begins.", { id: "m-60", parent: "m-59", status: "streaming" });
  const { frame, tell } = await openChat(page, url, conversation([...many(60), growing], true));
  await expect(frame.locator("[data-message=m-1] .code-block")).toBeAttached();
  await frame.locator(".log").hover();
  await page.mouse.wheel(0, -3_000);
  await page.waitForTimeout(200);
  const before = await offsetOf(frame, "m-40");
  let length = "It begins.".length;
  for (let n = 0; n < 30; n++) {
    const text = ` And goes on ${n}.\n\n`;
    await tell("delta", { conversation: "c-1", message: "m-60", type: "text", text, length });
    length += text.length;
  }
  await expect(frame.getByText("And goes on 29.")).toBeAttached();
  expect(await offsetOf(frame, "m-40")).toBe(before);
});

test("long lists, tables, paragraphs and code are all there, as what they are", async ({ page, url }) => {
  const text = `${longList(400)}${longTable(120)}${paragraph(30_000)}\n\n${longCode(300)}`;
  const { frame, problems } = await openChat(page, url, conversation([question("Go"), answer(text)]));
  await expect(frame.locator(".code-block .hljs-comment")).toHaveCount(300);
  const found = await frame.evaluate(() => ({
    lists: document.querySelectorAll(".md > ul").length,
    items: document.querySelectorAll(".md li").length,
    rows: document.querySelectorAll(".md tbody tr").length,
    tables: document.querySelectorAll(".md table").length,
    paragraphs: document.querySelectorAll(".md > p").length,
    asWritten: document.querySelectorAll(".md > .long-text").length,
    code: document.querySelector(".code-block code")?.textContent,
  }));
  expect(found).toEqual({
    lists: 1,
    items: 800,
    rows: 120,
    tables: 1,
    paragraphs: 1,
    asWritten: 0,
    code: longCode(300).trim().split("\n").slice(1, -1).join("\n") + "\n",
  });
  expect(problems).toEqual([]);
});

test("code that streams in is whole at each step, gets its colours, and grows past what is shown at once", async ({
  page,
  url,
}) => {
  const growing = answer("```ts\n", { status: "streaming" });
  const { frame, tell, calls } = await openChat(page, url, conversation([growing], true));
  const code = longCode(2_500).trim().split("\n").slice(1, -1).join("\n");
  // More than is shown at once and of what grows behind that.
  expect(code.length).toBeGreaterThan(130_000);
  let length = 6;
  const shown = frame.locator(".code-block code");
  for (let at = 0, step = 1_111; at < code.length; at += step) {
    const text = code.slice(at, at + step);
    await tell("delta", { conversation: "c-1", message: growing.id, type: "text", text, length });
    length += text.length;
    if (at < 30 * step && at % (5 * step) === 0)
      await expect.poll(() => shown.evaluate((element) => element.textContent)).toBe(code.slice(0, at + step));
  }
  await expect(shown.locator(".hljs-comment").nth(500)).toBeAttached();
  await expect(shown.getByRole("button", { name: /Show more/ })).toBeAttached();
  await frame.getByRole("button", { name: "Copy code" }).click();
  await expect
    .poll(async () => (await calls()).filter(({ method }) => method === "copy").map(({ params }) => params.text))
    .toEqual([code]);
});

test("reasoning says how long it is while it comes and when it is folded", async ({ page, url }) => {
  const parts = [{ type: "reasoning" as const, text: "I think so." }];
  const growing = answer("", { status: "streaming", parts });
  const asked = question("Why?");
  const { frame, tell } = await openChat(page, url, conversation([asked, { ...growing, parent: asked.id }], true));
  const summary = frame.locator("details.fold summary");
  await expect(summary).toHaveText("Thinking, 3 words so far");
  const live = { phase: "generating", prompt: { total: 9, cached: 0, processed: 9 } };
  await tell("live", { ...live, conversation: "c-1", message: growing.id, predicted_n: 121, predicted_per_second: 10 });
  await expect(summary).toHaveText("Thinking for 12.0 s: 121 tokens, 3 words so far");
  await expect(frame.locator("details.fold")).toHaveAttribute("open", "");
  const { timings } = answer("");
  if (timings === undefined) throw new Error("An answer has timings.");
  const message = {
    ...growing,
    parent: asked.id,
    status: "complete",
    parts: [...parts, { type: "text", text: "So." }],
    timings: { ...timings, predicted_n: 400, reasoning_n: 340, reasoning_ms: 34_000 },
  };
  await tell("message", { conversation: "c-1", message });
  await expect(summary).toHaveText("Reasoned for 34.0 s: 340 tokens, 3 words");
  await expect(frame.locator("details.fold")).not.toHaveAttribute("open", "");
  // Another run went on with it: its figures are not those of the reasoning.
  await tell("message", { conversation: "c-1", message: { ...message, timings } });
  await expect(summary).toHaveText("Reasoning, 3 words");
});
