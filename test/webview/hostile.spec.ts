import { expect } from "@playwright/test";
import { heavyPayloads, hostilePayloads } from "../support/hostileMarkdown";
import { answer, type ChatPage, conversation, openChat, question } from "./chatPage";
import { test } from "./chatTest";

test.setTimeout(240_000);

/** What rendered Markdown may be made of, its own buttons included. */
const tags =
  "p h3 h4 h5 h6 ul ol li blockquote pre code em strong s a br hr span table thead tbody tr th td div button".split(
    " ",
  );
const attributes = "href class start title tabindex role aria-label aria-hidden type data-action".split(" ");

test("there are at least 200 payloads, each another", () => {
  expect(new Set(hostilePayloads).size).toBe(hostilePayloads.length);
  expect(hostilePayloads.length).toBeGreaterThanOrEqual(200);
});

test("payloads that are there at once are harmless", async ({ context, url }) => {
  // In portions of what the page shows at once, so that each payload is rendered.
  for (let from = 0; from < hostilePayloads.length; from += 50) {
    const portion = hostilePayloads.slice(from, from + 50);
    const messages = portion.map((payload, index) => answer(`before ${from + index}\n\n${payload}\n`));
    // What openChat adds to a page stays with it.
    const page = await context.newPage();
    const chat = await openChat(page, url, conversation(messages));
    for (const [index] of portion.entries()) {
      await expect(chat.frame.getByText(`before ${from + index}`, { exact: true })).toBeVisible();
    }
    await expectHarmless(chat);
    await page.close();
  }
});

test("payloads that stream in, in pieces of three characters, are harmless at each step", async ({ browser, url }) => {
  // A piece takes a frame, whatever is in it; windows of their own have frames at the same time.
  const windows = 4;
  const streamed = async (first: number): Promise<void> => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const growing = answer("", { status: "streaming", parts: [] });
    const chat = await openChat(page, url, conversation([growing], true));
    await chat.frame.evaluate(watchElements, { tags });
    let length = 0;
    for (let index = first; index < hostilePayloads.length; index += windows) {
      const text = `${hostilePayloads[index] ?? ""}\n\n`;
      length = await page.evaluate(stream, { id: growing.id, text, length, step: 3 });
    }
    await chat.tell("delta", { conversation: "c-1", message: growing.id, type: "text", text: "\n\nthe end", length });
    await expect(chat.frame.locator("paddock-markdown")).not.toBeEmpty();
    await expectHarmless(chat);
    expect(await chat.frame.evaluate(() => (window as unknown as { strange: string[] }).strange)).toEqual([]);
    await context.close();
  };
  await Promise.all(Array.from({ length: windows }, (_, first) => streamed(first)));
});

test("payloads in titles, labels, reasoning, tools, errors and names are harmless", async ({ context, url }) => {
  for (let from = 0; from < hostilePayloads.length; from += 50) {
    const portion = hostilePayloads.slice(from, from + 50);
    const messages = portion.flatMap((payload) => [
      question(payload, {
        parts: [
          { type: "text", text: payload },
          { type: "reference", label: payload, uri: payload, text: payload },
          { type: "image", mediaType: payload, data: "" },
        ],
      }),
      answer("", {
        parts: [
          { type: "reasoning", text: payload },
          { type: "toolCall", id: "1", name: payload, arguments: { [payload]: payload } },
          { type: "toolResult", callId: "1", name: payload, result: payload },
        ],
        status: "failed",
        model: payload,
        error: { code: "internal", message: payload, remedy: payload },
      }),
    ]);
    const state = conversation(messages);
    const page = await context.newPage();
    const chat = await openChat(page, url, {
      ...state,
      conversations: portion.map((title, index) => ({
        id: `c-${index + 1}`,
        title,
        updatedAt: 1,
        generating: false,
        pinned: false,
      })),
      engine: { status: "failed", modelName: portion[0] ?? "", message: portion[1] ?? "", remedy: portion[2] ?? "" },
      notices: [{ id: "n", severity: "error", text: portion.join(" "), dismissible: true }],
    });
    await chat.frame.locator(".title-button").click();
    await expect(chat.frame.locator(".row-title")).toHaveCount(portion.length);
    await expectHarmless(chat, false);
    await page.close();
  }
});

