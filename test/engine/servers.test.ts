import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as v from "valibot";
import { builtServer } from "../../scripts/yardsticks.mjs";
import type { ChatRequest, JobOptions } from "../../src/engine/backend";
import type { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { GenerationResult } from "../../src/engine/protocol";
import { serverModelId } from "../../src/servers/core/serverEntry";
import { ServerBackend } from "../../src/servers/node/serverBackend";
import { type ServerAnswer, ServerHttp } from "../../src/servers/node/serverHttp";
import { RoutedInfill } from "../../src/servers/node/serverInfill";
import { Servers } from "../../src/servers/node/servers";
import { LlamaServer } from "../bench/completion/llamaServer";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { tinyGguf } from "../support/tinyGguf";

/** Against the real llama-server of the same llama.cpp, which the layer's set-up builds where it can. */
const program = await builtServer();
const key = "good";
const paris: ChatRequest = {
  // With words of its own, since a template may have others where there are none.
  messages: [
    { role: "system", text: "You are helpful." },
    { role: "user", text: "What is the capital of France?" },
  ],
  maxTokens: 12,
  sampling: { temperature: 0 },
};

/** Keeps what servers say, byte by byte as the product reads it. */
class RecordingHttp extends ServerHttp {
  said = "";

  override async ask(...asked: Parameters<ServerHttp["ask"]>): Promise<ServerAnswer> {
    const answer = await super.ask(...asked);
    return { ...answer, body: this.recorded(answer.body) };
  }

  private async *recorded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      this.said += decoder.decode(chunk, { stream: true });
      yield chunk;
    }
  }
}

const slotsSchema = v.array(
  v.object({ is_processing: v.boolean(), next_token: v.optional(v.array(v.object({ n_decoded: v.number() }))) }),
);

