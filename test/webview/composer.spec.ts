import { expect } from "@playwright/test";
import { themes } from "../support/themes";
import { openChat, viewState } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const items = [
  { id: "selection", label: "Selection", detail: "Lines 3-9 of src/app.ts", icon: "selection" },
  { id: "symbol", label: "Symbol…", detail: "A function or class, with its code", icon: "symbol-method" },
  { id: "f1", label: "composer.ts", detail: "src/chat/webview", icon: "file" },
  { id: "f2", label: `<b>${"long".repeat(40)}.ts`, detail: "src/deep/".repeat(30), icon: 'file" onclick="x' },
];

for (const theme of Object.keys(themes)) {
  for (const width of [175, 400]) {
    test(`the list of "@" is accessible and fits, ${theme}, ${width} px`, async ({ page, url }) => {
      await page.setViewportSize({ width, height: 700 });
      const { frame, problems } = await openChat(page, url, viewState(), theme, { suggest: { items } });
      const box = frame.getByRole("textbox", { name: "Your question" });
      await box.click();
      await page.keyboard.type("explain @");
      await expect(frame.getByRole("option")).toHaveCount(4);
      await page.keyboard.press("ArrowDown");
      await page.screenshot({ path: `test-results/composer-${theme}-${width}.png` });
      await expectAccessible(page);
      const overflow = await frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      expect(problems).toEqual([]);
    });
  }
}

test('"@" opens a list that the keyboard walks, and what is chosen takes its place in the text', async ({
  page,
  url,
}) => {
  const { frame, calls } = await openChat(page, url, viewState(), "dark", {
    suggest: { items },
    choose: { attached: ["src/chat/webview/composer.ts"] },
  });
  const box = frame.getByRole("textbox", { name: "Your question" });
  await box.click();
  await page.keyboard.type("explain @comp");
  await expect(frame.getByRole("option")).toHaveCount(4);
  await expect.poll(calls).toContainEqual({ method: "suggest", params: { kind: "@", query: "comp" } });
  // A reader of the screen is told which row the keys are on.
  const active = async (): Promise<string | null> =>
    frame.evaluate(() => {
      const id = document.querySelector("paddock-composer textarea")?.getAttribute("aria-activedescendant") ?? "";
      return document.getElementById(id)?.textContent.trim().split(/\s/u)[0] ?? null;
    });
  expect(await active()).toBe("Selection");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  expect(await active()).toBe("composer.ts");
  await page.keyboard.press("Enter");
  await expect(frame.getByRole("listbox")).toHaveCount(0);
  await expect.poll(calls).toContainEqual({ method: "choose", params: { kind: "@", id: "f1" } });
  await expect(box).toHaveValue("explain src/chat/webview/composer.ts ");
  await page.keyboard.type("please");
  await expect(box).toHaveValue("explain src/chat/webview/composer.ts please");
  expect((await calls()).filter(({ method }) => method === "send")).toEqual([]);
});

test("Escape closes the list and nothing else, and the list stays closed", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, viewState(), "dark", { suggest: { items } });
  const box = frame.getByRole("textbox", { name: "Your question" });
  await box.click();
  await page.keyboard.type("@");
  await expect(frame.getByRole("listbox", { name: "What the question can carry" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(frame.getByRole("listbox")).toHaveCount(0);
  await page.keyboard.type("app");
  await expect(box).toHaveValue("@app");
  await expect(frame.getByRole("listbox")).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect.poll(calls).toContainEqual({ method: "send", params: { conversation: null, text: "@app" } });
});

test("the button opens the same list, and leaves nothing behind when nothing is chosen", async ({ page, url }) => {
  const { frame } = await openChat(page, url, viewState(), "dark", { suggest: { items }, choose: { attached: ["x"] } });
  const box = frame.getByRole("textbox", { name: "Your question" });
  await box.fill("explain");
  await frame.getByRole("button", { name: "Add context" }).click();
  await expect(frame.getByRole("listbox")).toBeVisible();
  await expect(box).toHaveValue("explain @");
  await page.keyboard.press("Escape");
  await expect(box).toHaveValue("explain ");
  await frame.getByRole("button", { name: "Add context" }).click();
  await frame.getByRole("option", { name: /Selection/ }).click();
  await expect(box).toHaveValue("explain x ");
  await expect(box).toBeFocused();
});

test('"/" offers prompts as the first thing only, and puts their text into the box', async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, viewState(), "dark", {
    suggest: { items: [{ id: "p", label: "/review", detail: "Looks for defects", icon: "note" }] },
    choose: { text: "Review the selection for defects.", attached: [] },
  });
  const box = frame.getByRole("textbox", { name: "Your question" });
  await box.click();
  await page.keyboard.type("/re");
  await expect(frame.getByRole("listbox", { name: "Prompts and commands" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(box).toHaveValue("Review the selection for defects. ");
  expect(await calls()).toContainEqual({ method: "choose", params: { kind: "/", id: "p" } });
  await box.fill("see /usr");
  await expect(frame.getByRole("listbox")).toHaveCount(0);
});

test("says when nothing is found, and Enter still sends", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, viewState(), "dark", { suggest: { items: [] } });
  await frame.getByRole("textbox", { name: "Your question" }).click();
  await page.keyboard.type("@nosuch");
  await expect(frame.locator(".suggestions")).toContainText("Nothing is called “nosuch”");
  await page.keyboard.press("Enter");
  await expect.poll(calls).toContainEqual({ method: "send", params: { conversation: null, text: "@nosuch" } });
});

