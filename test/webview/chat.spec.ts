import { expect } from "@playwright/test";
import { themes } from "../support/themes";
import { answer, conversation, openChat, question, viewState } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const talk = conversation([
  question("What is a llama?"),
  answer(
    "A **llama** is a *camelid*.\n\n- one\n- two\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```ts\nconst x: number = 1;\n```\n\nSee [this](https://example.com).",
  ),
  question("And?", { versions: { at: 2, of: 3, previous: "q-before", next: "q-after" } }),
  answer("Half an ans", { status: "interrupted" }),
]);

for (const theme of Object.keys(themes)) {
  for (const width of [200, 400]) {
    test(`has no accessibility violation: ${theme}, ${width} px`, async ({ page, url }) => {
      await page.setViewportSize({ width, height: 700 });
      for (const state of [talk, viewState()]) {
        const { problems, frame } = await openChat(page, url, state, theme);
        if (state === talk) await frame.getByRole("button", { name: "Edit and ask again" }).first().click();
        await expectAccessible(page);
        expect(problems).toEqual([]);
      }
    });
  }
}

test("sends with Enter, breaks the line with Shift+Enter, stops with Escape", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, conversation([], false));
  const input = frame.locator("textarea");
  await input.focus();
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await calls()).find(({ method }) => method === "send")?.params)
    .toEqual({ conversation: "c-1", text: "one\ntwo" });
  await expect(input).toHaveValue("");
});

test("shows the figures of an answer, and the rest by keyboard", async ({ page, url }) => {
  const { frame } = await openChat(page, url, talk);
  const figures = frame.locator(".figures").first();
  await expect(figures).toContainText("TTFT 101 ms");
  await expect(figures).toContainText("pp 200 tok/s");
  await expect(figures).toContainText("tg 100 tok/s");
  await expect(figures).toContainText("100 cached");
  const button = frame.locator("button.speed").first();
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(button).toHaveAttribute("aria-expanded", "true");
  await expect(frame.locator(".speed-box").first()).toContainText("TPOT");
  await page.keyboard.press("Escape");
  await expect(button).toHaveAttribute("aria-expanded", "false");
});

test("copies and inserts code, retries and continues through the host", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, talk);
  await frame.getByRole("button", { name: "Copy code" }).click();
  await frame
    .getByRole("button", { name: /Insert/ })
    .first()
    .click();
  await frame.getByRole("button", { name: "Continue" }).first().click();
  // What the page asks the host travels by messages: it is not there yet when the click returns.
  await expect.poll(async () => (await calls()).some(({ method }) => method === "continueAnswer")).toBe(true);
  const made = await calls();
  expect(made.find(({ method }) => method === "copy")?.params).toEqual({ text: "const x: number = 1;\n" });
  expect(String(made.find(({ method }) => method === "insert")?.params.text)).toContain("const x");
});

test("takes code to its file by keyboard, with all that stands at the fence", async ({ page, url }) => {
  const block = (info: string): string => `\`\`\`${info}\nx();\n\`\`\`\n`;
  const told = answer(
    `${block('ts title="src/a b.ts"')}\n- in a list:\n\n  ${block("py app/main.py").replaceAll("\n", "\n  ")}`,
  );
  const { frame, calls, problems } = await openChat(page, url, conversation([question("How?"), told]));
  const apply = frame.getByRole("button", { name: "Apply to its file, for review" });
  await expect(apply).toHaveCount(2);
  for (const at of [0, 1]) {
    await apply.nth(at).focus();
    await page.keyboard.press("Enter");
  }
  await frame.getByRole("button", { name: "Replace the selection" }).first().click();
  await expect
    .poll(async () => (await calls()).filter(({ method }) => method === "apply" || method === "replaceSelection"))
    .toEqual([
      { method: "apply", params: { text: "x();\n", language: "ts", info: 'ts title="src/a b.ts"' } },
      { method: "apply", params: { text: "x();\n", language: "py", info: "py app/main.py" } },
      { method: "replaceSelection", params: { text: "x();\n" } },
    ]);
  expect(problems).toEqual([]);
});

test("takes code to its file while it streams", async ({ page, url }) => {
  const open = answer("```ts src/b.ts\ny(", { status: "streaming" });
  const live = await openChat(page, url, conversation([question("How?"), open], true));
  await live.frame.getByRole("button", { name: "Apply to its file, for review" }).click();
  await expect
    .poll(async () => (await live.calls()).find(({ method }) => method === "apply")?.params)
    .toEqual({ text: "y(", language: "ts", info: "ts src/b.ts" });
  expect(live.problems).toEqual([]);
});

