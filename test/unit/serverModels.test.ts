import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { HubHttp } from "../../src/models/node/hubHttp";
import type { Candidate } from "../../src/picker/core/candidate";
import { KeyNeeded, modelsOfServer, serverSource } from "../../src/picker/node/serverSource";
import { reopenRepository, repositorySource, serverAsking } from "../../src/pickingSources";
import { serverAddress } from "../../src/platform/core/serverAddress";

const { signal } = new AbortController();
const asking = serverAsking(new HubHttp("paddock-test", 1000));
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server with answers by path: JSON, a text, or a status. */
async function serve(
  answers: Readonly<Record<string, unknown>>,
  key?: string,
): Promise<{ readonly address: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push({ path, headers: request.headers });
    const answer = answers[path];
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`) response.writeHead(401).end("no");
    else if (answer === undefined) response.writeHead(404).end("not found");
    else if (typeof answer === "number") response.writeHead(answer).end("a fault");
    else response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function rows(address: string, key?: string): Promise<Partial<Candidate>[]> {
  const found: Candidate[] = [];
  await serverSource(address, await modelsOfServer(address, asking, key, signal)).list(
    (one) => found.push(one),
    signal,
  );
  return found.map(({ name, sizeBytes, told }) => ({ name, sizeBytes, ...(told && { told }) }));
}

const nothing = { quantization: undefined, parameters: undefined, contextSize: undefined };

describe("what a server tells of its models", () => {
  test("llama-server: size, parameters and context from its own part of the list", async () => {
    const { address, asked } = await serve({
      "/v1/models": {
        models: [{ name: "SmolLM2", type: "model", capabilities: ["completion"], details: { format: "gguf" } }],
        object: "list",
        data: [
          {
            id: "SmolLM2",
            object: "model",
            created: 1,
            owned_by: "llamacpp",
            meta: {
              vocab_type: 2,
              n_vocab: 49_152,
              n_ctx_train: 8192,
              n_embd: 576,
              n_params: 134_515_008,
              ftype: "Q4_1",
              size: 96_585_984,
            },
          },
        ],
      },
    });
    expect(await rows(address)).toEqual([
      {
        name: "SmolLM2",
        sizeBytes: 96_585_984,
        told: { quantization: "Q4_1", parameters: 134_515_008, contextSize: 8192 },
      },
    ]);
    expect(asked.map(({ path }) => path).sort()).toEqual(["/api/tags", "/api/v0/models", "/v1/models"]);
  });

  test("Ollama: its own list knows more than OpenAI's, and both are one", async () => {
    const { address } = await serve({
      "/v1/models": { object: "list", data: [{ id: "qwen2.5-coder:7b", object: "model", owned_by: "library" }] },
      "/api/tags": {
        models: [
          {
            name: "qwen2.5-coder:7b",
            model: "qwen2.5-coder:7b",
            size: 4_683_087_332,
            digest: "dae161e27b0e",
            details: { format: "gguf", family: "qwen2", parameter_size: "7.6B", quantization_level: "Q4_K_M" },
          },
          { name: "tiny:135m", size: 91_739_413, details: { parameter_size: "134.52M", quantization_level: "F16" } },
        ],
      },
    });
    expect(await rows(address)).toEqual([
      {
        name: "qwen2.5-coder:7b",
        sizeBytes: 4_683_087_332,
        told: { quantization: "Q4_K_M", parameters: 7.6e9, contextSize: undefined },
      },
      {
        name: "tiny:135m",
        sizeBytes: 91_739_413,
        told: { quantization: "F16", parameters: 134.52e6, contextSize: undefined },
      },
    ]);
  });

  test("LM Studio: quantization and context, and no model for vectors; vLLM: the context", async () => {
    const studio = await serve({
      "/v1/models": { data: [{ id: "granite-3.0-2b", object: "model" }] },
      "/api/v0/models": {
        object: "list",
        data: [
          { id: "granite-3.0-2b", type: "llm", quantization: "Q4_K_M", state: "loaded", max_context_length: 4096 },
          { id: "nomic-embed", type: "embeddings", quantization: "Q4_0", max_context_length: 2048 },
        ],
      },
    });
    expect(await rows(studio.address)).toEqual([
      { name: "granite-3.0-2b", sizeBytes: undefined, told: { ...nothing, quantization: "Q4_K_M", contextSize: 4096 } },
    ]);
    const vllm = await serve({ "/v1/models": { data: [{ id: "m", object: "model", max_model_len: 32_768 }] } });
    expect(await rows(vllm.address)).toMatchObject([{ name: "m", told: { contextSize: 32_768 } }]);
  });

  test("what makes no sense of it is left out", async () => {
    const { address } = await serve({
      "/v1/models": {
        data: [
          { id: "good", meta: { n_params: -1, size: "large", n_ctx_train: 1.5 } },
          { id: "", object: "model" },
          { id: "x".repeat(301) },
          7,
          null,
        ],
      },
      "/api/tags": {
        models: [{ name: "other", size: 1e300, details: { parameter_size: "many", quantization_level: 4 } }],
      },
    });
    expect(await rows(address)).toEqual([
      { name: "good", sizeBytes: undefined, told: nothing },
      { name: "other", sizeBytes: undefined, told: nothing },
    ]);
  });

  test("comes with a key where one is needed", async () => {
    const { address, asked } = await serve({ "/v1/models": { data: [{ id: "m" }] } }, "secret");
    await expect(rows(address)).rejects.toThrow(KeyNeeded);
    expect(asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await expect(rows(address, "wrong")).rejects.toThrow(/tells its models only to those who have a key/);
    expect(await rows(address, "secret")).toMatchObject([{ name: "m" }]);
  });

  test("is nothing where a page answers, or nobody", async () => {
    const page = await serve({ "/v1/models": "<!doctype html>", "/api/tags": { error: "no" }, "/api/v0/models": 500 });
    await expect(rows(page.address)).rejects.toThrow(/does not list its models in a way that Paddock knows/);
    const endless = await serve({ "/v1/models": `"${"x".repeat(5_000_000)}"` });
    await expect(rows(endless.address)).rejects.toThrow(/does not list its models/);
    await expect(rows("http://127.0.0.1:9")).rejects.toThrow("127.0.0.1:9 does not answer.");
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(modelsOfServer(page.address, asking, undefined, aborted)).rejects.toThrow("enough");
  });
});

test("a repository is found again by the key of its source, and nothing else is", () => {
  const room = { read: () => Promise.resolve() };
  const { key } = repositorySource(room, "ann/Tiny-GGUF");
  expect(reopenRepository(room, key ?? "")?.label).toBe("ann/Tiny-GGUF");
  for (const other of ["", "hub:", "hub:../x", "folder:/tmp", "hub:a/b/c"])
    expect(reopenRepository(room, other), other).toBeUndefined();
});

test("an address is taken as people have it", () => {
  expect(serverAddress("localhost:8080")).toBe("http://localhost:8080");
  expect(serverAddress(" http://localhost:11434/v1/ ")).toBe("http://localhost:11434");
  expect(serverAddress("https://models.example.com/llm/v1/models")).toBe("https://models.example.com/llm");
  expect(serverAddress("[::1]:8080")).toBe("http://[::1]:8080");
  for (const wrong of ["", "ftp://host", "http://ann:pw@host", "http://host/?key=1", "file:///etc", "http://", "a b"])
    expect(() => serverAddress(wrong), wrong).toThrow(/is no address of a server/);
});
