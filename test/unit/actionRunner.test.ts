import { describe, expect, it, vi } from "vitest";
import type { ActionRequest } from "../../src/actions/core/actionRequest";
import type { ActionBackend, ActionProgress, ActionRun } from "../../src/actions/node/actionRun";
import { runAction } from "../../src/actions/node/actionRunner";
import type { ChatRequest, JobOptions, ModelId } from "../../src/engine/backend";
import type { GenerationResult } from "../../src/engine/protocol";
import { PaddockError } from "../../src/platform/core/errors";

const request: ActionRequest = {
  kind: "fix",
  subject: {
    ...{ path: "a.ts", languageId: "typescript", before: "", selected: "let a = b;", after: "\n" },
    ...{ eol: "\n", problems: [] },
  },
};

/** Answers as written here, a few characters at a time, and stops when it is told to. */
class Scripted implements ActionBackend {
  readonly asked: { request: ChatRequest; options: JobOptions }[] = [];
  written = "";

  constructor(
    private readonly answers: readonly string[],
    private readonly counted: () => Promise<number> = () => Promise.resolve(100),
  ) {}

  countMessageTokens(): Promise<number> {
    return this.counted();
  }

  async chat(asked: ChatRequest, options: JobOptions): Promise<GenerationResult> {
    const text = this.answers[this.asked.length] ?? "";
    this.asked.push({ request: asked, options });
    this.written = "";
    for (const piece of text.match(/[^]{1,4}/gu) ?? []) {
      await Promise.resolve();
      if (options.signal.aborted) return result(this.written, "cancelled");
      this.written += piece;
      options.onProgress?.({ text: piece } as Parameters<NonNullable<JobOptions["onProgress"]>>[0]);
    }
    return result(text, "end");
  }
}

function result(text: string, stopReason: GenerationResult["stopReason"]): GenerationResult {
  return { parts: [{ type: "text", text }], stopReason } as GenerationResult;
}

function run(backend: ActionBackend, more: Partial<ActionRun> = {}): ReturnType<typeof runAction> {
  return runAction({ backend, model: "m" as ModelId, request, signal: new AbortController().signal, ...more });
}

describe("running an action", () => {
  it("goes on with the code it has begun, and stops the model at the closing fence", async () => {
    const backend = new Scripted([`let a = c;\n\`\`\`\n${"And now I talk. ".repeat(50)}`]);
    const heard: ActionProgress[] = [];
    const outcome = await run(backend, { onProgress: (progress) => heard.push(progress) });
    expect(outcome.answer).toMatchObject({ kind: "edit", replacement: "let a = c;" });
    expect(outcome.stopReason).toBe("cancelled");
    expect(backend.written.length).toBeLessThan(60);
    expect(backend.asked[0]?.request).toMatchObject({ continueLast: true, reasoningBudget: 0 });
    expect(backend.asked[0]?.options).toMatchObject({ feature: "action", priority: "chat" });
    expect(heard[0]).toEqual({ phase: "waiting", text: "" });
    expect(heard.at(-1)?.text).toContain("let a = c;");
  });

  it("asks again for an answer of no use, sampled otherwise each time, and gives up in the end", async () => {
    const backend = new Scripted(["let a = b;\n```", "let a = d;\n```"]);
    const outcome = await run(backend);
    expect(outcome).toMatchObject({ tries: 2, answer: { kind: "edit" } });
    expect(backend.asked[0]?.request.sampling).toEqual({ temperature: 0 });
    expect(backend.asked[1]?.request.sampling).toMatchObject({ temperature: 0.6, seed: 1 });
    const stubborn = new Scripted(Array.from({ length: 5 }, () => "let a = b;\n```"));
    expect(await run(stubborn)).toMatchObject({ tries: 4, answer: { kind: "refused", why: "unchanged" } });
    expect(stubborn.asked.map(({ request: { sampling } }) => sampling.seed)).toEqual([undefined, 1, 2, 3]);
  });

  it("samples a repetition otherwise than any try of the one before", async () => {
    const backend = new Scripted(["let a = b;\n```", "let a = d;\n```"]);
    await run(backend, { request: { ...request, attempt: 1 } });
    expect(backend.asked.map(({ request: { sampling } }) => sampling.seed)).toEqual([4, 5]);
  });

  it("asks a slow model twice at most", async () => {
    const clock = vi.spyOn(performance, "now");
    let now = 0;
    clock.mockImplementation(() => (now += 3_000));
    try {
      const outcome = await run(new Scripted(Array.from({ length: 5 }, () => "let a = b;\n```")));
      expect(outcome).toMatchObject({ tries: 2, answer: { kind: "refused" } });
    } finally {
      clock.mockRestore();
    }
  });

  it("rejects as cancelled where it is cancelled, and takes nothing of the answer", async () => {
    const abort = new AbortController();
    const backend = new Scripted(["let a = c; // and much more that is never read"]);
    const running = run(backend, {
      signal: abort.signal,
      onProgress: ({ text }) => {
        if (text.includes("let a")) abort.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
  });

  it("plans again where the model counts more tokens than were estimated", async () => {
    let counts = 0;
    const backend = new Scripted(["let a = c;\n```"], () => Promise.resolve(counts++ === 0 ? 1950 : 200));
    const outcome = await run(backend);
    expect(counts).toBe(2);
    expect(outcome.answer.kind).toBe("edit");
    await expect(run(new Scripted([], () => Promise.resolve(9_000)))).rejects.toMatchObject({
      code: "context/overflow",
    });
  });

  it("does without counts and without beginnings where a backend elsewhere answers", async () => {
    const backend = new Scripted(["```ts\nlet a = c;\n```"], () =>
      Promise.reject(new PaddockError("unsupported", "No counts here.")),
    );
    const outcome = await run(backend, { model: "server:a/b" as ModelId });
    expect(outcome.answer).toMatchObject({ kind: "edit", replacement: "let a = c;" });
    expect(backend.asked[0]?.request.continueLast).toBeUndefined();
  });

  it("asks in words where a model cannot be held to a form", async () => {
    const backend = new Scripted(["total\nsumOfAll"]);
    const chat = backend.chat.bind(backend);
    backend.chat = (asked, options) =>
      asked.schema === undefined
        ? chat(asked, options)
        : Promise.reject(new PaddockError("unsupported", "No forms here."));
    const outcome = await run(backend, { request: { ...request, kind: "name" } as ActionRequest });
    expect(outcome.plan.schema).toBeUndefined();
    expect(backend.asked).toHaveLength(1);
    expect(outcome.answer).toMatchObject({ form: "names" });
  });
});
