import { describe, expect, it } from "vitest";
import { shownModelName } from "../../src/servers/core/shownModelName";

describe("a server's model is shown as", () => {
  it.each([
    ["/home/me/models/SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct.Q4_1.gguf"],
    ["C:\\models\\Qwen3.gguf", "Qwen3.gguf"],
    ["models/Qwen3.GGUF", "Qwen3.GGUF"],
    ["../Qwen3-8B/", "Qwen3-8B"],
    ["/data/Qwen3-8B", "Qwen3-8B"],
  ])("its file's name: %s", (name, shown) => {
    expect(shownModelName(name)).toBe(shown);
  });

  it.each(["Qwen/Qwen3-8B", "qwen3:8b", "gpt-oss", "/", "hf.co/bartowski/Qwen3-GGUF:Q4_K_M"])(
    "what it calls itself: %s",
    (name) => {
      expect(shownModelName(name)).toBe(name);
    },
  );
});
