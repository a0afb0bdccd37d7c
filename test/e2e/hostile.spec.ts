import { expect, type Frame, type Page, test } from "@playwright/test";
import { hostilePayloads } from "../support/hostileMarkdown";
import { answer, question, seedConversations } from "../support/seedConversations";
import { chatFrame, runCommand, showConversation, startWorkbench, type Workbench } from "../support/workbench";

/** Every hostile payload as an answer that lies in the storage, opened in the real editor. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;

test.beforeAll(async () => {
  test.setTimeout(240 * aSecond);
  workbench = await startWorkbench({ prepare: ({ home }) => layDown(home) });
});
test.afterAll(() => workbench.stop());

async function layDown(home: string): Promise<void> {
  const answers = hostilePayloads.map((payload, index) =>
    answer(`payload ${index}:\n\n${payload}\n\nend of payload ${index}`),
  );
  await seedConversations(home, [
    { title: "Harmless", messages: [question("Hello."), answer("A *good* day.")] },
    { title: "Hostile", messages: [question("Go on."), ...answers] },
  ]);
}

/** What the window and everything in it did while it was watched. */
interface Watched {
  /** Origins that anything was asked of. */
  readonly origins: Set<string>;
  /** Those that the chat's own frames asked. */
  readonly ofChat: Set<string>;
  readonly urls: string[];
  /** Dialogs, windows, navigations, downloads, and calls of what payloads call. */
  readonly events: string[];
}

function watch(page: Page): Watched {
  const watched: Watched = { origins: new Set(), ofChat: new Set(), urls: [], events: [] };
  const { origins, ofChat, urls, events } = watched;
  page.context().on("request", (request) => {
    const { origin } = new URL(request.url());
    urls.push(request.url());
    origins.add(origin);
    const frame = request.serviceWorker() === null && !request.isNavigationRequest() ? request.frame() : undefined;
    // What an address holds itself is fetched from nowhere.
    const isData = request.url().startsWith("data:");
    if (frame !== undefined && frame !== page.mainFrame() && !isData) ofChat.add(origin);
  });
  page.context().on("page", (opened) => {
    if (opened !== page) events.push(`window: ${opened.url()}`);
  });
  page.on("dialog", (dialog) => {
    events.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("download", (download) => events.push(`download: ${download.url()}`));
  page.on("framenavigated", (frame) => events.push(`navigation: ${frame.url()}`));
  page.on("console", (message) => {
    if (/evil\.invalid|\bhit\b/.test(message.text())) events.push(`console: ${message.text()}`);
  });
  return watched;
}

/** The frame the chat's own script runs in. */
async function innerFrame(page: Page): Promise<Frame> {
  const element = await chatFrame(page).locator("paddock-chat").elementHandle();
  const frame = await element.ownerFrame();
  if (!frame) throw new Error("The chat's frame is missing.");
  return frame;
}

/** What a script that ran, or an element that took a name, would have changed. */
function globals(): Record<string, string> {
  // What the test's own driver adds is not the page's.
  const namesOf = (object: object): string =>
    Object.getOwnPropertyNames(object)
      .filter((name) => !name.startsWith("__p"))
      .sort()
      .join(" ");
  const own = namesOf(window);
  const documentOwn = namesOf(document);
  const named = ["texts", "hit", "labels", "x"].map((name) => `${name}: ${typeof Reflect.get(window, name)}`).join(" ");
  return {
    own,
    documentOwn,
    named,
    body: document.body.localName,
    find: typeof Reflect.get(document, "querySelector"),
    base: document.baseURI,
    policy: document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "",
  };
}

test("nothing that an answer holds runs, is fetched, navigates or opens anything, and the chat goes on", async () => {
  test.setTimeout(300 * aSecond);
  const page = await workbench.open();
  const before = watch(page);
  await runCommand(page, "Paddock: Open Chat");
  const chat = chatFrame(page);
  await chat.locator("textarea").waitFor({ timeout: 60 * aSecond });
  await showConversation(chat, "Harmless");
  await expect(chat.locator(".answer em")).toHaveText("good");
  const frame = await innerFrame(page);
  const untouched = await frame.evaluate(globals);
  const ownOrigins = new Set(before.origins);
  before.events.length = 0;

  await showConversation(chat, "Hostile");
  const answers = chat.locator(".answer");
  const earlier = chat.locator("button.earlier");
  await expect(chat.getByText(`end of payload ${hostilePayloads.length - 1}`, { exact: true })).toBeAttached();
  for (let shown = await answers.count(); (await earlier.count()) > 0; shown = await answers.count()) {
    await earlier.click();
    await expect.poll(() => answers.count()).toBeGreaterThan(shown);
  }
  await expect(answers).toHaveCount(hostilePayloads.length);
  // Each of them has been rendered, not only received.
  await expect
    .poll(() => answers.evaluateAll((all) => all.filter((one) => !one.textContent.includes("payload")).length))
    .toBe(0);
  // Whatever loads, plays, animates or waits for the pointer has had its time.
  await answers.first().hover();
  await answers.last().scrollIntoViewIfNeeded();
  await page.waitForTimeout(3 * aSecond);

  expect(before.events).toEqual([]);
  expect(before.urls.filter((url) => url.includes("evil"))).toEqual([]);
  expect([...before.origins].filter((origin) => !ownOrigins.has(origin))).toEqual([]);
  // Besides the editor itself, the address by which it hands an extension's own files to a webview.
  const own = new URL(workbench.url).origin;
  expect([...before.ofChat].filter((origin) => origin !== own && !origin.includes(".vscode-resource."))).toEqual([]);
  expect(await frame.evaluate(globals)).toEqual(untouched);
  expect(frame.isDetached()).toBe(false);
  await page.screenshot({ path: "test-results/e2e-hostile.png" });

  await chat.getByRole("button", { name: "New conversation", exact: true }).click();
  const box = chat.locator("paddock-composer textarea");
  await box.fill("Say hello.");
  await box.press("Enter");
  await expect(chat.locator(".answer .figures")).toContainText("TTFT", { timeout: 120 * aSecond });
  expect(before.events).toEqual([]);
  expect(before.urls.filter((url) => url.includes("evil"))).toEqual([]);
});
