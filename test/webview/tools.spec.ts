import { expect } from "@playwright/test";
import type { ViewState } from "../../src/chat/core/webviewContract";
import { themes } from "../support/themes";
import { answer, conversation, openChat, question } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const hostile = '<img src=x onerror="alert(1)">\u202E[click](http://evil.example)';
const shown = (name: string, more: Partial<ViewState["tools"]["tools"][number]> = {}) => ({
  ...{
    name,
    title: name,
    description: `Does ${name}.`,
    asks: false,
    heldBack: false,
    origin: "paddock" as const,
    on: true,
  },
  ...more,
});
const tools: ViewState["tools"] = {
  support: "some",
  tools: [
    shown("read_file", { title: "Read a file" }),
    shown("propose_edit", { title: "Propose a change of a file", asks: true }),
    shown("mcp_mail_send", { title: "mail_send", description: hostile, asks: true, origin: "mcp", on: false }),
  ],
};
const calls = (over: Partial<ViewState> = {}): ViewState => ({
  ...conversation([
    question("Change a.ts"),
    answer("", {
      id: "answering",
      status: "streaming",
      parts: [
        { type: "text", text: "I read it first." },
        { type: "toolCall", id: "c-1", name: "read_file", arguments: { path: "a.ts" } },
        { type: "toolResult", callId: "c-1", name: "read_file", result: `1: ${hostile}` },
        { type: "toolCall", id: "c-2", name: "read_file", arguments: { path: "b.ts" } },
        { type: "toolResult", callId: "c-2", name: "read_file", result: { error: "There is no file b.ts." } },
        { type: "toolCall", id: "c-3", name: "propose_edit", arguments: { path: "a.ts", new_text: hostile } },
      ],
    }),
  ]),
  tools,
  ...over,
});
const asked = { message: "answering", call: "c-3", tool: "propose_edit" };

for (const theme of Object.keys(themes)) {
  test(`calls, the question and the list of tools are accessible and fit: ${theme}`, async ({ page, url }) => {
    await page.setViewportSize({ width: 240, height: 700 });
    const { frame, problems } = await openChat(page, url, calls({ asked }), theme);
    await expect(frame.getByRole("button", { name: "Allow once" })).toBeVisible();
    await expectAccessible(page);
    await frame.getByRole("button", { name: "Tools that the model may call: 2" }).click();
    await expect(frame.getByRole("dialog", { name: "Tools that the model may call" })).toBeFocused();
    await page.screenshot({ path: `test-results/tools-${theme}.png` });
    await expectAccessible(page);
    const overflow = await frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
  });
}

test("each call is folded with what it was given and what came of it, as text only", async ({ page, url }) => {
  const { frame, problems, strangers } = await openChat(page, url, calls());
  const blocks = frame.locator(".tool-call");
  await expect(blocks.locator("summary")).toHaveText([
    /Calls “Read a file”/,
    /“Read a file” gave nothing/,
    /Calling “Propose a change of a file”/,
  ]);
  await expect(blocks.first().locator("pre")).toHaveCount(2);
  await expect(blocks.first().locator("pre").first()).toBeHidden();
  await blocks.first().locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(blocks.first().locator("pre").first()).toContainText('"path": "a.ts"');
  await expect(blocks.first()).toContainText("For the model it is called read_file.");
  const result = blocks.first().getByLabel("Result of “Read a file”");
  await expect(result).toContainText("<img src=x");
  expect(await result.innerText()).not.toContain("\u202E");
  await expect(frame.locator(".tool-call img, .tool-call a")).toHaveCount(0);
  await blocks.nth(1).locator("summary").click();
  await expect(blocks.nth(1)).toContainText("There is no file b.ts.");
  expect(problems).toEqual([]);
  expect(strangers).toEqual([]);
});