test("offers a file for code and a terminal for commands", async ({ page, url }) => {
  const told = answer("```python\nprint(1)\n```\n\nThen:\n\n```sh\npython a.py\n```\n");
  const { frame, calls } = await openChat(page, url, conversation([question("How?"), told]));
  await frame.getByRole("button", { name: "Open as a new file" }).click();
  await frame.getByRole("button", { name: /into the terminal/ }).click();
  await expect
    .poll(async () => (await calls()).filter(({ method }) => method === "newFile" || method === "toTerminal"))
    .toEqual([
      { method: "newFile", params: { text: "print(1)\n", language: "python" } },
      { method: "toTerminal", params: { text: "python a.py\n" } },
    ]);
});

test("takes SQL to a database", async ({ page, url }) => {
  const told = answer("```sql\nSELECT 1;\n```\n");
  const { frame, calls } = await openChat(page, url, conversation([question("How?"), told]));
  await frame.getByRole("button", { name: "Run on a database…" }).click();
  await expect
    .poll(async () => (await calls()).find(({ method }) => method === "runSql")?.params)
    .toEqual({ text: "SELECT 1;\n" });
});

test("asks a question differently by keyboard, or leaves it as it was", async ({ page, url }) => {
  const asked = question("What is a lama?");
  const { frame, calls } = await openChat(page, url, conversation([asked, answer("A monk.")]));
  const edit = frame.getByRole("button", { name: "Edit and ask again" });
  await edit.focus();
  await page.keyboard.press("Enter");
  const box = frame.locator("paddock-question-editor textarea");
  await expect(box).toBeFocused();
  await expect(box).toHaveValue("What is a lama?");
  await page.keyboard.press("Escape");
  await expect(box).toHaveCount(0);
  await expect(edit).toBeFocused();
  expect((await calls()).map(({ method }) => method)).not.toContain("stop");
  await page.keyboard.press("Enter");
  await page.keyboard.type(" I mean a llama.");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await calls()).find(({ method }) => method === "edit")?.params)
    .toEqual({ conversation: "c-1", message: asked.id, text: "What is a lama? I mean a llama." });
  await expect(frame.locator("paddock-composer textarea")).toBeFocused();
});

test("walks through the versions of a question, the keyboard staying where it was", async ({ page, url }) => {
  const first = question("First", { versions: { at: 1, of: 2, previous: null, next: "q-other" } });
  const other = question("Other", { id: "q-other", versions: { at: 2, of: 2, previous: first.id, next: null } });
  const { frame, calls, tell } = await openChat(page, url, conversation([first, answer("To the first.")]));
  const group = frame.getByRole("group", { name: "Version 1 of 2" });
  await expect(group.getByRole("button", { name: "Previous version" })).toHaveAttribute("aria-disabled", "true");
  await group.getByRole("button", { name: "Next version" }).focus();
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await calls()).find(({ method }) => method === "showVersion")?.params)
    .toEqual({ conversation: "c-1", message: "q-other" });
  await tell("view", conversation([other, answer("To the other.")]));
  await expect(frame.getByText("To the other.")).toBeVisible();
  const second = frame.getByRole("group", { name: "Version 2 of 2" });
  await expect(second.getByRole("button", { name: "Next version" })).toBeFocused();
});

test("says how an answer comes along, and no longer once another conversation is shown", async ({ page, url }) => {
  const growing = answer("", { status: "streaming" });
  const { frame, tell } = await openChat(page, url, conversation([question("Why?"), growing], true));
  const said = frame.locator("main > .sr-only[role=status]");
  await expect(said).toHaveText("Question sent. Waiting for the model.");
  const there = [question("Who?", { id: "q-else" }), answer("Somebody.", { id: "m-else" })];
  await tell("view", { ...conversation(there), selected: "c-2" });
  await expect(frame.getByText("Somebody.")).toBeVisible();
  await expect(said).toHaveText("");
});

test("opens links through the host only", async ({ page, url }) => {
  const { frame, calls, strangers } = await openChat(page, url, talk);
  await frame.getByRole("link", { name: "this" }).click();
  await expect
    .poll(async () => (await calls()).find(({ method }) => method === "openLink")?.params)
    .toEqual({ url: "https://example.com/" });
  expect(strangers).toEqual([]);
});

test("streams without touching what is finished", async ({ page, url }) => {
  const streaming = answer("", { status: "streaming", parts: [] });
  const { frame, tell, problems } = await openChat(page, url, conversation([question("Go"), streaming], true));
  let length = 0;
  const send = async (text: string): Promise<void> => {
    await tell("delta", { conversation: "c-1", message: streaming.id, type: "text", text, length });
    length += text.length;
  };
  await send("First paragraph.\n\nSecond ");
  await expect(frame.getByText("First paragraph.")).toBeVisible();
  const first = await frame.getByText("First paragraph.").elementHandle();
  for (let index = 0; index < 200; index++)
    await send(`word ${index} is long enough to count here.${index % 10 === 9 ? "\n\n" : " "}`);
  await expect(frame.getByText("word 199")).toBeVisible();
  expect(await first.evaluate((node) => node.isConnected)).toBe(true);
  expect(problems).toEqual([]);
});

