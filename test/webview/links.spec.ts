import { expect, type Page } from "@playwright/test";
import { themes } from "../support/themes";
import { answer, conversation, openChat, question } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const names = "Look at `src/app.ts:12`, [the docs](docs/README.md) and `src/none.ts`, not at `map()`.";
const fence = "\n\n```ts\nsrc/app.ts\n```\n";
const files = ["src/app.ts", "docs/README.md", "src/late.ts"];
const symbols = ["fitPrompt", "ChatController.send", "goneSoon"];

interface Asked {
  readonly candidates?: string[];
  readonly path?: string;
  readonly names?: string[];
  readonly name?: string;
}

/** The host knows these files and symbols, and cannot open what ends in "late.ts" and what is gone. */
async function knowFiles(page: Page): Promise<void> {
  await page.addInitScript(
    ([known, knownSymbols]) => {
      if (window.parent !== window) return;
      window.addEventListener("message", (event: MessageEvent<{ id?: number; method?: string; params?: Asked }>) => {
        const { id, method, params } = event.data;
        const given = params as { params?: typeof params } | undefined;
        const { candidates = [], path = "", names: asked = [], name = "" } = given?.params ?? params ?? {};
        const tell = (outcome: object): void => {
          // Before the page's own answer to everything.
          event.stopImmediatePropagation();
          const host = window as unknown as { calls: unknown[] };
          host.calls.push({ method, params: given?.params ?? params });
          (event.source as Window).postMessage({ jsonrpc: "2.0", id, ...outcome }, "*");
        };
        if (method === "resolveLinks") tell({ result: { found: candidates.filter((one) => known.includes(one)) } });
        if (method === "resolveSymbols") tell({ result: { found: asked.filter((one) => knownSymbols.includes(one)) } });
        if (method === "openSymbol" && name === "goneSoon")
          tell({ error: { code: -32000, message: "No language extension knows a symbol of that name." } });
        if (method === "openFile" && path.endsWith("late.ts"))
          tell({ error: { code: -32000, message: "There is no such file in this workspace any more." } });
      });
    },
    [files, symbols] as const,
  );
}
test.beforeEach(({ page }) => knowFiles(page));

for (const theme of Object.keys(themes)) {
  test(`files of the workspace are links, other code is not: ${theme}`, async ({ page, url }) => {
    await page.setViewportSize({ width: 300, height: 600 });
    const { frame, problems } = await openChat(
      page,
      url,
      conversation([question("Where?"), answer(names + fence)]),
      theme,
    );
    await expect(frame.getByRole("link")).toHaveText(["src/app.ts:12", "docs/README.md"]);
    await expect(frame.getByRole("link").first()).toHaveAttribute("title", "Open src/app.ts:12");
    await expectAccessible(page);
    expect(problems).toEqual([]);
    await page.screenshot({ path: `test-results/links-${theme}.png` });
  });
}

