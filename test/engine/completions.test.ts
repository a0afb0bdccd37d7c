import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ModelId } from "../../src/engine/backend";
import { withText } from "../../src/completion/core/withText";
import type { EditorSnapshot } from "../../src/completion/core/editorSnapshot";
import { Completions, type NotSuggested, type Suggested } from "../../src/completion/node/completions";
import type { Generation } from "../../src/completion/node/generation";
import type { CompletionSettings } from "../../src/completion/node/modelAsker";
import { Syntax } from "../../src/completion/node/syntax";
import { silentLogger } from "../../src/platform/core/logger";
import { snapshotAt } from "../support/editorSnapshots";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";

/** The service with the real engine and the starter, driven as the editor drives it. */
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let harness: ReturnType<typeof embeddedEngine>;
let model: ModelId;
let completions: Completions;
let ended: Generation[];
const defaults: CompletionSettings = {
  ...{ deadlineMs: 30_000, maxTokens: 64, maxLines: 8, leastProbability: 0.1, prefetch: false },
};
let settings: CompletionSettings;

const pattern = ["one", "two", "three", "four", "five", "six"]
  .map((word) => `export const ${word} = "${word}";`)
  .join("\n");

beforeAll(async () => {
  bundle = await engineBundle();
  harness = embeddedEngine(bundle.enginePath, { starter: starterPath });
  model = harness.id("starter");
  await harness.engine.load(model, forever);
});
afterAll(async () => {
  await harness.engine.close();
  await bundle.remove();
});
beforeEach(() => {
  settings = defaults;
  ended = [];
  const syntax = new Syntax(path.resolve("node_modules/@vscode/tree-sitter-wasm/wasm"), silentLogger);
  completions = new Completions({
    backend: harness.engine,
    lifecycle: harness.engine,
    model: () => model,
    layout: () => undefined,
    repository: () => "",
    chunks: () => [],
    syntax: (snapshot) => syntax.syntaxAt(snapshot),
    settings: () => settings,
    log: silentLogger,
  });
  completions.onDidEnd((generation) => ended.push(generation));
});
afterEach(() => completions.dispose());

const ask = (snapshot: EditorSnapshot, signal: AbortSignal = forever, explicit = false) =>
  completions.suggest(snapshot, { explicit, suggestWidget: false, signal });