test("shows hostile output as harmless text", async ({ page, url }) => {
  test.setTimeout(120_000);
  const payloads = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](command:workbench.action.terminal.new)",
    "[x](vscode://evil/x)",
    "[x](file:///etc/passwd)",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1))",
    "![x](http://evil.invalid/a.png)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "<javascript:alert(1)>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=http://evil.invalid/x.css>",
    "<base href=http://evil.invalid/>",
    "<meta http-equiv=refresh content='0;url=http://evil.invalid/'>",
    "<form action=http://evil.invalid><input name=a></form>",
    "<object data=http://evil.invalid></object>",
    "<embed src=http://evil.invalid>",
    "<video src=http://evil.invalid autoplay></video>",
    "<math><mtext><style><img src onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<template><script>alert(1)</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "```html\n<script>alert(1)</script>\n```",
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "`<img src=x onerror=alert(1)>`",
    "    <script>alert(1)</script>",
    "```js\nunclosed",
    "| <img src=x onerror=alert(1)> | b |\n| - | - |\n| 1 | 2 |",
    "> <script>alert(1)</script>",
    "# <img src=x onerror=alert(1)>",
    "[ref]: javascript:alert(1)\n\n[ref]",
    '[x](http://evil.invalid "onmouseover=alert(1)")',
    "[x](<javascript:alert(1)>)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#106;avascript:alert(1)",
    "[x](&#106;avascript:alert(1))",
    "[x](%6aavascript:alert(1))",
    "[x](//evil.invalid/x)",
    "http://user:pass@evil.invalid/",
    "\u202Egnp.exe",
    "\u2066isolate\u2069",
    "zero\u200Bwidth",
    "bell\u0007 null\u0000 escape\u001b[31m",
    "\u{E0041}\u{E0042} tags",
    "**".repeat(5000),
    "[".repeat(10_000),
    "> ".repeat(5000) + "deep",
    "a".repeat(1_000_000),
    "- ".repeat(3000) + "x",
    "\\".repeat(5000),
    "*a_ ".repeat(5000),
    "<!-- comment --><b>x</b>",
    "<![CDATA[x]]>",
    "<?php x ?>",
    '<div style="position:fixed;inset:0">cover</div>',
    "<p id=x name=y class=z onclick=alert(1)>x</p>",
  ];
  expect(payloads.length).toBeGreaterThan(60);
  const messages = payloads.flatMap((payload, index) => [
    question(payload.slice(0, 2000)),
    answer(`before ${index}\n\n${payload}\n`),
  ]);
  const { frame, strangers, problems } = await openChat(page, url, conversation(messages));
  await expect(frame.getByText(`before ${payloads.length - 1}`)).toBeVisible();
  // Older messages get their elements a few with each frame.
  await expect(frame.locator("paddock-message")).toHaveCount(60);
  await expect(frame.locator("paddock-markdown").first()).not.toBeEmpty();
  const found = await frame.evaluate(() => {
    const all: Element[] = [];
    const walk = (root: ParentNode): void => {
      for (const element of root.querySelectorAll("*")) {
        all.push(element);
        if (element.shadowRoot !== null) walk(element.shadowRoot);
      }
    };
    walk(document.querySelector(".log") ?? document);
    return {
      elements: all
        .filter(({ localName }) =>
          [
            "script",
            "img",
            "iframe",
            "object",
            "embed",
            "video",
            "form",
            "link",
            "meta",
            "base",
            "svg",
            "math",
          ].includes(localName),
        )
        .map(({ outerHTML }) => outerHTML.slice(0, 100)),
      handlers: all
        .filter((element) => element.getAttributeNames().some((name) => /^on|^style$/.test(name)))
        .map(({ outerHTML }) => outerHTML.slice(0, 100)),
      links: all
        .filter((element) => element.localName === "a")
        .map((element) => element.getAttribute("href") ?? "")
        .filter((href) => href !== "" && !/^(https?:|#)/.test(href)),
      text: document.body.innerText.slice(0, 2_000_000),
    };
  });
  expect(found.elements).toEqual([]);
  expect(found.handlers).toEqual([]);
  expect(found.links).toEqual([]);
  expect(found.text).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  expect(found.text).toContain("<script>alert(1)</script>");
  expect(strangers).toEqual([]);
  expect(problems).toEqual([]);
});
