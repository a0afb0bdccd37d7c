import { expect, type Page } from "@playwright/test";
import { themes } from "../support/themes";
import { answer, conversation, openChat, question } from "./chatPage";
import { expectAccessible, test } from "./chatTest";

const names = "Look at `src/app.ts:12`, [the docs](docs/README.md) and `src/none.ts`, not at `map()`.";
const fence = "\n\n```ts\nsrc/app.ts\n```\n";
const files = ["src/app.ts", "docs/README.md", "src/late.ts"];

/** The host knows these files, and cannot open what ends in "late.ts". */
async function knowFiles(page: Page): Promise<void> {
  await page.addInitScript((known) => {
    if (window.parent !== window) return;
    window.addEventListener(
      "message",
      (event: MessageEvent<{ id?: number; method?: string; params?: { candidates?: string[]; path?: string } }>) => {
        const { id, method, params } = event.data;
        const given = params as { params?: typeof params } | undefined;
        const { candidates = [], path = "" } = given?.params ?? params ?? {};
        const tell = (outcome: object): void => {
          // Before the page's own answer to everything.
          event.stopImmediatePropagation();
          const host = window as unknown as { calls: unknown[] };
          host.calls.push({ method, params: given?.params ?? params });
          (event.source as Window).postMessage({ jsonrpc: "2.0", id, ...outcome }, "*");
        };
        if (method === "resolveLinks") tell({ result: { found: candidates.filter((one) => known.includes(one)) } });
        if (method === "openFile" && path.endsWith("late.ts"))
          tell({ error: { code: -32000, message: "There is no such file in this workspace any more." } });
      },
    );
  }, files);
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