test("a tool that is gone, and a result without its call, have the name that the model knew", async ({ page, url }) => {
  const parts = [{ type: "toolResult", callId: "c-9", name: "mcp_gone_ask", result: hostile } as const];
  const { frame, problems } = await openChat(page, url, {
    ...conversation([question("Ask it"), answer("", { id: "old", parts })]),
    tools,
  });
  const block = frame.locator(".tool-call");
  await block.locator("summary").click();
  await expect(block.getByLabel("Result of “mcp_gone_ask”")).toContainText("<img src=x");
  await expect(block).not.toContainText("For the model");
  expect(problems).toEqual([]);
});

test("a call that waits shows what it would do, is read out, and takes the person's word by keyboard", async ({
  page,
  url,
}) => {
  const chat = await openChat(page, url, calls());
  const { frame } = chat;
  await expect(frame.getByRole("group", { name: "Permission for a call" })).toHaveCount(0);
  await chat.tell("asked", { asked });
  const block = frame.locator(".tool-call").last();
  await expect(block.locator("summary")).toHaveText(/Asks to call “Propose a change of a file”/);
  await expect(block.locator("pre")).toBeVisible();
  await expect(frame.locator(".phase")).toHaveText(/Waiting for you/);
  await expect(
    frame.getByRole("status").filter({ hasText: "May the model call “Propose a change of a file”?" }),
  ).toHaveCount(1);
  for (const [name, given] of [
    ["Allow once", "once"],
    ["Allow for this conversation", "conversation"],
    ["Refuse", "refuse"],
  ] as const) {
    await frame.getByRole("button", { name }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(chat.calls).toContainEqual({
      method: "answerCall",
      params: { conversation: "c-1", call: "c-3", answer: given },
    });
  }
  await chat.tell("asked", { asked: null });
  await expect(frame.getByRole("button", { name: "Allow once" })).toHaveCount(0);
});

test("which tools may be called is chosen by keyboard, and Escape closes the list and stops nothing", async ({
  page,
  url,
}) => {
  const chat = await openChat(page, url, calls());
  const { frame } = chat;
  const changes = async () =>
    (await chat.calls()).filter(({ method }) => method === "changeSettings").map(({ params }) => params);
  await frame.getByRole("button", { name: "Tools that the model may call: 2" }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(chat.calls).toContainEqual({ method: "refreshTools", params: {} });
  const panel = frame.getByRole("dialog", { name: "Tools that the model may call" });
  await expect(panel.getByLabel("mail_send")).not.toBeChecked();
  await expect(panel.getByRole("button", { name: "As usual" })).toHaveCount(0);
  await panel.getByLabel("mail_send").focus();
  await page.keyboard.press("Space");
  const chosen = ["read_file", "propose_edit", "mcp_mail_send"];
  await expect.poll(changes).toEqual([{ conversation: "c-1", settings: { tools: chosen } }]);
  const state = calls();
  await chat.tell("steering", { ...state.steering, settings: { tools: chosen, temperature: 0.7 } });
  await chat.tell("tools", { ...tools, tools: tools.tools.map((tool) => ({ ...tool, on: true })) });
  await expect(panel.getByLabel("mail_send")).toBeChecked();
  await panel.getByLabel("Read a file").uncheck();
  await expect
    .poll(async () => (await changes()).at(-1))
    .toEqual({
      conversation: "c-1",
      settings: { tools: ["propose_edit", "mcp_mail_send"], temperature: 0.7 },
    });
  await panel.getByRole("button", { name: "As usual" }).click();
  await expect
    .poll(async () => (await changes()).at(-1))
    .toEqual({
      conversation: "c-1",
      settings: { temperature: 0.7 },
    });
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await expect(frame.locator(".tools-button")).toBeFocused();
  expect((await chat.calls()).filter(({ method }) => method === "stop")).toEqual([]);
});

test("a model without tools says so, and nothing can be chosen for it", async ({ page, url }) => {
  const { frame } = await openChat(page, url, calls({ tools: { ...tools, support: "none" } }));
  await frame.getByRole("button", { name: "Tools: this model has none" }).click();
  const panel = frame.getByRole("dialog", { name: "Tools that the model may call" });
  await expect(panel).toContainText("The chat template of this model has no tools");
  await expect(panel.getByLabel("Read a file")).toBeDisabled();
});