const textOf = ({ parts }: GenerationResult): string =>
  parts.map((part) => (part.type === "text" ? part.text : "")).join("");

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe.skipIf(program === undefined)(
  program === undefined ? "llama-server (there is none here, and no compiler to build one)" : "llama-server",
  () => {
    let folder: string;
    let ours: { engine: EmbeddedEngine; id: ReturnType<typeof embeddedEngine>["id"]; remove: () => Promise<void> };
    const started = new Map<string, LlamaServer>();
    const http = new RecordingHttp("paddock-test");
    const servers = new Servers({
      http,
      entries: () => [...started].map(([id, { address }]) => ({ id, url: address })),
      keyFor: () => Promise.resolve(key),
    });
    const backend = new ServerBackend(servers, { record: () => undefined });

    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), "paddock-servers-"));
      const at = (name: string): string => path.join(folder, name);
      await writeFile(at("infills.gguf"), tinyGguf({ fim: true, contextSize: 2048 }));
      await writeFile(at("embeds.gguf"), tinyGguf({ embedding: true }));
      const start = async (id: string, model: string, more: readonly string[] = []): Promise<void> => {
        if (program === undefined) return;
        const common = { ...program, threads: 2, contextSize: 1024 };
        const options = ["--api-key", key, "--alias", id, ...more];
        started.set(id, await LlamaServer.start({ ...common, model, more: options }));
      };
      await start("starter", starterPath);
      await start("infills", at("infills.gguf"));
      await start("embeds", at("embeds.gguf"), ["--embeddings"]);
      const bundle = await engineBundle();
      const files = { starter: starterPath, embeds: at("embeds.gguf") };
      const { engine, id } = embeddedEngine(bundle.enginePath, files, { contextSize: 1024 });
      ours = { engine, id, remove: bundle.remove };
    });
    afterAll(async () => {
      await Promise.all([...started.values()].map((server) => server.stop()));
      await ours.engine.close();
      await ours.remove();
      await rm(folder, { recursive: true, force: true });
    });

    const options = (server: string, more: Partial<JobOptions> = {}): JobOptions => ({
      ...{ model: serverModelId(server, server), feature: "chat", priority: "chat", signal: forever },
      ...more,
    });
    const here = (name: string, more: Partial<JobOptions> = {}): JobOptions => ({
      ...options(name, more),
      model: ours.id(name),
    });

    it("is known for what it is, with its model and how long its context is", async () => {
      const look = await servers.look("starter", forever);
      expect(look.kind).toBe("llama-server");
      expect(look.models).toMatchObject([{ name: "starter", contextSize: 1024 }]);
    });

    it("says what our own engine says of the same model, in the same terms", async () => {
      // The first word is nearly a tie for so small a model, and other kernels choose another; what follows is none.
      const begun = { role: "assistant" as const, parts: [{ type: "text" as const, text: "The capital of" }] };
      const request: ChatRequest = { ...paris, messages: [...paris.messages, begun], continueLast: true };
      let streamed = "";
      const theirs = await backend.chat(
        request,
        options("starter", { onProgress: ({ text }) => (streamed += text ?? "") }),
      );
      const own = await ours.engine.chat(request, here("starter"));
      expect(textOf(own)).toContain("Paris");
      expect(textOf(theirs)).toBe(textOf(own));
      expect(streamed).toBe(textOf(theirs));
      expect(theirs.stopReason).toBe(own.stopReason);
      const prompt = ({ timings }: GenerationResult): number => timings.prompt_n + timings.cache_n;
      // Each renders the template by a program of its own; one token of difference was seen.
      expect(Math.abs(prompt(theirs) - prompt(own))).toBeLessThanOrEqual(1);
    });

    it("counts texts as our own engine does, and prompts to a token", async () => {
      const texts = ["one", " two  three\n", "const ä = `${x}`; // 😀", "word ".repeat(300)];
      const { model } = options("starter");
      const where = { model: ours.id("starter"), signal: forever };
      expect(await backend.countTokens(texts, { model, signal: forever })).toEqual(
        await ours.engine.countTokens(texts, where),
      );
      const theirs = await backend.countMessageTokens(paris.messages, { model, signal: forever });
      const own = await ours.engine.countMessageTokens(paris.messages, where);
      expect(Math.abs(theirs - own)).toBeLessThanOrEqual(1);
    });

    it("answers in the form of a schema", async () => {
      const schema = {
        type: "object",
        properties: { capital: { enum: ["Paris", "Rome"] }, sure: { type: "boolean" } },
        required: ["capital", "sure"],
      };
      const result = await backend.chat({ ...paris, maxTokens: 60, schema }, options("starter"));
      const form = v.strictObject({ capital: v.picklist(["Paris", "Rome"]), sure: v.boolean() });
      expect(v.is(form, JSON.parse(textOf(result)))).toBe(true);
      const raw = { prompt: "The answer: ", maxTokens: 60, sampling: { temperature: 0 }, schema };
      expect(v.is(form, JSON.parse(textOf(await backend.complete(raw, options("starter")))))).toBe(true);
    });

    it("goes on with an answer where it stopped", async () => {
      const whole = textOf(await backend.chat(paris, options("starter")));
      const begun = await backend.chat({ ...paris, maxTokens: 4 }, options("starter"));
      expect(begun.stopReason).toBe("maxTokens");
      const messages = [...paris.messages, { role: "assistant" as const, parts: [...begun.parts] }];
      const rest = await backend.chat({ ...paris, messages, maxTokens: 8, continueLast: true }, options("starter"));
      expect(textOf(begun) + textOf(rest)).toBe(whole);
    });

    it("has measured itself what is told of its time, and says what it had in its KV cache", async () => {
      await backend.chat(paris, options("starter"));
      http.said = "";
      const { timings, machine } = await backend.chat(paris, options("starter"));
      const told = [...http.said.matchAll(/"timings":(\{[^{}]*\})/gu)].at(-1)?.[1] ?? "";
      const { prompt_n, prompt_ms, predicted_n, predicted_ms, cache_n } = timings;
      expect(JSON.parse(told)).toMatchObject({ prompt_n, prompt_ms, predicted_n, predicted_ms, cache_n });
      expect(cache_n).toBeGreaterThan(prompt_n);
      expect(timings.predicted_per_second).toBeCloseTo(((predicted_n - 1) * 1000) / predicted_ms);
      expect(timings.ttft_ms).toBeGreaterThanOrEqual(prompt_ms);
      expect(machine).toMatchObject({ backend: "llama-server", timedBy: "server", contextSize: 1024 });
    });

    it("stops within a moment when nobody wants the answer, and says what came", async () => {
      const abort = new AbortController();
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
      const address = started.get("starter")?.address ?? "";
      const slot = async () => {
        const response = await fetch(`${address}/slots`, { headers: { authorization: `Bearer ${key}` } });
        return v.parse(slotsSchema, await response.json())[0];
      };
      let most = 0;
      await vi.waitFor(
        async () => {
          const now = await slot();
          most = Math.max(most, now?.next_token?.[0]?.n_decoded ?? 0);
          expect(now?.is_processing).toBe(false);
        },
        { timeout: 30_000 },
      );
      // The story has no end before its limit.
      expect(most).toBeLessThan(450);
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
      expect((await backend.fillInMiddle(request, options("infills"))).timings.predicted_n).toBeGreaterThan(0);
      await expect(backend.fillInMiddle(request, options("starter"))).rejects.toMatchObject({ code: "unsupported" });
      const { parts } = await backend.complete(
        { prompt: "Paris is the capital of", maxTokens: 4, sampling: { temperature: 0 }, stop: ["."] },
        options("starter"),
      );
      expect(parts).toMatchObject([{ type: "text", text: expect.stringMatching(/^ \w/u) as string }]);
    });

    it("makes the vectors that our own engine makes, where it was started for them", async () => {
      expect(await backend.capabilities(options("embeds").model, forever)).toMatchObject({ chat: false, embed: true });
      const inputs = ["one", "two and more"];
      const { vectors, tokens } = await backend.embed(inputs, options("embeds", { feature: "index" }));
      expect(tokens).toBeGreaterThan(2);
      const own = await ours.engine.embed(inputs, here("embeds", { feature: "index" }));
      expect(vectors).toHaveLength(2);
      for (const [index, vector] of vectors.entries())
        expect(cosine(vector, own.vectors[index] ?? [])).toBeGreaterThan(0.999);
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
