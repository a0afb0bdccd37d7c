import { describe, expect, it } from "vitest";
import {
  defaultEndpoint,
  fileUrl,
  isRepository,
  mayFollow,
  type ModelAddress,
  parseEndpoint,
  parseModelAddress,
  repositoryUrl,
} from "../../src/models/core/hubAddress";

const main = { kind: "repository", repository: "ggml-org/gemma-3-4b-it-GGUF", revision: "main" } as const;

describe("what a person says to name a model", () => {
  it.each<[typed: string, address: ModelAddress]>([
    ["ggml-org/gemma-3-4b-it-GGUF", main],
    ["  ggml-org/gemma-3-4b-it-GGUF ", main],
    ["ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", { ...main, quantization: "Q4_K_M" }],
    ["hf.co/ggml-org/gemma-3-4b-it-GGUF:Q4_K_M", { ...main, quantization: "Q4_K_M" }],
    ["https://huggingface.co/ggml-org/gemma-3-4b-it-GGUF", main],
    ["huggingface.co/ggml-org/gemma-3-4b-it-GGUF/", main],
    ["https://huggingface.co/ggml-org/gemma-3-4b-it-GGUF/tree/v1.0", { ...main, revision: "v1.0" }],
    [
      "https://huggingface.co/ggml-org/gemma-3-4b-it-GGUF/blob/main/sub%20dir/a.Q4_K_M.gguf?download=true",
      { ...main, kind: "file", path: "sub dir/a.Q4_K_M.gguf" },
    ],
    [
      "https://huggingface.co/ggml-org/gemma-3-4b-it-GGUF/resolve/refs%2Fpr%2F2/a.gguf",
      { ...main, kind: "file", revision: "refs/pr/2", path: "a.gguf" },
    ],
    ["https://hub.test/base-is/of-mirror", { kind: "repository", repository: "base-is/of-mirror", revision: "main" }],
    ["https://example.com/files/a.gguf", { kind: "url", url: "https://example.com/files/a.gguf" }],
    ["http://127.0.0.1:8080/a.GGUF", { kind: "url", url: "http://127.0.0.1:8080/a.GGUF" }],
    ["qwen coder", { kind: "words", words: "qwen coder" }],
    ["../../etc/passwd", { kind: "words", words: "../../etc/passwd" }],
    ["a/b/c", { kind: "words", words: "a/b/c" }],
  ])("%s", (typed, address) => {
    expect(parseModelAddress(typed, "https://hub.test")).toEqual(address);
  });

  it.each([
    "http://example.com/a.gguf",
    "https://user:secret@example.com/a.gguf",
    "https://example.com/a.zip",
    "file:///etc/passwd.gguf",
    "javascript://x/a.gguf",
    "https://huggingface.co/just-a-person",
    "https://huggingface.co/a/..%2f..%2fapi",
    "https://huggingface.co/a/b/resolve/..%2f..%2fx/c.gguf",
  ])("refuses %s", (typed) => {
    expect(() => parseModelAddress(typed)).toThrow(expect.objectContaining({ code: "hub/address" }));
  });

  it("knows names the hub allows", () => {
    expect(["a/b", "Qwen/Qwen3-0.6B-GGUF", "_x/y_"].every(isRepository)).toBe(true);
    expect(["a", "a/b/c", "a/..", "../b", "a/b..c", "a/b--c", "-a/b", "a/b.", "a/ b", ""].some(isRepository)).toBe(
      false,
    );
  });
});

describe("the endpoint", () => {
  it("is Hugging Face, or a mirror by https or on this machine", () => {
    expect(parseEndpoint(" ")).toBe(defaultEndpoint);
    expect(parseEndpoint("https://mirror.test/hub/")).toBe("https://mirror.test/hub");
    expect(parseEndpoint("http://localhost:9000")).toBe("http://localhost:9000");
    for (const wrong of ["mirror", "http://mirror.test", "ftp://mirror.test", "https://a:b@mirror.test"]) {
      expect(() => parseEndpoint(wrong)).toThrow(expect.objectContaining({ code: "hub/address" }));
    }
  });

  it("takes names into addresses only encoded", () => {
    const address = { repository: "a/b", revision: "refs/pr/1" };
    expect(fileUrl("https://h", address, "x y/ü?#.gguf")).toBe(
      "https://h/a/b/resolve/refs%2Fpr%2F1/x%20y/%C3%BC%3F%23.gguf",
    );
    expect(repositoryUrl("https://h", address)).toBe("https://h/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true");
  });

  it("is not led from https to http, nor from elsewhere to this machine", () => {
    const may = (from: string, to: string): boolean => mayFollow(new URL(from), new URL(to));
    expect(may("https://a.test", "https://b.test")).toBe(true);
    expect(may("http://127.0.0.1:1", "http://127.0.0.1:2")).toBe(true);
    expect(may("https://a.test", "http://a.test")).toBe(false);
    expect(may("https://a.test", "http://127.0.0.1:8080")).toBe(false);
    expect(may("https://a.test", "https://localhost")).toBe(false);
    expect(may("https://a.test", "https://x:y@b.test")).toBe(false);
  });
});