test("files, addresses and images that are dropped or pasted go to the host, and text stays text", async ({
  page,
  url,
}) => {
  const { frame, calls } = await openChat(page, url, viewState());
  const drop = (kind: "drop" | "paste", make: "uris" | "files" | "image" | "web"): Promise<void> =>
    frame.evaluate(
      ([type, what]) => {
        const data = new DataTransfer();
        if (what === "uris") data.setData("text/uri-list", "# a comment\r\nfile:///w/src/a.ts\r\nfile:///w/src");
        if (what === "web") data.setData("text/uri-list", "https://example.com/");
        if (what === "files") data.items.add(new File(["let a;"], "a.ts", { type: "" }));
        if (what === "image") data.items.add(new File([new Uint8Array([1, 0])], "p.png", { type: "image/png" }));
        const area = document.querySelector("paddock-composer textarea");
        area?.dispatchEvent(
          type === "drop"
            ? new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data })
            : new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data }),
        );
      },
      [kind, make] as const,
    );
  const dropped = async (): Promise<unknown[]> =>
    (await calls()).flatMap(({ method, params }) => (method === "attachDropped" ? [params.items] : []));
  await drop("drop", "uris");
  await expect.poll(dropped).toEqual([
    [
      { kind: "uri", uri: "file:///w/src/a.ts" },
      { kind: "uri", uri: "file:///w/src" },
    ],
  ]);
  await drop("drop", "files");
  await expect.poll(async () => (await dropped())[1]).toEqual([{ kind: "text", name: "a.ts", text: "let a;" }]);
  await drop("paste", "image");
  await expect
    .poll(async () => (await dropped())[2])
    .toEqual([{ kind: "other", name: "p.png", mediaType: "image/png" }]);
  await expect(frame.getByRole("textbox", { name: "Your question" })).toBeFocused();
});

test("what was typed and not sent is there when the page is built anew", async ({ page, url }) => {
  const { frame } = await openChat(page, url, viewState({ draft: "half a question" }));
  await expect(frame.getByRole("textbox", { name: "Your question" })).toHaveValue("half a question");
});

test("where questions go is said as long as they leave this machine, and the words are nobody's markup", async ({
  page,
  url,
}) => {
  const engine = {
    status: "ready" as const,
    modelName: "<b>large</b>",
    destination: "Desk (10.0.0.5:8080) \u202eevil",
  };
  const { frame, problems } = await openChat(page, url, viewState({ engine }), "dark");
  await expect(frame.locator(".destination")).toContainText("What you ask goes to Desk (10.0.0.5:8080) [U+202E]evil");
  await expect(frame.getByRole("heading", { name: "Ask <b>large</b>" })).toBeVisible();
  await expect(frame.getByText("goes to Desk (10.0.0.5:8080)").first()).toBeVisible();
  await expect(
    frame.getByRole("button", { name: /Switch model\. Now: <b>large<\/b>, what you ask goes to/u }),
  ).toBeVisible();
  await expectAccessible(page);
  expect(problems).toEqual([]);
});

const goesAlong = {
  ...{ destination: "Desk (desk.example:8080)", messages: 2, files: 3, others: 1, results: 1 },
  ...{ schemas: 1, rows: 2, answers: 2 },
};

for (const theme of Object.keys(themes)) {
  test(`what goes along to a model elsewhere stands at the input box before it goes, ${theme}`, async ({
    page,
    url,
  }) => {
    await page.setViewportSize({ width: 200, height: 700 });
    const engine = { status: "ready", modelName: "Big", destination: goesAlong.destination } as const;
    const chat = await openChat(page, url, viewState({ engine, goesAlong }), theme);
    const box = chat.frame.getByRole("textbox", { name: "Your question" });
    const along =
      "Your next question takes this conversation to Desk (desk.example:8080): 2 earlier messages, 3 files, 1 attachment that is no file, 1 result of a tool.";
    const stays =
      "Not sent to Desk (desk.example:8080), because it is from a database: 1 schema, 2 results of tools, 2 answers made with it.";
    await expect(chat.frame.locator(".goes-along")).toContainText(along);
    await expect(chat.frame.locator(".goes-along")).toContainText(stays);
    // Whoever hears the page hears it with the box.
    await expect(box).toHaveAccessibleDescription(/^Your next question .* Enter to send/su);
    await expectAccessible(page);
    const overflow = await chat.frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await chat.frame.locator(".goes-along").getByRole("button", { name: "New conversation" }).press("Enter");
    await expect.poll(chat.calls).toContainEqual({ method: "newConversation", params: {} });
    const onlyStays = { ...goesAlong, messages: 0, files: 0, others: 0, results: 0, rows: 0, answers: 0 };
    await chat.tell("goesAlong", { goesAlong: onlyStays });
    await expect(chat.frame.locator(".goes-along")).toHaveText(
      "Not sent to Desk (desk.example:8080), because it is from a database: 1 schema.",
    );
    await expect(chat.frame.locator(".goes-along").getByRole("button")).toHaveCount(0);
    await chat.tell("goesAlong", { goesAlong: null });
    await expect(chat.frame.locator(".goes-along")).toHaveCount(0);
    expect(chat.problems).toEqual([]);
  });
}
