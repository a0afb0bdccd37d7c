import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PresetStore } from "../../src/chat/node/presetStore";
import type { ModelId } from "../../src/engine/backend";
import { silentLogger } from "../../src/platform/core/logger";
import { chatWindow, scriptedBackend } from "../support/chatHarness";
import { soon } from "../support/soon";

let folder: string;
let requests: { sampling: unknown; maxTokens: number; first: unknown; model: string }[];
const backend = () =>
  scriptedBackend(() => (_say, { sampling, maxTokens, messages }, { model }) => {
    requests.push({ sampling, maxTokens, first: messages[0], model });
    return Promise.resolve({});
  });

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-steering-"));
  requests = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("a conversation keeps its settings, and another one has its own", async () => {
  const chat = await chatWindow({ folder, backend: backend() });
  await chat.controller.changeSettings(null, { temperature: 0, maxTokens: 33, systemPrompt: "Be brief." });
  const first = await chat.controller.send(null, "One");
  await soon(() => expect(requests).toHaveLength(1));
  expect(requests[0]).toMatchObject({ maxTokens: 33, sampling: { temperature: 0 } });
  expect(requests[0]?.first).toEqual({ role: "system", text: "Be brief." });
  await soon(() => expect(chat.controller.generating).toBe(false));
  chat.controller.newConversation();
  const second = await chat.controller.send(null, "Two");
  await soon(() => expect(requests).toHaveLength(2));
  expect(requests[1]).toMatchObject({ maxTokens: 64, sampling: { temperature: 0.4 } });
  await soon(() => expect(chat.controller.generating).toBe(false));
  await chat.controller.changeSettings(second, { seed: 5 });
  await soon(() => expect(chat.page.state?.steering.settings).toEqual({ seed: 5 }));
  await chat.controller.select(first);
  expect(chat.page.state?.steering.settings).toEqual({ temperature: 0, maxTokens: 33, systemPrompt: "Be brief." });
  await chat.close();

  // Another window reads them from the journal.
  const later = await chatWindow({ folder, backend: backend() });
  await later.controller.select(second);
  expect(later.controller.settings()).toEqual({ seed: 5 });
  await later.close();
});

it("a retry with another model answers once, beside the first, and says who answered", async () => {
  const chat = await chatWindow({ folder, backend: backend() });
  const conversation = await chat.controller.send(null, "Who are you?");
  await soon(() => expect(chat.controller.generating).toBe(false));
  const answer = chat.page.messages.at(-1)?.id ?? "";
  await chat.controller.retry(conversation, answer, "other" as ModelId);
  await soon(() => expect(requests.map(({ model }) => model)).toEqual(["starter", "other"]));
  await soon(() => expect(chat.controller.generating).toBe(false));
  expect(chat.page.messages.at(-1)).toMatchObject({ otherModel: "The model other", versions: { at: 2, of: 2 } });
  await chat.controller.send(conversation, "And now?");
  await soon(() => expect(requests.at(-1)?.model).toBe("starter"));
  await soon(() => expect(chat.controller.generating).toBe(false));
  await chat.close();
});

it("a question can be put to another model once, in a new conversation and in one that goes on", async () => {
  const chat = await chatWindow({ folder, backend: backend() });
  const other = "other" as ModelId;
  const conversation = await chat.controller.send(null, "Who are you?", [], other);
  await soon(() => expect(chat.controller.generating).toBe(false));
  await chat.controller.send(conversation, "And now?", [], other);
  await soon(() => expect(chat.controller.generating).toBe(false));
  await chat.controller.send(conversation, "And who else?");
  await soon(() => expect(chat.controller.generating).toBe(false));
  expect(requests.map(({ model }) => model)).toEqual(["other", "other", "starter"]);
  await chat.close();
});

it("new conversations begin with the preset chosen for them, also in another window", async () => {
  const chat = await chatWindow({ folder, backend: backend() });
  await chat.presets.save("Mine", { seed: 9 });
  const mine = chat.presets.list().find(({ name }) => name === "Mine");
  await chat.presets.setStandard(mine?.id ?? "");
  expect(chat.page.state?.steering).toMatchObject({ standard: mine?.id, settings: { seed: 9 } });
  const other = await chatWindow({ folder, backend: backend() });
  await other.presets.refresh();
  await other.controller.send(null, "Hello");
  await soon(() => expect(requests.at(-1)?.sampling).toMatchObject({ seed: 9 }));
  await soon(() => expect(other.controller.generating).toBe(false));
  await chat.presets.remove(mine?.id ?? "");
  expect(chat.presets.standard()).toBe("default");
  await chat.close();
  await other.close();
});

it("presets of two windows both stay, a name is used once, and a damaged file is set aside", async () => {
  const file = path.join(folder, "presets.json");
  const one = new PresetStore(file, silentLogger);
  const two = new PresetStore(file, silentLogger);
  await Promise.all([one.save("A", { seed: 1 }), one.save("B", { seed: 2 })]);
  await two.save("a", { seed: 3 });
  await one.refresh();
  expect(one.presets.map(({ name, settings }) => [name, settings.seed])).toEqual([
    ["B", 2],
    ["a", 3],
  ]);
  await writeFile(file, '{"version":1,"presets":[{"id":"../x","name":"","settings":{"temperature":99}}]}');
  await one.refresh();
  expect(one.presets).toEqual([]);
  expect(await readdir(folder)).toContain("presets.json.damaged");
  await one.save("C", {});
  expect(await readFile(file, "utf8")).toContain('"C"');
});