test("what makes careless parsers slow does not make the page slow", async ({ page, url }) => {
  const messages = heavyPayloads.map((payload, index) => answer(`before ${index}\n\n${payload}\n`));
  const chat = await openChat(page, url, conversation(messages));
  for (const [index] of heavyPayloads.entries()) {
    await expect(chat.frame.getByText(`before ${index}`, { exact: true })).toBeVisible();
  }
  await expectHarmless(chat);
});

async function expectHarmless({ frame, strangers, problems }: ChatPage, markdown = true): Promise<void> {
  const found = await frame.evaluate(inspect, { tags, attributes, markdown });
  expect(found).toEqual({ elements: [], attributes: [], links: [], bidi: [] });
  expect(strangers).toEqual([]);
  // An inline script or handler that came through would stand here as a violation of the policy, or as "hit".
  expect(problems).toEqual([]);
}

type Inspected = Record<"elements" | "attributes" | "links" | "bidi", string[]>;

function inspect(allowed: { tags: string[]; attributes: string[]; markdown: boolean }): Inspected {
  const dangerous = "script img iframe object embed video audio form link meta base svg math style picture".split(" ");
  // The page has one form of its own.
  const page = [...document.querySelectorAll(".chat *:not(form.composer)")];
  const inMarkdown = page.filter(
    (element) => element.closest("paddock-markdown") !== null && element.localName !== "paddock-markdown",
  );
  const short = ({ outerHTML }: Element): string => outerHTML.slice(0, 120);
  return {
    elements: [
      ...page.filter(({ localName }) => dangerous.includes(localName)).map(short),
      ...(allowed.markdown ? inMarkdown.filter(({ localName }) => !allowed.tags.includes(localName)).map(short) : []),
    ],
    attributes: [
      ...page.filter((element) => element.getAttributeNames().some((name) => name.startsWith("on"))).map(short),
      ...inMarkdown
        .filter((element) => element.getAttributeNames().some((name) => !allowed.attributes.includes(name)))
        .map(short),
    ],
    links: page
      .filter(({ localName }) => localName === "a")
      .map((element) => element.getAttribute("href") ?? "")
      .filter((href) => href !== "" && !/^https?:\/\//.test(href)),
    bidi: /[\u202A-\u202E\u2066-\u2069]/.test(document.body.innerText)
      ? ["a bidirectional control is in the text"]
      : [],
  };
}

/** Elements that are there for one frame only count too. */
function watchElements(allowed: { tags: string[] }): void {
  const scope = window as unknown as { strange: string[] };
  scope.strange = [];
  new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) {
        if (!(node instanceof Element) || node.parentElement?.closest("paddock-markdown") === null) continue;
        for (const element of [node, ...node.querySelectorAll("*")]) {
          if (element.closest("paddock-markdown") !== null && !allowed.tags.includes(element.localName)) {
            scope.strange.push(element.localName);
          }
        }
      }
    }
  }).observe(document.querySelector("paddock-markdown") ?? document.body, { childList: true, subtree: true });
}

async function stream(feed: { id: string; text: string; length: number; step: number }): Promise<number> {
  const target = document.querySelector("iframe")?.contentWindow;
  let { length } = feed;
  for (let at = 0; at < feed.text.length; at += feed.step) {
    const text = feed.text.slice(at, at + feed.step);
    const params = { conversation: "c-1", message: feed.id, type: "text", text, length };
    target?.postMessage({ jsonrpc: "2.0", method: "delta", params }, "*");
    length += text.length;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return length;
}
