import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtYardstick } from "../../scripts/yardsticks.mjs";
import type { ChatRequest, JobOptions } from "../../src/engine/backend";
import { serverModelId } from "../../src/servers/core/serverEntry";
import { ServerBackend } from "../../src/servers/node/serverBackend";
import { ServerHttp } from "../../src/servers/node/serverHttp";
import { RoutedInfill } from "../../src/servers/node/serverInfill";
import { Servers } from "../../src/servers/node/servers";
import { LlamaServer } from "../bench/completion/llamaServer";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { tinyGguf } from "../support/tinyGguf";

/** Against the real llama-server of the same llama.cpp: `node scripts/yardsticks.mjs llama-server` builds it. */
const program = await builtYardstick("llama-server");
const paris: ChatRequest = {
  // With words of its own, since a template may have others where there are none.
  messages: [
    { role: "system", text: "You are helpful." },
    { role: "user", text: "What is the capital of France?" },
  ],
  maxTokens: 12,
  sampling: { temperature: 0 },
};

describe.skipIf(program === undefined)(
  program === undefined ? "llama-server (it is not built here)" : "llama-server",
  () => {
    let folder: string;
    const started = new Map<string, LlamaServer>();
    const servers = new Servers({
      http: new ServerHttp("paddock-test"),
      entries: () => [...started].map(([id, { address }]) => ({ id, url: address })),
      keyFor: () => Promise.resolve("good"),
    });
    const backend = new ServerBackend(servers, { record: () => undefined });

    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), "paddock-servers-"));
      const at = (name: string): string => path.join(folder, name);
      await writeFile(at("infills.gguf"), tinyGguf({ fim: true, contextSize: 2048 }));
      await writeFile(at("embeds.gguf"), tinyGguf({ embedding: true }));
      const start = async (id: string, model: string, more: readonly string[] = []): Promise<void> => {
        const common = { program: program ?? "", threads: 2, contextSize: 1024 };
        started.set(
          id,
          await LlamaServer.start({ ...common, model, more: ["--api-key", "good", "--alias", id, ...more] }),
        );
      };
      await start("starter", starterPath);
      await start("infills", at("infills.gguf"));
      await start("embeds", at("embeds.gguf"), ["--embeddings"]);
    });
    afterAll(async () => {
      await Promise.all([...started.values()].map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    });

    const options = (server: string, more: Partial<JobOptions> = {}): JobOptions => ({
      ...{ model: serverModelId(server, server), feature: "chat", priority: "chat", signal: forever },
      ...more,
    });

    it("is known for what it is, with its model and how long its context is", async () => {
      const look = await servers.look("starter", forever);
      expect(look.kind).toBe("llama-server");
      expect(look.models).toMatchObject([{ name: "starter", contextSize: 1024 }]);
    });

    it("says what our own engine says of the same model, in the same terms", async () => {
      const bundle = await engineBundle();
      const { engine, id } = embeddedEngine(bundle.enginePath, { starter: starterPath }, { contextSize: 1024 });
      try {
        let streamed = "";
        const theirs = await backend.chat(
          paris,
          options("starter", { onProgress: ({ text }) => (streamed += text ?? "") }),
        );
        const ours = await engine.chat(paris, { ...options("starter"), model: id("starter") });
        const textOf = ({ parts }: typeof ours): string =>
          parts.map((part) => (part.type === "text" ? part.text : "")).join("");
        expect(textOf(theirs)).toBe(textOf(ours));
        expect(streamed).toBe(textOf(theirs));
        expect(theirs.stopReason).toBe(ours.stopReason);
        const prompt = ({ timings }: typeof ours): number => timings.prompt_n + timings.cache_n;
        // Each renders the template by a program of its own; one token of difference was seen.
        expect(Math.abs(prompt(theirs) - prompt(ours))).toBeLessThanOrEqual(1);
      } finally {
        await engine.close();
        await bundle.remove();
      }
    });

    it("stops within a moment when nobody wants the answer, and says what came", async () => {
      const abort = new AbortController();
      const since = performance.now();
      const result = await backend.chat(
        { ...paris, messages: [{ role: "user", text: "Write a very long story." }], maxTokens: 900 },
        options("starter", {
          signal: abort.signal,
          onProgress: ({ text }) => {
            if (text !== undefined) abort.abort();
          },
        }),
      );
      expect(result.stopReason).toBe("cancelled");
      // Its only slot is free again: what is asked next does not wait for the story.
      await backend.chat(paris, options("starter"));
      expect(performance.now() - since).toBeLessThan(20_000);
    });

    it("refuses what does not fit, in words", async () => {
      const messages = [{ role: "user" as const, text: "word ".repeat(3000) }];
      await expect(backend.chat({ ...paris, messages }, options("starter"))).rejects.toMatchObject({
        code: "context/overflow",
      });
    });

    it("fills in the middle with a model made for it, and says so of one that is not", async () => {
      const can = await backend.capabilities(options("infills").model, forever);
      expect(can).toMatchObject({ chat: true, fillInMiddle: true, embed: false });
      const infill = new RoutedInfill(
        { infill: () => Promise.reject(new Error("not ours")), describeInfill: () => Promise.resolve([]) },
        backend,
      );
      const prompt = {
        repository: "",
        files: [{ name: "b.ts", text: "b" }],
        file: "a.ts",
        prefix: "a(",
        suffix: ")",
        typed: "x",
      };
      const { model } = options("infills");
      const where = { model, feature: "completion", priority: "completion", signal: forever } as const;
      const { pieces, timings } = await infill.infill({ prompt, maxTokens: 6 }, where);
      expect(pieces.length).toBeGreaterThan(0);
      for (const { probability } of pieces) expect(probability > 0 && probability <= 1).toBe(true);
      expect(timings.predicted_n).toBeGreaterThan(0);
      const request = { prefix: "a(", suffix: ")", maxTokens: 4, sampling: { temperature: 0 } };
      await expect(backend.fillInMiddle(request, options("starter"))).rejects.toMatchObject({ code: "unsupported" });
      const { parts } = await backend.complete(
        { prompt: "Paris is the capital of", maxTokens: 4, sampling: { temperature: 0 }, stop: ["."] },
        options("starter"),
      );
      expect(parts).toMatchObject([{ type: "text", text: expect.stringMatching(/^ \w/u) as string }]);
    });

    it("makes vectors where it was started for them", async () => {
      expect(await backend.capabilities(options("embeds").model, forever)).toMatchObject({ chat: false, embed: true });
      const { vectors, tokens } = await backend.embed(["one", "two and more"], options("embeds", { feature: "index" }));
      expect(vectors).toHaveLength(2);
      expect(vectors[0]).toHaveLength(vectors[1]?.length ?? 0);
      expect(tokens).toBeGreaterThan(2);
    });

    it("wants its key", async () => {
      const keyless = new Servers({
        http: new ServerHttp("paddock-test"),
        entries: () => [{ id: "starter", url: started.get("starter")?.address ?? "" }],
        keyFor: () => Promise.resolve(undefined),
      });
      const asked = new ServerBackend(keyless, { record: () => undefined }).chat(paris, options("starter"));
      await expect(asked).rejects.toMatchObject({ code: "server/key" });
    });
  },
);
