import { afterEach, describe, expect, it } from "vitest";
import type { ContextChunk } from "../../src/completion/core/contextChunk";
import { ChunkKeeper } from "../../src/completion/node/chunkKeeper";
import { Completions } from "../../src/completion/node/completions";
import type { EmbeddedBackend, LoadedModel, ModelId, ModelState } from "../../src/engine/backend";
import type { InfillLayout, InfillPrompt } from "../../src/engine/infill";
import { Emitter } from "../../src/platform/core/event";
import { silentLogger } from "../../src/platform/core/logger";
import { snapshotAt } from "../support/editorSnapshots";

const forever = new AbortController().signal;
const here = "starter" as ModelId;
const away = "server:localhost:8080/small" as ModelId;
const layout: InfillLayout = { order: "prefix-suffix-middle", prefix: "<p>", suffix: "<s>", middle: "<m>" };
// So short that the long prompt is asked at once.
const schema: ContextChunk = {
  ...{ kind: "definition", name: "s", uri: "paddock-schema:/shop", firstLine: 0, staysHere: true },
  text: "CREATE TABLE c (iban);\n",
};
const open: ContextChunk = {
  ...{ kind: "openEditor", name: "r", uri: "file:///w/report.ts", firstLine: 0 },
  text: "const monthly = 1;\n",
};
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function setUp() {
  const state = { model: here, asked: [] as { model: ModelId; prompt: InfillPrompt }[] };
  const keeper = new ChunkKeeper({ chunks: () => Promise.resolve([schema, open]) }, silentLogger);
  const backend: Pick<EmbeddedBackend, "infill"> = {
    infill: ({ prompt }, { model }) => {
      state.asked.push({ model, prompt });
      // What a server would have been sent is all that is looked at.
      return Promise.reject(new Error("no answer"));
    },
  };
  const completions = new Completions({
    backend,
    lifecycle: {
      // It is asked for no layout but the one given below.
      load: () => Promise.resolve({} as LoadedModel),
      state: (model): ModelState =>
        model === away
          ? { status: "elsewhere", destination: "localhost:8080", contextSize: undefined, busy: false }
          : { status: "unloaded" },
      onDidChangeState: new Emitter<never>().event,
    },
    model: () => state.model,
    layout: () => layout,
    repository: () => "",
    chunks: ({ uri }, prefix, suffix, room) => keeper.choose(uri, prefix, suffix, room),
    syntax: () => undefined,
    settings: () => ({ deadlineMs: 1000, maxTokens: 16, maxLines: 4, leastProbability: 0.1, prefetch: false }),
    log: silentLogger,
  });
  closers.push(
    () => completions.dispose(),
    () => keeper.dispose(),
  );
  return { state, keeper, completions };
}

describe("what must stay on this machine", () => {
  it("is in no prompt for a model elsewhere, and in one for a model here", async () => {
    const { keeper } = setUp();
    const uri = "file:///w/query.sql";
    await keeper.refresh(uri);

    const texts = (isElsewhere: boolean): string[] =>
      keeper.choose(uri, "", "", { room: 10_000, isElsewhere }).map(({ text }) => text);
    expect(texts(false)).toEqual([schema.text, open.text]);
    // The choice before is gone on with as far as that may be.
    expect(texts(true)).toEqual([open.text]);
    expect(texts(false)).toContain(schema.text);
  });

  it("goes with no plan to a model elsewhere that is chosen later, even before anybody is told of the change", async () => {
    const { state, keeper, completions } = setUp();
    const snapshot = snapshotAt("SELECT id\nFROM |");
    await keeper.refresh(snapshot.uri);
    const ask = async (model: ModelId): Promise<string> => {
      state.model = model;
      const before = state.asked.length;
      completions.changed(snapshot, "edit");
      void completions.suggest(snapshot, { explicit: true, suggestWidget: false, signal: forever });
      await expect.poll(() => state.asked.length).toBeGreaterThan(before);
      expect(state.asked.at(-1)?.model).toBe(model);
      return JSON.stringify(state.asked.at(-1)?.prompt);
    };
    expect(await ask(here)).toContain("iban");
    const sent = await ask(away);
    expect(sent).not.toContain("iban");
    expect(sent).toContain("monthly");
  });
});