test("they open by keyboard and by click", async ({ page, url }) => {
  const { frame, calls } = await openChat(page, url, conversation([question("Where?"), answer(names)]));
  const opened = async () => (await calls()).filter(({ method }) => method === "openFile").map(({ params }) => params);
  await frame.getByRole("link", { name: "src/app.ts:12" }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(opened).toEqual([{ path: "src/app.ts", line: 12 }]);
  await page.keyboard.press("Tab");
  await expect(frame.getByRole("link", { name: "docs/README.md" })).toBeFocused();
  await frame.getByRole("link", { name: "docs/README.md" }).click();
  await expect.poll(opened).toEqual([{ path: "src/app.ts", line: 12 }, { path: "docs/README.md" }]);
});

test("one that cannot be opened says why above the input box", async ({ page, url }) => {
  const { frame } = await openChat(page, url, conversation([question("Where?"), answer("In `src/late.ts`.")]));
  await frame.getByRole("link", { name: "src/late.ts" }).click();
  await expect(frame.locator("paddock-composer").getByRole("alert")).toContainText("There is no such file");
});

test("nothing is asked for while the answer streams, and once when it is finished", async ({ page, url }) => {
  const asked = question("Where?");
  const growing = answer("In `src/app.ts`, which", { parent: asked.id, status: "streaming" });
  const { frame, calls, tell } = await openChat(page, url, conversation([asked, growing], true));
  const candidates = async () =>
    (await calls()).filter(({ method }) => method === "resolveLinks").map(({ params }) => params.candidates);
  await expect(frame.getByText("In src/app.ts, which")).toBeVisible();
  await page.waitForTimeout(300);
  expect(await candidates()).toEqual([]);
  await tell("message", {
    conversation: "c-1",
    message: { ...growing, status: "complete", parts: [{ type: "text", text: "In `src/app.ts`, which is `a/b.ts`." }] },
  });
  await expect(frame.getByRole("link")).toHaveText(["src/app.ts"]);
  expect(await candidates()).toEqual([["src/app.ts", "a/b.ts"]]);
});

test("names that lead elsewhere are neither asked for nor marked", async ({ page, url }) => {
  const hostile = [
    "/etc/passwd",
    "../secret.ts",
    "src/../../secret.ts",
    "file:///src/app.ts",
    "C:\\src\\app.ts",
    "src\\app.ts",
    "~/x.ts",
    "src/\u202eapp.ts",
    "command:x.y/z",
    `src/${"a".repeat(400)}.ts`,
  ];
  const text = hostile.flatMap((one) => [`\`${one}\``, `[link](<${one}>)`]).join("\n\n");
  const many = Array.from({ length: 250 }, (_, index) => `\`many/${index}.ts\``).join(" ");
  const { frame, calls, problems } = await openChat(
    page,
    url,
    conversation([question("Where?"), answer(`${text}\n\n${many}\n\nAnd \`src/app.ts\`.`)]),
  );
  await expect(frame.getByRole("link")).toHaveText(["src/app.ts"]);
  const asked = (await calls())
    .filter(({ method }) => method === "resolveLinks")
    .map(({ params }) => params.candidates as string[]);
  expect(asked.map(({ length }) => length)).toEqual([100, 100, 51]);
  expect(asked.flat().filter((one) => !one.startsWith("many/"))).toEqual(["src/app.ts"]);
  expect(problems).toEqual([]);
});

test("symbols of the workspace are links to their definitions", async ({ page, url }) => {
  const text = "`fitPrompt` cuts, `ChatController.send` sends, `fitPrompt` again; `Unknown.thing` and `map()` do not.";
  const { frame, calls, problems } = await openChat(page, url, conversation([question("Where?"), answer(text)]));
  await expect(frame.getByRole("link")).toHaveText(["fitPrompt", "ChatController.send", "fitPrompt"]);
  await expect(frame.getByRole("link").first()).toHaveAttribute("title", "Go to the definition of fitPrompt");
  const made = async (wanted: string) =>
    (await calls()).filter(({ method }) => method === wanted).map(({ params }) => params);
  expect(await made("resolveSymbols")).toEqual([
    { names: ["fitPrompt", "ChatController.send", "Unknown.thing", "map()"] },
  ]);
  await frame.getByRole("link", { name: "ChatController.send" }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => made("openSymbol")).toEqual([{ name: "ChatController.send" }]);
  await frame.getByRole("link", { name: "fitPrompt" }).last().click();
  await expect.poll(() => made("openSymbol")).toEqual([{ name: "ChatController.send" }, { name: "fitPrompt" }]);
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.screenshot({ path: "test-results/links-symbols.png" });
});

test("a symbol that is gone says so above the input box", async ({ page, url }) => {
  const { frame } = await openChat(page, url, conversation([question("Where?"), answer("In `goneSoon`.")]));
  await frame.getByRole("link", { name: "goneSoon" }).click();
  await expect(frame.locator("paddock-composer").getByRole("alert")).toContainText("knows a symbol of that name");
});

test("of names of symbols, few are asked for, and nothing that is no identifier", async ({ page, url }) => {
  const hostile = [
    "a b",
    "x",
    "$(rm)",
    "foo;bar",
    "fo\u202eo",
    "__proto__.x y",
    "command:foo",
    "<script>",
    "a".repeat(200),
  ];
  const many = Array.from({ length: 100 }, (_, index) => `\`name${index}\``).join(" ");
  const text = `${hostile.map((one) => `\`${one}\``).join(" ")} ${many}`;
  const { frame, calls } = await openChat(page, url, conversation([question("Where?"), answer(text)]));
  await expect(frame.getByText("name99")).toBeVisible();
  const asked = async () =>
    (await calls()).filter(({ method }) => method === "resolveSymbols").map(({ params }) => params.names);
  await expect.poll(asked).toEqual([Array.from({ length: 60 }, (_, index) => `name${index}`)]);
});
