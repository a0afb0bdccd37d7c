import { type Browser, chromium, type Frame, type Page } from "@playwright/test";
import { parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { chromiumFlags } from "../support/chromium";
import { answer, conversation, openChat, question, serveChat } from "../webview/chatPage";
import { describeParts, frameBudgetMs } from "./support/frameParts";
import { type FrameScript, measureFrames } from "./support/frames";
import { longCode, longList, longTable, mixedAnswer, paragraph } from "./support/longAnswers";
import { table, thisMachine, writeReport } from "./support/report";

/**
 * Script per frame in the chat's own page, in Chromium, with this program as the host. Two yardsticks: the same text at
 * the same pace appended to a text node of an empty page, which no chat could do with less; and, before each row, a
 * fixed piece of work a frame in an empty page, which says how fast the machine is just then.
 */
const { values } = parseArgs({
  options: {
    json: { type: "string" },
    /** Part of the names of the rows to measure. */
    only: { type: "string", default: "" },
    /** Says of this many frames of each row what they consisted of, whether or not they are over the budget. */
    longest: { type: "string", default: "0" },
  },
});
/** Tokens of about four characters, 200 in a second, and told every 30 ms as the engine's progress is. */
const charactersPerSecond = 800;
const everyMs = 30;
/** A whole 100 KB at that pace takes two minutes: once is enough, elsewhere all but the end is there beforehand. */
const streamedCharacters = 12_000;

const browser = await chromium.launch({
  executablePath: process.env.PADDOCK_CHROMIUM ?? "/usr/bin/chromium",
  args: chromiumFlags,
});
const version = browser.version();
await build({ only: ["webview"] });
const { server, url } = await serveChat();
interface Row {
  readonly script: FrameScript;
  /** Of the fixed work, measured just before; milliseconds. */
  readonly yardstick: number;
}
const results = new Map<string, Row>();
try {
  const hundred = mixedAnswer(100_000);
  await measure("plain text, 100 KB (yardstick)", () => plainText(browser, hundred));
  await measure("mixed answer, all of its 100 KB", () => streamed(hundred, hundred.length));
  await measure("mixed answer, end of 100 KB, typing", () => streamed(hundred, streamedCharacters, typing));
  await measure("one paragraph, 40 KB", () => streamed(paragraph(40_000)));
  await measure("code, 5,000 lines", () => streamed(longCode(5_000)));
  await measure("table, 500 rows", () => streamed(longTable(500)));
  await measure("list, 1,200 items, 70 KB", () => streamed(longList(1_200)));
  await measure("100 KB at once", () => atOnce(hundred));
  await measure("table of 500 rows at once", () => atOnce(longTable(500)));
  await measure("list of 1,200 items at once", () => atOnce(longList(1_200)));
  await measure("paragraph of 40 KB at once", () => atOnce(paragraph(40_000)));
  await measure("code of 5,000 lines at once", () => atOnce(longCode(5_000)));
  await measure("code of 300 lines at once", () => atOnce(longCode(300)));
  await measure("500 messages: switching to them", () => switching());
  await measure("500 messages: scrolling", () => scrolling());
} finally {
  await browser.close();
  server.close();
}
const ms = (value: number): string => value.toFixed(1);
process.stdout.write(
  `Script per frame, ms of the main thread's own processor time; the budget is ${frameBudgetMs}. Ratios are to the yardstick.\n${table(
    [
      ["", "frames", "p50", "p95", "p99", "max", "over", "yardstick", "p99/y", "max/y", "clock, max", "all work, max"],
      ...[...results].map(
        ([
          name,
          {
            script: { frames, p50, p95, p99, max, over, maxWall, maxTask },
            yardstick,
          },
        ]) => [
          name,
          String(frames),
          ms(p50),
          ms(p95),
          ms(p99),
          ms(max),
          String(over),
          ms(yardstick),
          (p99 / yardstick).toFixed(2),
          (max / yardstick).toFixed(2),
          ms(maxWall),
          ms(maxTask),
        ],
      ),
    ],
  )}\n`,
);
for (const [name, { script }] of results) {
  const frames = script.longest.filter(
    (frame, index) => Math.max(frame.script.cpu, frame.script.wall) > frameBudgetMs || index < Number(values.longest),
  );
  if (frames.length > 0)
    process.stdout.write(`\n${name}: the longest frames\n${frames.map(describeParts).join("\n")}\n`);
}
if (values.json !== undefined) {
  const figures = [...results].flatMap(([name, { script, yardstick }]) => {
    const { longest: _, ...numbers } = script;
    return Object.entries<number>({
      ...numbers,
      yardstick,
      p99_ratio: script.p99 / yardstick,
      max_ratio: script.max / yardstick,
    }).map(([figure, value]): [string, number] => [`${name}: ${figure}`, value]);
  });
  await writeReport(values.json, {
    figures: Object.fromEntries(figures),
    machine: thisMachine(),
    versions: { chromium: version },
  });
}

async function measure(name: string, work: () => Promise<FrameScript>): Promise<void> {
  if (!name.includes(values.only)) return;
  const yardstick = await fixedWork();
  results.set(name, { script: await work(), yardstick });
}

/** Median script of a frame that counts the words of a fixed text. Milliseconds. */
async function fixedWork(): Promise<number> {
  const page = await newPage();
  await page.setContent("<p></p>");
  const script = await measureFrames(page, page.mainFrame(), () =>
    page.evaluate(async (text) => {
      for (let frame = 0; frame < 60; frame++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const counts = new Map<string, number>();
        for (const [word] of text.matchAll(/\w+|\s+|[^\w\s]/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
      }
    }, mixedAnswer(50_000)),
  );
  await page.context().close();
  return script.p50;
}

async function newPage(): Promise<Page> {
  return (await browser.newContext({ viewport: { width: 400, height: 800 } })).newPage();
}

/** The last piece of an answer as it comes in, and its end. */
async function streamed(
  text: string,
  characters = streamedCharacters,
  meanwhile?: (page: Page, frame: Frame) => Promise<void>,
): Promise<FrameScript> {
  const page = await newPage();
  const there = text.slice(0, Math.max(0, text.length - characters));
  const growing = answer(there, { status: "streaming", timings: undefined, machine: undefined });
  const asked = question("Go");
  const { frame, tell } = await openChat(page, url, conversation([asked, { ...growing, parent: asked.id }], true));
  await settled(frame);
  const script = await measureFrames(page, frame, async () => {
    const feed = page.evaluate(feedDeltas, {
      conversation: "c-1",
      message: growing.id,
      text: text.slice(there.length),
      from: there.length,
      step: Math.round((charactersPerSecond * everyMs) / 1_000),
      everyMs,
    });
    await Promise.all([feed, meanwhile?.(page, frame)]);
    await tell("message", { conversation: "c-1", message: answer(text, { id: growing.id, parent: asked.id }) });
    await settled(frame);
  });
  await page.context().close();
  return script;
}

/** An answer that is there already, as when a conversation is opened. */
async function atOnce(text: string): Promise<FrameScript> {
  return shownAtOnce([question("Go"), answer(text)]);
}

function fiveHundred(): ReturnType<typeof question>[] {
  const piece = mixedAnswer(3_000);
  return Array.from({ length: 500 }, (_, n) =>
    n % 2 === 0 ? question(`Question ${n}`) : answer(`Answer ${n}\n\n${piece}`),
  );
}

async function shownAtOnce(messages: ReturnType<typeof question>[]): Promise<FrameScript> {
  const page = await newPage();
  const { frame, tell } = await openChat(page, url, conversation([]));
  const script = await measureFrames(page, frame, async () => {
    await page.waitForTimeout(300);
    await tell("view", { ...conversation(messages), selected: "c-2" });
    await settled(frame);
  });
  await page.context().close();
  return script;
}

async function switching(): Promise<FrameScript> {
  return shownAtOnce(fiveHundred());
}

async function scrolling(): Promise<FrameScript> {
  const page = await newPage();
  const { frame } = await openChat(page, url, conversation(fiveHundred()));
  await settled(frame);
  await frame.locator(".log").hover();
  const script = await measureFrames(page, frame, async () => {
    for (let n = 0; n < 150; n++) {
      await page.mouse.wheel(0, -240);
      await page.waitForTimeout(16);
    }
  });
  await page.context().close();
  return script;
}

async function typing(page: Page, frame: Frame): Promise<void> {
  await frame.locator("paddock-composer textarea").focus();
  for (let n = 0; n < 80; n++) {
    await page.keyboard.type("typing ".charAt(n % 7));
    await page.waitForTimeout(100);
  }
}

async function plainText(chromiumBrowser: Browser, text: string): Promise<FrameScript> {
  const page = await (await chromiumBrowser.newContext({ viewport: { width: 400, height: 800 } })).newPage();
  await page.setContent(`<div style="height:100vh;overflow:auto"><pre style="white-space:pre-wrap"></pre></div>`);
  const script = await measureFrames(page, page.mainFrame(), () =>
    page.evaluate(
      async ({ there, rest, step, everyMs: every }) => {
        const pre = document.querySelector("pre");
        if (pre === null) return;
        const node = document.createTextNode(there);
        pre.append(node);
        for (let at = 0; at < rest.length; at += step) {
          node.appendData(rest.slice(at, at + step));
          await new Promise((resolve) => setTimeout(resolve, every));
        }
      },
      {
        there: text.slice(0, -streamedCharacters),
        rest: text.slice(-streamedCharacters),
        step: Math.round((charactersPerSecond * everyMs) / 1_000),
        everyMs,
      },
    ),
  );
  await page.context().close();
  return script;
}

/** Runs in the host's page: deltas at an even pace, whatever the chat does with them. */
async function feedDeltas(feed: {
  conversation: string;
  message: string;
  text: string;
  from: number;
  step: number;
  everyMs: number;
}): Promise<void> {
  const target = document.querySelector("iframe")?.contentWindow;
  for (let at = 0; at < feed.text.length; at += feed.step) {
    const params = {
      conversation: feed.conversation,
      message: feed.message,
      type: "text",
      text: feed.text.slice(at, at + feed.step),
      length: feed.from + at,
    };
    target?.postMessage({ jsonrpc: "2.0", method: "delta", params }, "*");
    await new Promise((resolve) => setTimeout(resolve, feed.everyMs));
  }
}

/** The page has nothing left to do: its height has stayed the same for half a second. */
async function settled(frame: Frame): Promise<void> {
  await frame.evaluate(async () => {
    let height = -1;
    for (let same = 0; same < 5; same++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = document.querySelector(".log")?.scrollHeight ?? 0;
      if (now !== height) same = 0;
      height = now;
    }
  });
}
