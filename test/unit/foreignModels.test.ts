import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import type { ModelId } from "../../src/engine/backend";
import { foreignId } from "../../src/native/core/foreignIds";
import { ForeignModels } from "../../src/native/host/foreignModels";
import { Emitter } from "../../src/platform/core/event";

vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  CancellationTokenSource: class {
    readonly token = {};
    cancel(): void {
      // Nobody listens.
    }
    dispose(): void {
      // Nothing is held.
    }
  },
  LanguageModelChatMessageRole: { User: 1, Assistant: 2 },
  LanguageModelTextPart: class {
    constructor(readonly value: string) {}
  },
  LanguageModelToolCallPart: class {
    constructor(readonly callId: string) {}
  },
  LanguageModelChatMessage: {
    User: (content: unknown) => ({ content }),
    Assistant: (content: unknown) => ({ content }),
  },
  LanguageModelError: { NoPermissions: () => ({}), Blocked: () => ({}), NotFound: () => ({}) },
}));

const forever = new Promise<never>(() => undefined);
const model = foreignId("copilot", "gpt");
const job = { model, feature: "chat", priority: "chat" } as const;
const request = { messages: [{ role: "user" as const, text: "Hello" }], sampling: { temperature: 0 }, maxTokens: 8 };

const offered = (over: Partial<vscode.LanguageModelChat> = {}): vscode.LanguageModelChat =>
  ({
    ...{ vendor: "copilot", id: "gpt", name: "GPT", maxInputTokens: 100 },
    countTokens: () => Promise.resolve(1),
    ...over,
  }) as unknown as vscode.LanguageModelChat;

function foreignOf(select: () => Thenable<vscode.LanguageModelChat[]>): {
  readonly foreign: ForeignModels;
  readonly changed: () => void;
} {
  const changes = new Emitter<void>();
  const lm = { selectChatModels: select, onDidChangeChatModels: changes.event };
  const foreign = new ForeignModels({ lm, timings: { record: () => undefined } });
  return { foreign, changed: () => changes.fire() };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("an extension that never says what it has, or how long a text is, keeps nobody who left", async () => {
  const abort = new AbortController();
  const mute = foreignOf(() => forever).foreign;
  const finding = mute.backend.capabilities(model, abort.signal);
  const uncounting = foreignOf(() => Promise.resolve([offered({ countTokens: () => forever })])).foreign;
  const counting = uncounting.backend.countTokens(["a"], { model, signal: abort.signal });
  const asking = uncounting.backend.chat(request, { ...job, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(10);
  abort.abort();
  await expect(finding).rejects.toMatchObject({ code: "cancelled" });
  await expect(counting).rejects.toMatchObject({ code: "cancelled" });
  await expect(asking).resolves.toMatchObject({ stopReason: "cancelled", parts: [] });
});

it("a question that was stopped before it was sent is neither counted nor sent", async () => {
  const countTokens = vi.fn(() => Promise.resolve(1));
  const sendRequest = vi.fn(() => forever);
  const { foreign } = foreignOf(() => Promise.resolve([offered({ countTokens, sendRequest })]));
  await foreign.models.look(true);
  const result = await foreign.backend.chat(request, { ...job, signal: AbortSignal.abort() });
  expect(result.stopReason).toBe("cancelled");
  expect([countTokens, sendRequest].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
});

it("looking that is itself told as a change does not go round and round", async () => {
  let looks = 0;
  let echo = (): void => undefined;
  const { foreign, changed } = foreignOf(() => {
    looks++;
    echo();
    // And once more when it is over.
    setTimeout(() => echo(), 20);
    return Promise.resolve([offered()]);
  });
  echo = changed;
  let lists = 0;
  foreign.models.onDidChange(() => lists++);
  await foreign.models.look(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toBeLessThan(12);
  expect(lists).toBe(1);
  foreign.dispose();
});

it("changes are followed once somebody has looked, several as one", async () => {
  let names: string[] = ["gpt"];
  const select = vi.fn(() => Promise.resolve(names.map((id) => offered({ id, name: id }))));
  const { foreign, changed } = foreignOf(select);
  changed();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(select).not.toHaveBeenCalled();
  await foreign.models.look(false);
  names = ["gpt", "claude"];
  for (let time = 0; time < 5; time++) changed();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(select).toHaveBeenCalledTimes(2);
  const ids: ModelId[] = foreign.models.places().flatMap(({ models }) => models.map(({ id }) => id));
  expect(ids).toEqual([model, foreignId("copilot", "claude")]);
  foreign.dispose();
});