/** As a key in the editor: told, then asked. */
function press(snapshot: EditorSnapshot, signal?: AbortSignal): Promise<Suggested | NotSuggested> {
  completions.changed(snapshot, "edit");
  return ask(snapshot, signal);
}
function textOf(outcome: Suggested | NotSuggested): string {
  if (outcome.kind === "none") throw new Error(`there was none: ${outcome.reason}`);
  return outcome.items[0]?.text ?? "";
}
/** So many requests have ended. */
const requests = (count: number): Promise<void> =>
  expect.poll(() => ended.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
const idle = (): Promise<void> => requests(1);
const seven = snapshotAt(`${pattern}\nexport const seven = |`);

describe("the service of suggestions", () => {
  it("suggests what the code goes on with", async () => {
    expect(textOf(await press(seven))).toMatch(/^"/u);
    await idle();
    expect(ended).toHaveLength(1);
    expect(ended[0]?.shape.text).toMatch(/^"\w+";?$/u);
  });

  it("asks nothing while a suggestion is typed along, nor when it is deleted again", async () => {
    await press(seven);
    await idle();
    const text = ended[0]?.shape.text ?? "";
    for (const count of [1, 2, 3, 2, 1, 0]) {
      const typed = snapshotAt(`${pattern}\nexport const seven = ${text.slice(0, count)}|`);
      expect(textOf(await press(typed))).toBe(text.slice(count));
    }
    expect(ended).toHaveLength(1);
    expect(completions.stats.figures().p50).not.toBeNull();
  });

  it("lets a request go on while what is typed agrees with it, and stops it at once when it does not", async () => {
    const first = new AbortController();
    const cold = pattern.replaceAll("export", "declare");
    const waiting = press(snapshotAt(`${cold}\ndeclare const seven = |`), first.signal);
    await expect.poll(() => harness.engine.state(model), { interval: 1 }).toMatchObject({ busy: true });
    // VS Code gives up its question with the next key.
    first.abort();
    expect(await waiting).toEqual({ kind: "none", reason: "typedOn" });
    const other = snapshotAt(`${cold}\ndeclare const seven = compute|`);
    const since = performance.now();
    const outcome = await press(other);
    expect(performance.now() - since).toBeLessThan(10_000);
    await requests(2);
    expect(ended[0]?.reason).toBe("typedOn");
    expect(ended[1]?.place.head.endsWith("compute")).toBe(true);
    expect(["shown", "none"]).toContain(outcome.kind);
    expect(completions.stats.figures().cancelled).toBe(1);
  });

  it("processes only what was typed", async () => {
    await press(seven);
    await idle();
    const next = snapshotAt(`${pattern}\nexport const seven = [|`);
    await press(next);
    await requests(2);
    const { timings } = ended[1]?.result ?? {};
    expect(timings?.prompt_n).toBeLessThanOrEqual(4);
    expect((timings?.cache_n ?? 0) / ((timings?.cache_n ?? 0) + (timings?.prompt_n ?? 1))).toBeGreaterThan(0.95);
  });

  it("shows nothing that is not there by the deadline", async () => {
    settings = { ...defaults, deadlineMs: 1 };
    const cold = snapshotAt(`${pattern.replaceAll("export", "public")}\npublic const seven = |`);
    expect(await press(cold)).toEqual({ kind: "none", reason: "late" });
  });

  it("goes on with what is being made ahead when it is asked for, and makes it no second time", async () => {
    settings = { ...defaults, prefetch: true, maxTokens: 128, maxLines: 40, leastProbability: 0 };
    const begun = snapshotAt(`${pattern}\nexport function eight(): string |`);
    const text = textOf(await press(begun));
    await requests(1);
    const after = withText(begun, text, 0);
    // The prefetch begins 150 ms after the suggestion is seen.
    await expect.poll(() => harness.engine.state(model), { interval: 1 }).toMatchObject({ busy: false });
    await expect.poll(() => harness.engine.state(model), { interval: 1 }).toMatchObject({ busy: true });
    await sleep(30);
    const outcome = await press(after);
    await requests(2);
    const [first, second] = ended;
    expect(ended).toHaveLength(2);
    expect([first?.kind, second?.kind]).toEqual(["asked", "asked"]);
    expect(second?.askedAt).toBeGreaterThan(second?.sentAt ?? Infinity);
    expect(textOf(outcome)).toBe(second?.shape.text.slice(0, textOf(outcome).length));
  });

  it("has ready what follows when a suggestion is accepted", async () => {
    settings = { ...defaults, prefetch: true };
    const text = textOf(await ask(seven, forever, false));
    await expect.poll(() => ended.some(({ kind }) => kind === "prefetched"), { timeout: 20_000 }).toBe(true);
    const whole = ended.find(({ kind }) => kind === "asked")?.shape.text ?? text;
    const after = withText(seven, whole, 0);
    const before = ended.filter(({ kind }) => kind === "asked").length;
    const since = performance.now();
    const outcome = await press(after);
    if (outcome.kind === "shown") {
      expect(performance.now() - since).toBeLessThan(50);
      expect(ended.filter(({ kind }) => kind === "asked")).toHaveLength(before);
    }
    expect(completions.stats.figures().accepted).toBe(1);
  });

  it("offers alternatives that begin otherwise", async () => {
    const outcome = await ask(seven, forever, true);
    if (outcome.kind === "none") throw new Error(outcome.reason);
    const texts = outcome.items.map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(1);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("processes the prompt where the cursor lands, before a key is pressed", async () => {
    const place = snapshotAt(`${pattern.replaceAll("const", "let")}\nexport let eight = |`);
    completions.changed(place, "move");
    await sleep(3_000);
    await press(snapshotAt(`${pattern.replaceAll("const", "let")}\nexport let eight = [|`));
    await idle();
    expect(ended[0]?.result?.timings.prompt_n).toBeLessThanOrEqual(4);
  });

  it("comes before an answer of the chat, which goes on by itself", async () => {
    // What the model says differs from processor to processor, but to read this takes each of them longer than the wait.
    const text = `What is this about?\n${"The llama eats hay in the stable on the hill. ".repeat(60)}`;
    const telling = harness.engine.chat(
      { messages: [{ role: "user", text }], sampling: { temperature: 0 }, maxTokens: 120 },
      { model, feature: "chat", priority: "chat", signal: forever },
    );
    await sleep(200);
    const since = performance.now();
    await press(seven);
    const waited = performance.now() - since;
    const answer = await telling;
    // To its own end, not to where it was paused.
    expect(["end", "maxTokens"]).toContain(answer.stopReason);
    expect(answer.timings.predicted_n).toBeGreaterThan(0);
    expect(answer.timings.paused_ms).toBeGreaterThan(0);
    expect(waited).toBeLessThan(5_000);
  });

  it("leaves nothing behind after a thousand keys", async () => {
    const line = `export const value = compute(one, two) + "text"; // and so on\n`;
    let text = `${pattern}\n`;
    let abort = new AbortController();
    const asked: Promise<unknown>[] = [];
    for (let key = 0; key < 1000; key++) {
      text += line[key % line.length] ?? "";
      abort.abort();
      abort = new AbortController();
      asked.push(press(snapshotAt(`${text}|`), abort.signal));
      await sleep(3);
    }
    await Promise.all(asked);
    completions.left();
    await expect.poll(() => harness.engine.state(model), { timeout: 10_000 }).toMatchObject({ busy: false });
    const figures = completions.stats.figures();
    expect(figures.cancelled).toBeLessThanOrEqual(figures.requests);
    expect(ended.every((one) => one.ended)).toBe(true);
  }, 120_000);
});
